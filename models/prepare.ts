import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { FEATURES, type GraphBatch, type GraphInBatch } from '../contracts/graph.ts';
import { architectureOf, edgeKind } from './architecture.ts';

/**
 * A batch as the network reads it: every edge as two messages, one along it and one against it, the messages of a
 * graph sorted by the node that receives them. Node numbers count within their graph. The arrays belong to the
 * preparer and hold until its next call.
 */
export interface PreparedBatch {
  readonly graphs: number;
  readonly nodes: number;
  readonly messages: number;
  readonly nodeTypes: number;
  readonly nodeStart: Int32Array; // [graphs + 1]
  readonly messageStart: Int32Array; // [graphs + 1]
  readonly nodesPerType: Int32Array; // [graphs, node types]
  readonly features: Float32Array; // [nodes, FEATURES], the batch's own
  /** Per graph its nodes + 1 entries: where a node's messages begin, counted within the graph. */
  readonly rowStart: Int32Array; // [nodes + graphs]
  readonly source: Int32Array; // [messages]
  readonly target: Int32Array; // [messages]
  readonly kind: Int32Array; // [messages]
  /** 2 x the edge in the batch, + 1 for the message against it. */
  readonly origin: Int32Array; // [messages]
}

/** Prepares batches in arrays that are kept and only grow. */
export interface Preparer {
  /** `hiddenEdges` [edges] leaves out the edges marked 1; `features` stands in for the batch's own. */
  prepare(
    batch: GraphBatch,
    instead?: { readonly hiddenEdges?: Uint8Array; readonly features?: Float32Array },
  ): PreparedBatch;
}

/** A preparer with its own arrays; it refuses batches of another platform. */
export function createPreparer(platform: Platform): Preparer {
  let nodeStart = new Int32Array(0);
  let messageStart = new Int32Array(0);
  let nodesPerType = new Int32Array(0);
  let rowStart = new Int32Array(0);
  let source = new Int32Array(0);
  let target = new Int32Array(0);
  let kind = new Int32Array(0);
  let origin = new Int32Array(0);
  return {
    prepare(batch, { hiddenEdges, features = batch.features } = {}) {
      checkPlatform(batch, platform);
      const { nodeTypes } = architectureOf(platform);
      const graphs = batch.graphs.length;
      const nodes = batch.graphs.reduce((sum, graph) => sum + nodesOf(graph), 0);
      const room = 2 * batch.source.length;
      nodeStart = grown(nodeStart, graphs + 1);
      messageStart = grown(messageStart, graphs + 1);
      nodesPerType = grown(nodesPerType, graphs * nodeTypes);
      rowStart = grown(rowStart, nodes + graphs);
      source = grown(source, room);
      target = grown(target, room);
      kind = grown(kind, room);
      origin = grown(origin, room);
      let messages = 0;
      let node = 0;
      let edge = 0;
      batch.graphs.forEach((graph, g) => {
        nodeStart[g] = node;
        messageStart[g] = messages;
        const count = nodesOf(graph);
        checkGraph(batch, graph, { node, edge });
        nodesPerType.set(graph.nodesPerType, g * nodeTypes);
        const into = { source, target, kind, origin, first: messages };
        const rows = rowStart.subarray(node + g, node + g + count + 1);
        messages += layMessages(batch, graph, rows, into, hiddenEdges);
        node += count;
        edge += graph.edges;
      });
      nodeStart[graphs] = node;
      messageStart[graphs] = messages;
      return {
        graphs,
        nodes,
        messages,
        nodeTypes,
        nodeStart: nodeStart.subarray(0, graphs + 1),
        messageStart: messageStart.subarray(0, graphs + 1),
        nodesPerType: nodesPerType.subarray(0, graphs * nodeTypes),
        features,
        rowStart: rowStart.subarray(0, nodes + graphs),
        source: source.subarray(0, messages),
        target: target.subarray(0, messages),
        kind: kind.subarray(0, messages),
        origin: origin.subarray(0, messages),
      };
    },
  };
}

/** How many nodes a graph of a batch has. */
export function nodesOf(graph: GraphInBatch): number {
  let sum = 0;
  for (const count of graph.nodesPerType) sum += count;
  return sum;
}

