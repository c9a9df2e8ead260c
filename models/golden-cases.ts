import type { Platform } from '../contracts/event.ts';
import { CAPS, type GraphBatch, NODE_TYPES } from '../contracts/graph.ts';
import { FEATURE_LIMIT, PARAMETER_LIMIT } from './architecture.ts';
import type { Exchange } from './exchange.ts';
import { initialParameters, parameterLayout } from './parameters.ts';
import { randomFrom } from './random.ts';
import { type SyntheticGraph, syntheticBatch, syntheticSizes } from './synthetic.ts';

/** Inputs for which golden/ keeps what PyTorch Geometric says; made anew from seeds whenever they are needed. */
export interface GoldenCase {
  readonly name: string;
  readonly platform: Platform;
  readonly make: () => Exchange;
}

/**
 * The two platforms' networks have the same sizes, so a case that is about limits stands on one of them alone.
 */
export const GOLDEN_CASES: readonly GoldenCase[] = [
  { name: 'ordinary-windows', platform: 'windows', make: () => ordinary('windows', 21) },
  { name: 'ordinary-linux', platform: 'linux', make: () => ordinary('linux', 121) },
  { name: 'odd-shapes-windows', platform: 'windows', make: () => oddShapes('windows', 31) },
  { name: 'odd-shapes-linux', platform: 'linux', make: () => oddShapes('linux', 131) },
  { name: 'largest-windows', platform: 'windows', make: largest },
  { name: 'extreme-features-linux', platform: 'linux', make: extremeFeatures },
  { name: 'extreme-parameters-windows', platform: 'windows', make: extremeParameters },
];

const ODD_SHAPES: readonly SyntheticGraph[] = [
  { nodesPerType: [4, 3, 1, 2, 1], edges: 0 }, // no edges at all
  { nodesPerType: [1, 0, 0, 0, 0], edges: 0 }, // one node
  { nodesPerType: [9, 0, 0, 0, 0], edges: 5 }, // relations to other types are empty, some nodes isolated
  { nodesPerType: [3, 40, 0, 0, 0], edges: 6 }, // most nodes isolated
  { nodesPerType: [1, 0, 0, 1, 0], edges: 1 },
  { nodesPerType: [2, 1, 1, 1, 1], edges: 80 }, // many more edges than nodes
];

function ordinary(platform: Platform, seed: number): Exchange {
  const batch = syntheticBatch(platform, syntheticSizes(12, seed), seed + 1);
  return exchangeOf(batch, stirred(platform, seed + 2));
}

function oddShapes(platform: Platform, seed: number): Exchange {
  return exchangeOf(syntheticBatch(platform, ODD_SHAPES, seed), stirred(platform, seed + 1));
}

/** As many nodes and edges as the caps allow. */
function largest(): Exchange {
  const nodesPerType = NODE_TYPES.windows.map((type) => CAPS.nodes[type]);
  const batch = syntheticBatch('windows', [{ nodesPerType, edges: CAPS.edges }], 41);
  return exchangeOf(batch, stirred('windows', 42));
}

/** Features at their limit, beyond it, and none at all. */
function extremeFeatures(): Exchange {
  const batch = syntheticBatch('linux', syntheticSizes(4, 51), 52);
  const wild = [FEATURE_LIMIT, -FEATURE_LIMIT, 1e30, -1e30, Infinity, -Infinity, Number.NaN, 1e-40];
  const random = randomFrom(53);
  const features = batch.features.map((value) => {
    const place = Math.floor(random.next() * 16);
    return wild[place] ?? value;
  });
  // as large as features are, the weights are small, or the loss would only say that the answer is certain
  const parameters = stirred('linux', 54).map((value) => value * 0.3);
  return exchangeOf({ ...batch, features }, parameters);
}

/**
 * Attention vectors and gate so large that a part of the scores stands beyond their limit, and edge biases at the
 * limit of parameters. Larger attention vectors would show nothing but the rounding of float32 that they blow up.
 */
function extremeParameters(): Exchange {
  const parameters = stirred('windows', 61);
  const random = randomFrom(62);
  for (const { name, offset, size } of parameterLayout('windows').tensors) {
    if (!/source|target|kind|gate/.test(name)) continue;
    for (let i = offset; i < offset + size; i++) {
      const limit = random.next() < 0.5 ? -PARAMETER_LIMIT : PARAMETER_LIMIT;
      parameters[i] = name.endsWith('kind') && random.next() < 0.5 ? limit : 6 * (parameters[i] ?? 0);
    }
  }
  return exchangeOf(syntheticBatch('windows', syntheticSizes(6, 63), 64), parameters);
}

/** First parameters moved a little, so that biases and edge kinds take part. */
function stirred(platform: Platform, seed: number): Float32Array {
  const random = randomFrom(seed);
  return initialParameters(platform, seed).map((value) => value + (random.next() * 2 - 1) * 0.05);
}

/** Labels of every degree and weights of which one is 0. */
function exchangeOf(batch: GraphBatch, parameters: Float32Array): Exchange {
  const labels = Float32Array.from(batch.graphs, (_, graph) => [1, 0, 0.25][graph % 3] ?? 0);
  const weights = Float32Array.from(batch.graphs, (_, graph) => [1, 2, 0.5, 0][graph % 4] ?? 0);
  return { batch, parameters, labels, weights };
}
