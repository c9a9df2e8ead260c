import * as tf from '@tensorflow/tfjs-core';
import { type GpuBackend, type GpuProgram, shaped, WORKGROUP } from './gpu-program.ts';

/**
 * The sum along the last axis, as attention scores need it: x [..., width], width a multiple of 4 -> [...]. tfjs's own
 * lets a group of 64 invocations, waiting for each other six times, add up the 32 values of a head.
 */
export const rowSumKernel: tf.KernelConfig = {
  kernelName: tf.Sum,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { x } = inputs as { x: tf.TensorInfo };
    const { axis, keepDims } = attrs as unknown as tf.SumAttrs;
    const [last, ...others] = tf.util.parseAxisParam(axis, x.shape);
    const width = x.shape.at(-1) ?? 0;
    if (last !== x.shape.length - 1 || others.length > 0 || keepDims || width % 4 !== 0) {
      throw new Error(`sum of [${x.shape}] along ${axis}; WebGPU's wants a last axis of 4n values alone`);
    }
    const shape = x.shape.slice(0, -1);
    const rows = tf.util.sizeFromShape(shape);
    const given = [shaped(x, [rows, width])];
    return shaped((backend as GpuBackend).runWebGPUProgram(rowSumProgram(rows), given, x.dtype), shape);
  },
};

/** x [rows, width] -> [rows]. */
function rowSumProgram(rows: number): GpuProgram {
  return {
    variableNames: ['x'],
    variableComponents: [4],
    outputComponent: 1,
    outputShape: [rows],
    workgroupSize: [WORKGROUP, 1, 1],
    dispatchLayout: { x: [0] },
    dispatch: [Math.ceil(rows / WORKGROUP), 1, 1],
    shaderKey: 'logster_row_sum',
    getUserCode: () => `
      fn main(index : i32) {
        if (index >= uniforms.outShape) { return; }
        let steps = uniforms.xShape.y / 4;
        var sum = vec4<f32>(0.0);
        for (var k = 0; k < steps; k = k + 1) {
          sum = sum + x[index * steps + k];
        }
        result[index] = (sum.x + sum.y) + (sum.z + sum.w);
      }
    `,
  };
}
