import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { FEATURES, type GraphBatch, type GraphInBatch } from '../contracts/graph.ts';
import { architectureOf, COUNT_BUCKETS, edgeKind } from './architecture.ts';

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
      for (const [g, graph] of batch.graphs.entries()) {
        nodeStart[g] = node;
        messageStart[g] = messages;
        checkGraph(batch, graph, { node, edge });
        nodesPerType.set(graph.nodesPerType, g * nodeTypes);
        countMessages(batch, graph, rowStart, node + g, hiddenEdges);
        const into = { source, target, kind, origin, first: messages };
        messages += layMessages(batch, graph, { rowStart, row: node + g, into, hidden: hiddenEdges });
        node += nodesOf(graph);
        edge += graph.edges;
      }
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
  const wrong = wrongEdge(batch, graph, relations);
  if (wrong < 0) return;
  const known = (batch.relation[wrong] ?? relations) < relations;
  refuse(`has an edge (${wrong}) ${known ? 'to a node outside it' : 'of an unknown relation'}`);
}

/** The first edge that names a node outside its graph or an unknown relation, -1 when there is none. */
function wrongEdge(batch: GraphBatch, graph: GraphInBatch, relations: number): number {
  const { source, target, relation } = batch;
  const { edgeOffset, edges, nodeOffset } = graph;
  const count = nodesOf(graph);
  for (let e = edgeOffset; e < edgeOffset + edges; e++) {
    const from = (source[e] ?? -1) - nodeOffset;
    const to = (target[e] ?? -1) - nodeOffset;
    if (from < 0 || from >= count || to < 0 || to >= count || (relation[e] ?? relations) >= relations)
      return e;
  }
  return -1;
}

interface MessageArrays {
  readonly source: Int32Array;
  readonly target: Int32Array;
  readonly kind: Int32Array;
  readonly origin: Int32Array;
  readonly first: number;
}

/** A graph's messages per node, in its place of `rowStart` from `row` on. */
function countMessages(
  { source, target }: GraphBatch,
  graph: GraphInBatch,
  rowStart: Int32Array,
  row: number,
  hidden: Uint8Array | undefined,
): void {
  const { edgeOffset, edges, nodeOffset } = graph;
  rowStart.fill(0, row, row + nodesOf(graph) + 1);
  for (let e = edgeOffset; e < edgeOffset + edges; e++) {
    if (hidden?.[e]) continue;
    const from = row + (source[e] ?? 0) - nodeOffset;
    const to = row + (target[e] ?? 0) - nodeOffset;
    rowStart[from] = (rowStart[from] ?? 0) + 1;
    rowStart[to] = (rowStart[to] ?? 0) + 1;
  }
}

interface Place {
  readonly rowStart: Int32Array;
  readonly row: number; // where the graph's part of rowStart begins
  readonly into: MessageArrays;
  readonly hidden: Uint8Array | undefined;
}

/** Counting sort of a graph's messages by receiver, into the arrays from `into.first` on; gives their number. */
function layMessages(batch: GraphBatch, graph: GraphInBatch, { rowStart, row, into, hidden }: Place): number {
  const { source, target, relation, count } = batch;
  const { source: sender, target: receiver, kind, origin, first } = into;
  const { edgeOffset, edges, nodeOffset } = graph;
  const lastRow = row + nodesOf(graph);
  // an entry becomes where a node's messages begin; placing them moves it to their end, one place early
  let total = 0;
  for (let i = row; i <= lastRow; i++) {
    const own = rowStart[i] ?? 0;
    rowStart[i] = total;
    total += own;
  }
  for (let e = edgeOffset; e < edgeOffset + edges; e++) {
    if (hidden?.[e]) continue;
    const from = (source[e] ?? 0) - nodeOffset;
    const to = (target[e] ?? 0) - nodeOffset;
    const forth = edgeKind(relation[e] ?? 0, false, count[e] ?? 1);
    const within = rowStart[row + to] ?? 0;
    rowStart[row + to] = within + 1;
    sender[first + within] = from;
    receiver[first + within] = to;
    kind[first + within] = forth;
    origin[first + within] = 2 * e;
    const back = rowStart[row + from] ?? 0;
    rowStart[row + from] = back + 1;
    sender[first + back] = to;
    receiver[first + back] = from;
    kind[first + back] = forth + COUNT_BUCKETS.length;
    origin[first + back] = 2 * e + 1;
  }
  rowStart.copyWithin(row + 1, row, lastRow);
  rowStart[row] = 0;
  return total;
}
