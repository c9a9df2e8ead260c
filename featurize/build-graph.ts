import { createHash } from 'node:crypto';
import {
  CAPS,
  FEATURES,
  type HeteroGraph,
  NODE_TYPES,
  type Truncation,
  type WindowOf,
} from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { type EdgeList, edgeList, enterEdge } from './edge-list.ts';
import { baseName } from './image-class.ts';
import { keepWithin } from './keep-within.ts';
import type { EntityRow, Ledger, ProcessRow } from './ledger.ts';
import { emptyLedger } from './ledger.ts';
import { type Merged, mergeRows } from './merge-ledgers.ts';
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
  readonly entities: readonly EntityRow[];
  readonly perType: readonly number[];
}

/**
 * The graph of a window from its panes, given in the order of their times. Which graph comes out depends on the
 * events alone: not on the tick, on the order in which they arrived, or on where a checkpoint lay.
 */
export function buildGraph(window: WindowOf, panes: readonly Pane[]): HeteroGraph {
  const ledger = emptyLedger(window.platform);
  const ledgers = panes.map(settlePane);
  const list = edgeList(ledgers.reduce((sum, { edges }) => sum + edges, 0));
  for (const later of ledgers) {
    const merged = mergeRows(ledger, later);
    mergeEdges(list, later, merged);
  }
  const cut: Cut = { nodes: { ...ledger.overflow }, edges: 0 };
  const nodes = keptNodes(ledger, cut);
  const edges = keptEdges(window.end, ledger, nodes, list, cut);
  const features = new Float32Array((nodes.processes.length + nodes.entities.length) * FEATURES);
  writeNodes(window.platform, nodes, edges, features);
  const eventCount = panes.reduce((sum, pane) => sum + pane.eventCount, 0);
  return { ...tensors(window, nodes, edges, features), eventCount, ...truncation(cut) };
}

interface Cut {
  readonly nodes: Truncation['nodes'];
  edges: number;
}

function truncation(cut: Cut): { truncated?: Truncation } {
  return cut.edges > 0 || Object.keys(cut.nodes).length > 0 ? { truncated: cut } : {};
}

function keptNodes(ledger: Ledger, cut: Cut): Nodes {
  const perType: number[] = [];
  const kept = <T extends ProcessRow | EntityRow>(
    rows: readonly T[],
    type: keyof typeof CAPS.nodes,
  ): readonly T[] => {
    const within = keepWithin(rows, CAPS.nodes[type]);
    const lost = rows.length - within.length;
    if (lost > 0) cut.nodes[type] = (cut.nodes[type] ?? 0) + lost;
    perType.push(within.length);
    return within;
  };
  const [, ...types] = NODE_TYPES[ledger.platform];
  const processes = kept(ledger.processes, 'process');
  const byType = new Map<string, EntityRow[]>(types.map((type) => [type, []]));
  for (const row of ledger.entities) byType.get(row.entity.type)?.push(row);
  const entities = types.flatMap((type) => kept(byType.get(type) ?? [], type));
  return { processes, entities, perType };
}

// Inside the list, processes and entities take turns: even places are processes, odd ones entities
function mergeEdges(list: EdgeList, later: Ledger, merged: Merged): void {
  for (const row of later.processes) {
    const source = merged.processes[row.place]?.place ?? 0;
    for (const edge of row.edges.values()) {
      const target =
        'entity' in edge.target
          ? (merged.entities[edge.target.place]?.place ?? 0) * 2 + 1
          : (merged.processes[edge.target.place]?.place ?? 0) * 2;
      enterEdge(list, source * 2, target, edge.relation, edge);
    }
  }
}

type EdgeTensors = Pick<
  HeteroGraph,
  'source' | 'target' | 'relation' | 'count' | 'first' | 'last' | 'edgeEvents'
>;

function keptEdges(tick: number, ledger: Ledger, nodes: Nodes, list: EdgeList, cut: Cut): EdgeTensors {
  const places = placesOfNodes(ledger, nodes);
  const whole: number[] = [];
  for (let edge = 0; edge < list.length; edge++) {
    const source = places[list.source[edge] ?? 0] ?? -1;
    const target = places[list.target[edge] ?? 0] ?? -1;
    if (source >= 0 && target >= 0) whole.push(edge);
  }
  const kept = whole.length <= CAPS.edges ? whole : rarestAndLatest(list, whole);
  cut.edges = list.length - kept.length;
  const length = kept.length;
  const columns = {
    source: new Int32Array(length),
    target: new Int32Array(length),
    relation: new Uint8Array(length),
    count: new Uint32Array(length),
    first: new Float32Array(length),
    last: new Float32Array(length),
    edgeEvents: kept.map((edge) => list.eventId[edge] ?? ''),
  };
  for (let place = 0; place < length; place++) {
    const edge = kept[place] ?? 0;
    columns.source[place] = places[list.source[edge] ?? 0] ?? 0;
    columns.target[place] = places[list.target[edge] ?? 0] ?? 0;
    columns.relation[place] = list.relation[edge] ?? 0;
    columns.count[place] = list.count[edge] ?? 0;
    columns.first[place] = tick - (list.first[edge] ?? 0);
    columns.last[place] = tick - (list.last[edge] ?? 0);
  }
  return columns;
}

// place in the graph by place in the edge list, -1 for what a cap cut off
function placesOfNodes(ledger: Ledger, nodes: Nodes): Int32Array {
  const places = new Int32Array(Math.max(ledger.processes.length, ledger.entities.length) * 2).fill(-1);
  nodes.processes.forEach((row, place) => {
    places[row.place * 2] = place;
  });
  nodes.entities.forEach((row, place) => {
    places[row.place * 2 + 1] = nodes.processes.length + place;
  });
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
    labels: [...nodes.processes.map(labelOf), ...nodes.entities.map((row) => row.entity.label)],
    ...edges,
  };
  return { ...graph, contentHash: hashOf(graph) };
}

function labelOf(row: ProcessRow): string {
  const name = row.image === '' ? '?' : baseName(row.image);
  return row.pid >= 0 ? `${name} (${row.pid})` : name;
}

// Times, ids and labels stay out: a window in which nothing happened since the last tick hashes the same.
function hashOf(
  graph: Pick<
    HeteroGraph,
    'window' | 'nodesPerType' | 'features' | 'source' | 'target' | 'relation' | 'count'
  >,
): string {
  const hash = createHash('sha256').update(`${graph.window.platform} ${graph.nodesPerType.join(' ')}`);
  const buckets = new Uint8Array(graph.count.length);
  for (let edge = 0; edge < buckets.length; edge++) buckets[edge] = 31 - Math.clz32(graph.count[edge] ?? 0);
  for (const part of [graph.features, graph.source, graph.target, graph.relation, buckets]) {
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
  }
  return hash.digest('hex').slice(0, 32);
}
