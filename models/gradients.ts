import * as tf from '@tensorflow/tfjs-core';
import { segmentSum } from './attention.ts';

type Gradient = (dy: tf.Tensor, saved: tf.Tensor[], attributes: object) => Record<string, () => tf.Tensor>;

/**
 * Teaches tfjs the gradients of the operations this network uses. tfjs-core registers its own only through a bundler.
 * Where the whole of tfjs was loaded they are there, and replaced: its gradient of a gather goes over all rows once per
 * row on the cpu backend.
 */
export function registerGradients(): void {
  for (const [kernelName, { inputs = [], output = false, gradient }] of Object.entries(GRADIENTS)) {
    if (tf.getGradient(kernelName)) tf.unregisterGradient(kernelName);
    tf.registerGradient({
      kernelName,
      inputsToSave: [...inputs],
      outputsToSave: output ? [true] : [],
      gradFunc: (dy, saved, attributes) => gradient(one(dy), saved, attributes),
    });
  }
}

const one = (dy: tf.Tensor | tf.Tensor[]): tf.Tensor => (Array.isArray(dy) ? (dy[0] as tf.Tensor) : dy);

/** Sums a gradient over the axes along which its operand was repeated. */
function unrepeat(gradient: tf.Tensor, shape: readonly number[], whole: readonly number[]): tf.Tensor {
  const axes = tf.broadcast_util.getReductionAxes([...shape], [...whole]);
  return tf.reshape(axes.length > 0 ? tf.sum(gradient, axes) : gradient, [...shape]);
}

/** The gradients of an operation on two operands that may be repeated along axes. */
function ofPair(
  left: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
  right: (dy: tf.Tensor, a: tf.Tensor, b: tf.Tensor) => tf.Tensor,
): { inputs: string[]; gradient: Gradient } {
  return {
    inputs: ['a', 'b'],
    gradient: (dy, [a, b]) => ({
      a: () => unrepeat(left(dy, a as tf.Tensor, b as tf.Tensor), (a as tf.Tensor).shape, dy.shape),
      b: () => unrepeat(right(dy, a as tf.Tensor, b as tf.Tensor), (b as tf.Tensor).shape, dy.shape),
    }),
  };
}

/** The gradient of an operation on one operand x: dy times a slope that follows from x or from the result. */
function ofOne(save: 'x' | 'result', slope: (saved: tf.Tensor, attributes: object) => tf.Tensor, name = 'x') {
  return {
    inputs: save === 'x' ? [name] : [],
    output: save === 'result',
    gradient: ((dy, [saved], attributes) => ({
      [name]: () => tf.mul(dy, slope(saved as tf.Tensor, attributes)),
    })) as Gradient,
  };
}

const GRADIENTS: Record<string, { inputs?: string[]; output?: boolean; gradient: Gradient }> = {
  Add: ofPair(
    (dy) => dy,
    (dy) => dy,
  ),
  Sub: ofPair(
    (dy) => dy,
    (dy) => tf.neg(dy),
  ),
  Multiply: ofPair(
    (dy, _a, b) => tf.mul(dy, b),
    (dy, a) => tf.mul(dy, a),
  ),
  RealDiv: ofPair(
    (dy, _a, b) => tf.div(dy, b),
    (dy, a, b) => tf.neg(tf.div(tf.mul(dy, a), tf.mul(b, b))),
  ),
  Neg: ofOne('result', (y) => tf.neg(tf.onesLike(y))),
  Exp: ofOne('result', (y) => y),
  Elu: ofOne('result', (y) => tf.where(tf.greater(y, 0), tf.onesLike(y), tf.add(y, 1))),
  LeakyRelu: ofOne('x', (x, attributes) => {
    const { alpha } = attributes as { alpha: number };
    return tf.where(tf.greater(x, 0), tf.onesLike(x), tf.fill(x.shape, alpha));
  }),
  ClipByValue: ofOne('x', (x, attributes) => {
    const { clipValueMin, clipValueMax } = attributes as { clipValueMin: number; clipValueMax: number };
    const inside = tf.logicalAnd(tf.greaterEqual(x, clipValueMin), tf.lessEqual(x, clipValueMax));
    return tf.cast(inside, 'float32');
  }),
  Reshape: {
    inputs: ['x'],
    gradient: (dy, [x]) => ({ x: () => tf.reshape(dy, (x as tf.Tensor).shape) }),
  },
  Sum: {
    inputs: ['x'],
    gradient: (dy, [x], attributes) => {
      const { shape } = x as tf.Tensor;
      const { axis } = attributes as { axis: number | number[] };
      const kept = [...shape];
      for (const a of tf.util.parseAxisParam(axis, shape)) kept[a] = 1;
      return { x: () => tf.mul(tf.reshape(dy, kept), tf.ones(shape)) };
    },
  },
  LogSoftmax: {
    output: true,
    gradient: (dy, [value]) => ({
      logits: () => tf.sub(dy, tf.mul(tf.sum(dy, -1, true), tf.exp(value as tf.Tensor))),
    }),
  },
  BatchMatMul: {
    inputs: ['a', 'b'],
    gradient: (dy, [a, b]) => ({
      a: () => tf.matMul(dy, b as tf.Tensor, false, true),
      b: () => tf.matMul(a as tf.Tensor, dy, true, false),
    }),
  },
  Slice: {
    inputs: ['x'],
    gradient: (dy, [x], attributes) => {
      const { shape } = x as tf.Tensor;
      const { begin } = attributes as { begin: number[] };
      const paddings = shape.map((length, axis): [number, number] => {
        const before = begin[axis] ?? 0;
        return [before, length - before - (dy.shape[axis] ?? 0)];
      });
      return { x: () => tf.pad(dy, paddings) };
    },
  },
  GatherV2: {
    inputs: ['x', 'indices'],
    gradient: (dy, [x, indices]) => ({
      x: () => segmentSum(dy, indices as tf.Tensor1D, (x as tf.Tensor).shape[0] ?? 0),
    }),
  },
  ScatterNd: {
    inputs: ['indices'],
    gradient: (dy, [indices]) => ({
      updates: () => tf.gather(dy, tf.reshape(indices as tf.Tensor, [-1]) as tf.Tensor1D),
    }),
  },
};
