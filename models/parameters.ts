import type { Platform } from '../contracts/event.ts';
import { FEATURES } from '../contracts/graph.ts';
import { architectureOf, CLASSES, HEAD_WIDTH, HEADS, HIDDEN, type LAYERS } from './architecture.ts';
import { randomFrom } from './random.ts';

/** One named tensor inside a parameter vector. */
export interface ParameterTensor {
  readonly name: ParameterName;
  readonly shape: readonly number[];
  readonly offset: number; // in floats
  readonly size: number; // in floats
  /** Whether weight decay applies: to what multiplies, not to biases. */
  readonly decays: boolean;
}

type Layer = 'layer0' | 'layer1' | 'layer2';

/** Names of the tensors. */
export type ParameterName =
  | 'input.weight' // [node types, FEATURES, HIDDEN]
  | 'input.bias' // [node types, HIDDEN]
  | `${Layer}.weight` // [HIDDEN, HIDDEN]
  | `${Layer}.source` // [HEADS, HEAD_WIDTH] attention vector of the sender
  | `${Layer}.target` // [HEADS, HEAD_WIDTH] attention vector of the receiver
  | `${Layer}.kind` // [edge kinds, HEADS] attention bias
  | `${Layer}.bias` // [HIDDEN]
  | 'gate' // [HIDDEN]
  | 'output.weight' // [2 HIDDEN, CLASSES]: mean pool, then gate pool
  | 'output.bias'; // [CLASSES]

/** Where every tensor lies in the one flat vector that optimisers and files use. */
export interface ParameterLayout {
  readonly tensors: readonly ParameterTensor[];
  readonly size: number; // in floats
}

/** The names of the layers, first to last. */
export const LAYER_NAMES = ['layer0', 'layer1', 'layer2'] as const satisfies readonly Layer[] & {
  readonly length: typeof LAYERS;
};

/** The layout of a platform's parameters. */
export function parameterLayout(platform: Platform): ParameterLayout {
  const { nodeTypes, kinds } = architectureOf(platform);
  const shapes: [ParameterName, readonly number[], boolean][] = [
    ['input.weight', [nodeTypes, FEATURES, HIDDEN], true],
    ['input.bias', [nodeTypes, HIDDEN], false],
  ];
  for (const layer of LAYER_NAMES) {
    shapes.push(
      [`${layer}.weight`, [HIDDEN, HIDDEN], true],
      [`${layer}.source`, [HEADS, HEAD_WIDTH], true],
      [`${layer}.target`, [HEADS, HEAD_WIDTH], true],
      [`${layer}.kind`, [kinds, HEADS], false],
      [`${layer}.bias`, [HIDDEN], false],
    );
  }
  shapes.push(
    ['gate', [HIDDEN], true],
    ['output.weight', [2 * HIDDEN, CLASSES], true],
    ['output.bias', [CLASSES], false],
  );
  let offset = 0;
  const tensors = shapes.map(([name, shape, decays]) => {
    const size = shape.reduce((product, length) => product * length, 1);
    const tensor = { name, shape, offset, size, decays };
    offset += size;
    return tensor;
  });
  return { tensors, size: offset };
}

/** A view of one tensor inside a parameter vector. */
export function tensorOf(layout: ParameterLayout, vector: Float32Array, name: ParameterName): Float32Array {
  const tensor = layout.tensors.find((candidate) => candidate.name === name);
  if (!tensor) throw new RangeError(`No parameter ${name}`);
  return vector.subarray(tensor.offset, tensor.offset + tensor.size);
}

/** A fresh parameter vector: Glorot-uniform weights (Glorot and Bengio 2010), zero biases. */
export function initialParameters(platform: Platform, seed: number): Float32Array {
  const layout = parameterLayout(platform);
  const vector = new Float32Array(layout.size);
  const random = randomFrom(seed);
  for (const { shape, offset, size, decays } of layout.tensors) {
    if (!decays) continue;
    const inputs = shape.at(-2) ?? 1;
    const outputs = shape.at(-1) ?? 1;
    const bound = Math.sqrt(6 / (inputs + outputs));
    for (let i = 0; i < size; i++) vector[offset + i] = (random.next() * 2 - 1) * bound;
  }
  return vector;
}

/** Mean and scale of every feature of every node type, [node types, FEATURES] each. */
export interface FeatureScale {
  readonly mean: readonly number[];
  readonly scale: readonly number[];
}

/** Folds (x - mean) / scale into the input projection, so that it costs nothing when scoring. */
export function foldFeatureScale(
  platform: Platform,
  parameters: Float32Array,
  { mean, scale }: FeatureScale,
): Float32Array {
  const layout = parameterLayout(platform);
  const folded = parameters.slice();
  const weight = tensorOf(layout, folded, 'input.weight');
  const bias = tensorOf(layout, folded, 'input.bias');
  for (let row = 0; row < mean.length; row++) {
    const type = Math.floor(row / FEATURES);
    for (let column = 0; column < HIDDEN; column++) {
      const at = row * HIDDEN + column;
      const scaled = (weight[at] ?? 0) / (scale[row] ?? 1);
      weight[at] = scaled;
      bias[type * HIDDEN + column] = (bias[type * HIDDEN + column] ?? 0) - (mean[row] ?? 0) * scaled;
    }
  }
  return folded;
}
