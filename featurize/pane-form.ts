import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../contracts/event.ts';
import type { NodeType } from '../contracts/graph.ts';
import type { Deed } from './deed.ts';
import type { EntityType } from './entity.ts';
import { entityOf } from './entity.ts';
import type { Edge, EntityRow, Ledger, ProcessRow } from './ledger.ts';
import { addEdge, addProcess, emptyLedger, entityRow } from './ledger.ts';
import type { Pane } from './pane.ts';

// The form of a checkpoint; another number is refused rather than guessed at.
const FORM = 1;

interface PaneForm {
  readonly form: number;
  readonly platform: Platform;
  readonly start: number;
  readonly eventCount: number;
  readonly waiting: readonly unknown[];
  readonly processes: readonly ProcessForm[];
  readonly entities: readonly EntityForm[];
  readonly edges: readonly EdgeForm[];
  readonly bearers: readonly number[];
  readonly overflow: Partial<Record<NodeType, number>>;
}
type ProcessForm = Omit<ProcessRow, 'place' | 'parent' | 'edges'> & { readonly parent: number };
type EntityForm = readonly [EntityType, string, readonly number[], number, number, number];
type EdgeForm = readonly [source: number, target: number, relation: number, number, number, number, string];

/** A pane as JSON text: names and counts; what its features hold is made again from the names. */
export function writePane(pane: Pane): Buffer {
  const { ledger } = pane;
  const form: PaneForm = {
    form: FORM,
    platform: pane.platform,
    start: pane.start,
    eventCount: pane.eventCount,
    waiting: pane.waiting.map(writeDeed),
    processes: ledger.processes.map(writeProcess),
    entities: ledger.entities.map(writeEntity),
    edges: ledger.processes.flatMap((row) =>
      [...row.edges.values()].map((edge) => writeEdge(ledger, row, edge)),
    ),
    bearers: [...ledger.byPid.values()].map((row) => row.place),
    overflow: ledger.overflow,
  };
  return Buffer.from(JSON.stringify(form));
}

/** The pane of `writePane`'s bytes. */
export function readPane(bytes: Buffer): Pane {
  let form: PaneForm;
  try {
    form = JSON.parse(bytes.toString('utf8')) as PaneForm;
  } catch (cause) {
    throw new LogsterError('input-invalid', `A pane's checkpoint is no JSON: ${reasonOf(cause)}`, { cause });
  }
  if (form?.form !== FORM || !PLATFORMS.includes(form.platform)) {
    throw new LogsterError(
      'input-invalid',
      `A pane's checkpoint has form ${form?.form}; this version reads ${FORM}`,
    );
  }
  const waiting = form.waiting.map((deed) => readDeed(form.platform, deed));
  return {
    platform: form.platform,
    start: form.start,
    eventCount: form.eventCount,
    waiting,
    ledger: readLedger(form),
  };
}

function readLedger(form: PaneForm): Ledger {
  const ledger = emptyLedger(form.platform);
  const rows = form.processes.map((row) => readProcess(ledger, row));
  form.processes.forEach(({ parent }, place) => {
    const row = rows[place];
    if (row) row.parent = rows[parent];
  });
  ledger.byPid.clear();
  for (const place of form.bearers) {
    const row = rows[place];
    if (row) ledger.byPid.set(row.pid, row);
  }
  const entities = form.entities.map((entity) => readEntity(ledger, entity));
  for (const [source, target, relation, count, first, last, eventId] of form.edges) {
    const from = rows[source];
    const to = target < rows.length ? rows[target] : entities[target - rows.length];
    if (from && to) addEdge(ledger, from, to, { relation, count, first, last, eventId });
  }
  Object.assign(ledger.overflow, form.overflow);
  return ledger;
}

function writeProcess(row: ProcessRow): ProcessForm {
  const { place: _, edges: __, parent, ...rest } = row;
  return { ...rest, parent: parent ? parent.place : -1 };
}

function readProcess(ledger: Ledger, form: ProcessForm): ProcessRow {
  const { parent: _, ...known } = form;
  return Object.assign(addProcess(ledger, form), known);
}

function writeEntity(row: EntityRow): EntityForm {
  const operations = Array.from(row.operations, (count) => count ?? 0);
  return [row.entity.type, row.entity.recipe, operations, row.marks, row.events, row.last];
}

function readEntity(ledger: Ledger, [type, recipe, operations, marks, events, last]: EntityForm): EntityRow {
  const row = entityRow(ledger, entityOf(ledger.platform, type, recipe));
  row.operations.push(...operations);
  return Object.assign(row, { marks, events, last });
}

// targets count through the processes and on through the entities
function writeEdge(ledger: Ledger, source: ProcessRow, edge: Edge): EdgeForm {
  const { target, relation, count, first, last, eventId } = edge;
  const place = 'entity' in target ? ledger.processes.length + target.place : target.place;
  return [source.place, place, relation, count, first, last, eventId];
}

function writeDeed(deed: Deed): unknown {
  if (deed.act !== 'used') return deed;
  return { ...deed, target: { type: deed.target.type, recipe: deed.target.recipe } };
}

function readDeed(platform: Platform, form: unknown): Deed {
  const deed = form as Deed;
  if (deed.act !== 'used') return deed;
  return { ...deed, target: entityOf(platform, deed.target.type, deed.target.recipe) };
}
