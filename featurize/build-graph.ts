import type { Platform } from '../contracts/event.ts';
import {
  CAPS,
  FEATURES,
  type HeteroGraph,
  NODE_TYPES,
  type NodeType,
  type Truncation,
  type WindowOf,
} from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { contentHash } from './content-hash.ts';
import type { EdgeList } from './edge-list.ts';
import type { EntityList } from './entity-list.ts';
import { baseName } from './image-class.ts';
import { keepWithin } from './keep-within.ts';
import type { Ledger, ProcessRow } from './ledger.ts';
import { emptyLedger } from './ledger.ts';
import { mergeLedger } from './merge-ledgers.ts';
import { type Pane, settlePane } from './pane.ts';
import { writeNodes } from './write-nodes.ts';

/** The edges of a graph in columns, their nodes by place in the graph. */
export interface Edges {
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly relation: Uint8Array;
}

/** The rows of a graph: processes first, then each entity type in the order of `NODE_TYPES`. */
export interface Nodes {
  readonly processes: readonly ProcessRow[];
  readonly entities: EntityList; // all of the window's
  readonly kept: Int32Array; // places in `entities` of those in the graph, in its order
  readonly perType: readonly number[];
}

/**
 * The graph of a window from its panes, given in the order of their times. Which graph comes out depends on the
 * events alone: not on the tick, on the order in which they arrived, or on where a checkpoint lay.
 */
export function buildGraph(window: WindowOf, panes: readonly Pane[]): HeteroGraph {
  const ledger = mergePanes(window.platform, panes);
  const cut: Cut = { nodes: { ...ledger.overflow }, edges: 0 };
  const nodes = keptNodes(ledger, cut);
  const edges = keptEdges(window.end, ledger, nodes, cut);
  const features = new Float32Array((nodes.processes.length + nodes.kept.length) * FEATURES);
  writeNodes(window.platform, nodes, edges, features);
  let eventCount = 0;
  for (const pane of panes) eventCount += pane.eventCount;
  return { ...tensors(window, nodes, edges, features), eventCount, ...truncation(cut) };
}

function mergePanes(platform: Platform, panes: readonly Pane[]): Ledger {
  const ledgers = panes.map(settlePane);
  let [entities, edges] = [0, 0];
  for (const ledger of ledgers) {
    entities += ledger.entities.length;
    edges += ledger.edges.length;
  }
  const merged = emptyLedger(platform, entities, edges);
  for (const later of ledgers) mergeLedger(merged, later);
  return merged;
}

interface Cut {
  readonly nodes: Truncation['nodes'];
  edges: number;
}

function truncation(cut: Cut): { truncated?: Truncation } {
  return cut.edges > 0 || Object.keys(cut.nodes).length > 0 ? { truncated: cut } : {};
}

function keptNodes({ platform, processes, entities }: Ledger, cut: Cut): Nodes {
  const lose = (type: NodeType, lost: number): void => {
    if (lost > 0) cut.nodes[type] = (cut.nodes[type] ?? 0) + lost;
  };
  const within = keepWithin(processes, CAPS.nodes.process);
  lose('process', processes.length - within.length);
  const perType = [within.length];
  const kept: number[] = [];
  const [, ...types] = NODE_TYPES[platform];
  for (const type of types) {
    const places = keepEntities(entities, type);
    lose(type, places.lost);
    perType.push(places.kept.length);
    for (const place of places.kept) kept.push(place);
  }
  return { processes: within, entities, kept: Int32Array.from(kept), perType };
}

function keepEntities(
  { entity, events, last }: EntityList,
  type: NodeType,
): { readonly kept: readonly number[]; readonly lost: number } {
  const places: number[] = [];
  for (let place = 0; place < entity.length; place++) if (entity[place]?.type === type) places.push(place);
  if (places.length <= CAPS.nodes[type]) return { kept: places, lost: 0 };
  const rows = places.map((place) => ({ place, events: events[place] ?? 0, last: last[place] ?? 0 }));
  const kept = keepWithin(rows, CAPS.nodes[type]).map(({ place }) => place);
  return { kept, lost: places.length - kept.length };
}

