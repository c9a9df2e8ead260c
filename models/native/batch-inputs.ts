import { FEATURES } from '../../contracts/graph.ts';
import type { PreparedBatch } from '../prepare.ts';
import type { GraphForm } from '../saved-model/network-graph.ts';
import type { SessionInput } from './session.ts';

/** Graphs [from, to) of a batch. */
export interface Stretch {
  readonly from: number;
  readonly to: number;
}

/**
 * A stretch of a prepared batch as the inputs of a graph (saved-model/fused-form.ts, portable-form.ts). Features and,
 * for the fused form, messages are views: the one copy is TensorFlow's.
 */
export function batchInputs(
  form: GraphForm,
  batch: PreparedBatch,
  stretch: Stretch,
): Record<string, SessionInput> {
  const node = batch.nodeStart[stretch.from] ?? 0;
  const nodes = (batch.nodeStart[stretch.to] ?? 0) - node;
  const { order, perType } = nodesByType(batch, stretch);
  return {
    features: {
      shape: [nodes, FEATURES],
      values: batch.features.subarray(node * FEATURES, (node + nodes) * FEATURES),
    },
    order: line(order),
    per_type: line(perType),
    ...(form === 'fused' ? fusedMessages(batch, stretch) : portableMessages(batch, stretch)),
  };
}

/** The nodes of a stretch, those of a type together, and how many each type has. */
function nodesByType(batch: PreparedBatch, { from, to }: Stretch) {
  const { nodeTypes, nodesPerType, nodeStart } = batch;
  const base = nodeStart[from] ?? 0;
  const perType = new Int32Array(nodeTypes);
  const order = new Int32Array((nodeStart[to] ?? 0) - base);
  const next = Int32Array.from({ length: to - from }, (_, g) => (nodeStart[from + g] ?? 0) - base);
  let place = 0;
  for (let type = 0; type < nodeTypes; type++) {
    const before = place;
    for (let g = from; g < to; g++) {
      let node = next[g - from] ?? 0;
      const end = node + (nodesPerType[g * nodeTypes + type] ?? 0);
      while (node < end) order[place++] = node++;
      next[g - from] = node;
    }
    perType[type] = place - before;
  }
  return { order, perType };
}

function fusedMessages(batch: PreparedBatch, { from, to }: Stretch): Record<string, SessionInput> {
  const { nodeStart, messageStart } = batch;
  const rebased = (starts: Int32Array) => {
    const first = starts[from] ?? 0;
    return line(starts.subarray(from, to + 1).map((start) => start - first));
  };
  const rows = batch.rowStart.subarray((nodeStart[from] ?? 0) + from, (nodeStart[to] ?? 0) + to);
  return {
    node_start: rebased(nodeStart),
    message_start: rebased(messageStart),
    row_start: line(rows),
    source: line(batch.source.subarray(messageStart[from], messageStart[to])),
    kind: line(batch.kind.subarray(messageStart[from], messageStart[to])),
  };
}

function portableMessages(batch: PreparedBatch, { from, to }: Stretch): Record<string, SessionInput> {
  const { nodeStart, messageStart } = batch;
  const first = messageStart[from] ?? 0;
  const base = nodeStart[from] ?? 0;
  const source = batch.source.slice(first, messageStart[to]);
  const target = batch.target.slice(first, messageStart[to]);
  const graph = new Int32Array((nodeStart[to] ?? 0) - base);
  const perGraph = new Float32Array(to - from);
  for (let g = from; g < to; g++) {
    const moved = (nodeStart[g] ?? 0) - base;
    const end = (nodeStart[g + 1] ?? 0) - base;
    graph.fill(g - from, moved, end);
    perGraph[g - from] = Math.max(1, end - moved);
    for (let m = (messageStart[g] ?? 0) - first; m < (messageStart[g + 1] ?? 0) - first; m++) {
      source[m] = (source[m] ?? 0) + moved;
      target[m] = (target[m] ?? 0) + moved;
    }
  }
  return {
    source: line(source),
    target: line(target),
    kind: line(batch.kind.subarray(first, messageStart[to])),
    graph: line(graph),
    per_graph: { shape: [to - from, 1], values: perGraph },
  };
}

function line(values: Int32Array): SessionInput {
  return { shape: [values.length], values };
}