function grown(array: Int32Array<ArrayBuffer>, length: number): Int32Array<ArrayBuffer> {
  return array.length >= length ? array : new Int32Array(Math.max(length, 2 * array.length));
}

function checkPlatform(batch: GraphBatch, platform: Platform): void {
  if (batch.platform === platform) return;
  const message = `A ${platform} network got a batch of ${batch.platform}; use the model of that platform`;
  throw new LogsterError('input-invalid', message);
}

/** Refuses a graph that would make the kernels read or write beside their arrays. */
function checkGraph(
  batch: GraphBatch,
  graph: GraphInBatch,
  first: { readonly node: number; readonly edge: number },
): void {
  const refuse = (what: string): never => {
    const message = `Graph ${graph.windowId} of the batch ${what}; build the batch again`;
    throw new LogsterError('input-invalid', message);
  };
  const { nodeTypes, relations } = architectureOf(batch.platform);
  const { nodesPerType, edges } = graph;
  if (nodesPerType.length !== nodeTypes) refuse(`has ${nodesPerType.length} node types, not ${nodeTypes}`);
  if (![...nodesPerType, edges].every((size) => Number.isInteger(size) && size >= 0))
    refuse('has an impossible size');
  const count = nodesOf(graph);
  const follows = graph.nodeOffset === first.node && graph.edgeOffset === first.edge;
  if (!follows) refuse('does not follow on the graph before it');
  if ((first.node + count) * FEATURES > batch.features.length) refuse('has fewer features than nodes');
  if (first.edge + edges > batch.source.length) refuse('has fewer edges than it says');
  for (let e = graph.edgeOffset; e < graph.edgeOffset + graph.edges; e++) {
    const from = (batch.source[e] ?? -1) - first.node;
    const to = (batch.target[e] ?? -1) - first.node;
    if (from < 0 || from >= count || to < 0 || to >= count) refuse(`has an edge (${e}) to a node outside it`);
    if ((batch.relation[e] ?? relations) >= relations) refuse(`has an edge (${e}) of an unknown relation`);
  }
}

interface MessageArrays {
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly kind: Int32Array;
  readonly origin: Int32Array;
  readonly first: number;
}

/** Counting sort of a graph's messages by receiver, into the arrays from `into.first` on; gives their number. */
function layMessages(
  batch: GraphBatch,
  graph: GraphInBatch,
  rows: Int32Array,
  into: MessageArrays,
  hidden: Uint8Array | undefined,
): number {
  const { edgeOffset, edges, nodeOffset } = graph;
  const end = edgeOffset + edges;
  rows.fill(0);
  for (let e = edgeOffset; e < end; e++) {
    if (hidden?.[e]) continue;
    count(rows, (batch.target[e] ?? 0) - nodeOffset);
    count(rows, (batch.source[e] ?? 0) - nodeOffset);
  }
  // rows[i] becomes where node i's messages begin; placing them moves it to their end, one place early
  let total = 0;
  for (let i = 0; i < rows.length; i++) {
    const own = rows[i] ?? 0;
    rows[i] = total;
    total += own;
  }
  for (let e = edgeOffset; e < end; e++) {
    if (hidden?.[e]) continue;
    const from = (batch.source[e] ?? 0) - nodeOffset;
    const to = (batch.target[e] ?? 0) - nodeOffset;
    const relation = batch.relation[e] ?? 0;
    const seen = batch.count[e] ?? 1;
    place(into, rows, from, to, edgeKind(relation, false, seen), 2 * e);
    place(into, rows, to, from, edgeKind(relation, true, seen), 2 * e + 1);
  }
  rows.copyWithin(1, 0, rows.length - 1);
  rows[0] = 0;
  return total;
}

function count(rows: Int32Array, node: number): void {
  rows[node] = (rows[node] ?? 0) + 1;
}

function place(
  into: MessageArrays,
  rows: Int32Array,
  from: number,
  to: number,
  kind: number,
  origin: number,
): void {
  const within = rows[to] ?? 0;
  rows[to] = within + 1;
  const at = into.first + within;
  into.source[at] = from;
  into.target[at] = to;
  into.kind[at] = kind;
  into.origin[at] = origin;
}
