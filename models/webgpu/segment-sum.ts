import * as tf from '@tensorflow/tfjs-core';
import { type GpuBackend, type GpuProgram, shaped, WORKGROUP } from './gpu-program.ts';

/**
 * A scatter whose places rise, as those of segmentSum() do: the sum over the rows of one segment. tfjs's own lets all
 * rows add to a place at once, in an order that differs from run to run, and float sums with it. Here one invocation
 * owns a place: it finds the first row by bisection and adds row after row, so that a sum follows from nothing but
 * the rows of its own segment.
 */
export const segmentSumKernel: tf.KernelConfig = {
  kernelName: tf.ScatterNd,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { indices, updates } = inputs as { indices: tf.TensorInfo; updates: tf.TensorInfo };
    const [segments = 0, ...row] = (attrs as unknown as tf.ScatterNdAttrs).shape;
    const [rows = 0, depth] = indices.shape;
    if (depth !== 1) throw new Error(`places of ${depth} numbers; WebGPU's segment sum wants one number`);
    const width = tf.util.sizeFromShape(row);
    const program = segmentSumProgram(segments, width);
    const given = [shaped(updates, [rows, width]), shaped(indices, [rows])];
    const sums = (backend as GpuBackend).runWebGPUProgram(program, given, updates.dtype);
    return shaped(sums, [segments, ...row]);
  },
};

/** rows [rows, width], segment [rows] rising -> [segments, width], a vector of 4 or a single number at a time. */
function segmentSumProgram(segments: number, width: number): GpuProgram {
  const lanes = width % 4 === 0 ? 4 : 1;
  const value = lanes === 4 ? 'vec4<f32>' : 'f32';
  return {
    variableNames: ['rows', 'segment'],
    variableComponents: [lanes, 1],
    outputComponent: lanes,
    outputShape: [segments, width],
    workgroupSize: [WORKGROUP, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil((segments * width) / lanes / WORKGROUP), 1, 1],
    shaderKey: `logster_segment_sum_${lanes}`,
    getUserCode: () => `
      fn main(index : i32) {
        let columns = uniforms.outShape.y / ${lanes};
        if (index >= uniforms.outShape.x * columns) { return; }
        let wanted = index / columns;
        let column = index % columns;
        let end = uniforms.segmentShape;
        var row = 0;
        var beyond = end;
        while (row < beyond) {
          let middle = (row + beyond) / 2;
          if (segment[middle] < wanted) { row = middle + 1; } else { beyond = middle; }
        }
        var sum = ${value}(0.0);
        while (row < end) {
          if (segment[row] != wanted) { break; }
          sum = sum + rows[row * columns + column];
          row = row + 1;
        }
        result[index] = sum;
      }
    `,
  };
}