type EdgeTensors = Pick<
  HeteroGraph,
  'source' | 'target' | 'relation' | 'count' | 'first' | 'last' | 'edgeEvents'
>;

function keptEdges(tick: number, ledger: Ledger, nodes: Nodes, cut: Cut): EdgeTensors {
  const list = ledger.edges;
  const places = placesOfNodes(ledger, nodes);
  const nothingCut =
    nodes.processes.length === ledger.processes.length && nodes.kept.length === ledger.entities.length;
  const kept = nothingCut && list.length <= CAPS.edges ? undefined : keptPlaces(list, places);
  const length = kept ? kept.length : list.length;
  cut.edges = list.length - length;
  const columns = edgeColumns(length);
  for (let place = 0; place < length; place++) {
    const edge = kept ? (kept[place] ?? 0) : place;
    columns.source[place] = places[(list.source[edge] ?? 0) * 2] ?? 0;
    columns.target[place] = places[list.target[edge] ?? 0] ?? 0;
    columns.relation[place] = list.relation[edge] ?? 0;
    columns.count[place] = list.count[edge] ?? 0;
    columns.first[place] = tick - (list.first[edge] ?? 0);
    columns.last[place] = tick - (list.last[edge] ?? 0);
  }
  return { ...columns, edgeEvents: kept ? kept.map((edge) => list.eventId[edge] ?? '') : list.eventId };
}

// places of the edges whose ends are both in the graph, the rarest and latest where even those are too many
function keptPlaces(list: EdgeList, places: Int32Array): readonly number[] {
  const whole: number[] = [];
  for (let edge = 0; edge < list.length; edge++) {
    const source = places[(list.source[edge] ?? 0) * 2] ?? -1;
    const target = places[list.target[edge] ?? 0] ?? -1;
    if (source >= 0 && target >= 0) whole.push(edge);
  }
  return whole.length <= CAPS.edges ? whole : rarestAndLatest(list, whole);
}

// One buffer for all columns: making six would cost more than filling them
function edgeColumns(length: number): Omit<EdgeTensors, 'edgeEvents'> {
  const bytes = new ArrayBuffer(length * 21);
  return {
    source: new Int32Array(bytes, 0, length),
    target: new Int32Array(bytes, length * 4, length),
    count: new Uint32Array(bytes, length * 8, length),
    first: new Float32Array(bytes, length * 12, length),
    last: new Float32Array(bytes, length * 16, length),
    relation: new Uint8Array(bytes, length * 20, length),
  };
}

// place in the graph by how edges name their targets, -1 for what a cap cut off
function placesOfNodes({ processes, entities }: Ledger, nodes: Nodes): Int32Array {
  const places = new Int32Array(Math.max(processes.length, entities.length) * 2).fill(-1);
  nodes.processes.forEach((row, place) => {
    places[row.place * 2] = place;
  });
  for (let place = 0; place < nodes.kept.length; place++) {
    places[(nodes.kept[place] ?? 0) * 2 + 1] = nodes.processes.length + place;
  }
  return places;
}

function rarestAndLatest(list: EdgeList, edges: readonly number[]): readonly number[] {
  const rows = edges.map((edge) => ({ edge, events: list.count[edge] ?? 0, last: list.last[edge] ?? 0 }));
  return keepWithin(rows, CAPS.edges).map(({ edge }) => edge);
}

function tensors(
  window: WindowOf,
  nodes: Nodes,
  edges: EdgeTensors,
  features: Float32Array,
): Omit<HeteroGraph, 'eventCount' | 'truncated'> {
  const graph = {
    window,
    windowId: idOf('window', window.tenantId, window.endpointId, window.platform, String(window.end)),
    nodesPerType: nodes.perType,
    features,
    labels: labelsOf(nodes),
    ...edges,
  };
  return { ...graph, contentHash: contentHash(graph) };
}

function labelsOf({ processes, entities, kept }: Nodes): readonly string[] {
  const labels = processes.map(labelOf);
  for (const place of kept) labels.push(entities.entity[place]?.label ?? '');
  return labels;
}

function labelOf(row: ProcessRow): string {
  const name = row.image === '' ? '?' : baseName(row.image);
  return row.pid >= 0 ? `${name} (${row.pid})` : name;
}
