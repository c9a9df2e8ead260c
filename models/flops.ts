import { FEATURES } from '../contracts/graph.ts';
import { CLASSES, HEADS, HIDDEN, LAYERS } from './architecture.ts';

/** A graph's size, or the sum over several graphs. */
export interface GraphSize {
  readonly graphs: number;
  readonly nodes: number;
  /** Two per edge. */
  readonly messages: number;
}

/** Floating-point operations of a pass; a multiplication, an addition, an exponential count one each. */
export interface Flops {
  /** Input projections, the layers' products and the output: what a matrix multiplication does. */
  readonly dense: number;
  /** Attention, activations and pooling. */
  readonly rest: number;
  readonly total: number;
}

/** ELU as a comparison and an exponential less one. */
const ELU = 3;

/** What the network's definition takes for graphs of a size, whatever a form of it saves or repeats. */
export function flopsOf({ graphs, nodes, messages }: GraphSize): Flops {
  const product = (inputs: number, outputs: number) => 2 * inputs * outputs;
  const dense =
    nodes * (product(FEATURES, HIDDEN) + LAYERS * product(HIDDEN, HIDDEN)) +
    graphs * product(2 * HIDDEN, CLASSES);
  // per node: bias and ELU of the input, then per layer two attention scores, division, bias, residual, ELU
  const perNode = HIDDEN * (1 + ELU) + LAYERS * HIDDEN * (2 * 2 + 1 + 1 + 1 + ELU);
  // per message and layer: two additions, LeakyReLU (2), exponential and the sum of weights per head; weighted sum
  const perMessage = LAYERS * (HEADS * (2 + 2 + 1 + 1) + 2 * HIDDEN);
  // per node: the gate's product, exponential, sum and division; mean and weighted mean
  const readout = 2 * HIDDEN + 3 + HIDDEN + 2 * HIDDEN;
  const rest = nodes * (perNode + readout) + messages * perMessage + graphs * (HIDDEN + CLASSES);
  return { dense, rest, total: dense + rest };
}

const FLOAT_BYTES = 4;

/**
 * Bytes that a pass reads and writes when every layer reads its input once and writes its output once: features,
 * each layer's values, the sender's row of each message with its numbers, and the parameters once a batch. What a
 * cache holds in between counts as well.
 */
export function bytesTouched({ nodes, messages }: GraphSize, parameters: number, batches: number): number {
  const input = nodes * (FEATURES + HIDDEN);
  // read h, write z, read z and h, write h; two scores per head written and read
  const perNode = LAYERS * (5 * HIDDEN + 2 * 2 * HEADS);
  // the sender's row and scores; sender, kind; attention written and read
  const perMessage = LAYERS * (HIDDEN + HEADS + 2 + 2 * HEADS);
  const readout = nodes * HIDDEN;
  return FLOAT_BYTES * (input + nodes * perNode + messages * perMessage + readout + parameters * batches);
}
