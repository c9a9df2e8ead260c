import type { Platform } from '../contracts/event.ts';
import { FEATURES, type NodeType, RELATIONS } from '../contracts/graph.ts';
import type { Edges, Nodes } from './build-graph.ts';
import { commandPart, type Entity, imagePart } from './entity.ts';
import { OPERATIONS } from './entity-list.ts';
import { flag, logScale, rarity, share } from './feature-table.ts';
import { FILE_USE } from './features-file.ts';
import { NETWORK_SPREAD, NETWORK_USE } from './features-network.ts';
import { PROCESS_PLACES } from './features-process.ts';
import { REGISTRY_USE } from './features-registry.ts';
import { SCRIPT_USE } from './features-script.ts';
import { SYSCALL_USE } from './features-syscall.ts';
import { programName } from './image-class.ts';
import type { ProcessRow } from './ledger.ts';

/** Writes the features of all nodes: what names say is copied, what only the window shows is added. [nodes, FEATURES] */
export function writeNodes(platform: Platform, nodes: Nodes, edges: Edges, features: Float32Array): void {
  const mixes = new Float64Array(nodes.processes.length * MIX);
  const actors = new Uint32Array(nodes.kept.length);
  const kinds = MIX_OF[platform];
  for (let edge = 0; edge < edges.source.length; edge++) {
    const at = (edges.source[edge] ?? 0) * MIX + (kinds[edges.relation[edge] ?? 0] ?? 0);
    mixes[at] = (mixes[at] ?? 0) + 1;
    const entity = (edges.target[edge] ?? 0) - nodes.processes.length;
    if (entity >= 0) actors[entity] = (actors[entity] ?? 0) + 1;
  }
  writeProcesses(platform, nodes.processes, mixes, features);
  const spread = spreadOf(nodes);
  for (let place = 0; place < nodes.kept.length; place++) {
    const at = nodes.kept[place] ?? 0;
    const entity = nodes.entities.entity[at];
    if (!entity) continue;
    const base = (nodes.processes.length + place) * FEATURES;
    features.set(entity.features, base);
    writeUse(nodes, at, base, features);
    features[base + USES[entity.type].rarity] = rarity(actors[place] ?? 0);
    if (entity.type === 'network') writeSpread(entity, spread, base, features);
  }
}

// Kinds of the process feature `mix`, by place in RELATIONS
const MIX = 6;
const KINDS = ['spawned', 'accessed', 'executed', 'wrote', 'connected-to'];
const kindsOf = (platform: Platform): readonly number[] =>
  RELATIONS[platform].map(({ name }) => {
    const kind = KINDS.indexOf(name);
    return kind < 0 ? MIX - 1 : kind;
  });
const MIX_OF: Record<Platform, readonly number[]> = { windows: kindsOf('windows'), linux: kindsOf('linux') };

const USES: Record<Exclude<NodeType, 'process'>, typeof FILE_USE> = {
  file: FILE_USE,
  script: SCRIPT_USE,
  network: NETWORK_USE,
  registry: REGISTRY_USE,
  syscall: SYSCALL_USE,
};

function writeUse({ entities }: Nodes, at: number, base: number, features: Float32Array): void {
  const use = USES[entities.entity[at]?.type ?? 'file'];
  const events = entities.events[at] ?? 0;
  const marks = entities.marks[at] ?? 0;
  for (let place = 0; place < use.count; place++) {
    const times = entities.operations[at * OPERATIONS + place] ?? 0;
    features[base + use.operations + place] = share(times, events);
  }
  for (let bit = 0; bit < use.bits; bit++) features[base + use.marks + bit] = (marks >> bit) & 1;
}

function writeProcesses(
  platform: Platform,
  rows: readonly ProcessRow[],
  mixes: Float64Array,
  features: Float32Array,
): void {
  const sameProgram = new Map<string, number>();
  for (const { image } of rows) {
    const { program } = imagePart(platform, image);
    sameProgram.set(program, (sameProgram.get(program) ?? 0) + 1);
  }
  const at = PROCESS_PLACES[platform];
  rows.forEach((row, place) => {
    const base = place * FEATURES;
    const image = imagePart(platform, row.image);
    features.set(image.features, base);
    if (row.commandLine !== '') features.set(commandPart(platform, row.commandLine), base + at.command);
    features[base + at.begun] = flag(row.created);
    features[base + at.renamed] = flag(isRenamed(row, image.program));
    features[base + at.privilege] = privilegeOf(platform, row);
    writeParentage(platform, row, image.classIndex, base, features);
    let edges = 0;
    for (let kind = 0; kind < MIX; kind++) edges += mixes[place * MIX + kind] ?? 0;
    for (let kind = 0; kind < MIX; kind++) {
      features[base + at.mix + kind] = share(mixes[place * MIX + kind] ?? 0, edges);
    }
    features[base + at.rarity] = rarity(sameProgram.get(image.program) ?? 1);
    for (let bit = 0; bit < 5; bit++) features[base + at.marks + bit] = (row.marks >> bit) & 1;
  });
}

function isRenamed(row: ProcessRow, program: string): boolean {
  if (row.originalName === '' || row.image === '' || row.originalName === '-') return false;
  const original = programName(row.originalName);
  return original !== '?' && original !== program && !original.startsWith(program);
}

function privilegeOf(platform: Platform, row: ProcessRow): number {
  if (platform === 'windows') return row.privilege ?? 0;
  return flag(row.privilege === 1 && row.parent?.privilege === 0);
}

// places in IMAGE_CLASSES: shell 0, interpreter 1, runner 2, application 5, server 6
function writeParentage(
  platform: Platform,
  row: ProcessRow,
  own: number,
  base: number,
  features: Float32Array,
): void {
  if (!row.parent) return;
  const at = PROCESS_PLACES[platform];
  const parent = imagePart(platform, row.parent.image).classIndex;
  // on Linux build and package tools begin shells all day; on Windows office programs and browsers do not
  const odd = parent === 6 || (platform === 'windows' && parent === 5);
  features[base + at.oddParent] = flag(odd && own >= 0 && own <= 2);
  features[base + at.shellParent] = flag(parent === 0 || parent === 1);
}

interface Spread {
  readonly byAddress: ReadonlyMap<string, number>;
  readonly byPort: ReadonlyMap<string, number>;
}

function spreadOf({ entities, kept }: Nodes): Spread {
  const byAddress = new Map<string, number>();
  const byPort = new Map<string, number>();
  for (const place of kept) {
    const entity = entities.entity[place];
    if (entity?.type !== 'network') continue;
    const [, address = '', port = ''] = entity.recipe.split('|');
    byAddress.set(address, (byAddress.get(address) ?? 0) + 1);
    byPort.set(port, (byPort.get(port) ?? 0) + 1);
  }
  return { byAddress, byPort };
}

function writeSpread(entity: Entity, spread: Spread, base: number, features: Float32Array): void {
  const [protocol, address = '', port = ''] = entity.recipe.split('|');
  if (protocol === 'name') return;
  features[base + NETWORK_SPREAD.ports] = logScale((spread.byAddress.get(address) ?? 1) - 1, 64);
  features[base + NETWORK_SPREAD.addresses] = logScale((spread.byPort.get(port) ?? 1) - 1, 64);
}
