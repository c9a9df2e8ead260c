import * as tf from '@tensorflow/tfjs-core';
import { type GpuBackend, type GpuProgram, shaped, WORKGROUP } from './gpu-program.ts';

/** Rows of the product that one invocation computes: each value of b that it reads is used for all of them. */
const ROWS = 4;

/**
 * The network's matrix product: a [rows, inner] x b [inner, columns], inner a multiple of 4. tfjs's own picks one of
 * four algorithms by the number of rows, so that a graph's score would depend on its batch in the last bit. Here a
 * value of the product is one chain of multiply-adds along `inner`, however many rows there are.
 */
export const matMulKernel: tf.KernelConfig = {
  kernelName: tf.BatchMatMul,
  backendName: 'webgpu',
  kernelFunc({ inputs, attrs, backend }) {
    const { a, b } = inputs as { a: tf.TensorInfo; b: tf.TensorInfo };
    const { transposeA, transposeB } = attrs as unknown as tf.BatchMatMulAttrs;
    const [rows = 0, inner = 0] = a.shape;
    const columns = b.shape[1] ?? 0;
    const plain = a.shape.length === 2 && b.shape.length === 2 && !transposeA && !transposeB;
    if (!plain || inner % 4 !== 0) {
      const shapes = `[${a.shape}] x [${b.shape}]`;
      throw new Error(`${shapes}; WebGPU's product wants two plain matrices and an inner multiple of 4`);
    }
    const program = matMulProgram(rows, columns);
    const given = [shaped(a, [rows, inner]), shaped(b, [inner, columns])];
    return (backend as GpuBackend).runWebGPUProgram(program, given, 'float32');
  },
};

/** Columns are taken 4 at a time where their number allows it. */
function matMulProgram(rows: number, columns: number): GpuProgram {
  const lanes = columns % 4 === 0 ? 4 : 1;
  const value = lanes === 4 ? 'vec4<f32>' : 'f32';
  const each = (line: (row: number) => string) =>
    Array.from({ length: ROWS }, (_, row) => line(row)).join('\n');
  const step = (part: number) => `
          let b${part} = b[(4 * k + ${part}) * columns + column];
          ${each((row) => `sum${row} = fma(${value}(a${row}[${part}]), b${part}, sum${row});`)}`;
  return {
    variableNames: ['a', 'b'],
    variableComponents: [4, lanes],
    outputComponent: lanes,
    outputShape: [rows, columns],
    workgroupSize: [WORKGROUP, 1, 1],
    dispatchLayout: { x: [0, 1] },
    dispatch: [Math.ceil((Math.ceil(rows / ROWS) * columns) / lanes / WORKGROUP), 1, 1],
    shaderKey: `logster_mat_mul_${lanes}`,
    getUserCode: () => `
      fn main(index : i32) {
        let columns = uniforms.outShape.y / ${lanes};
        let row = index / columns * ${ROWS};
        let column = index % columns;
        let last = uniforms.outShape.x - 1;
        if (row > last) { return; }
        let steps = uniforms.aShape.y / 4;
        ${each((row) => `let from${row} = min(row + ${row}, last) * steps; var sum${row} = ${value}(0.0);`)}
        for (var k = 0; k < steps; k = k + 1) {
          ${each((row) => `let a${row} = a[from${row} + k];`)}
          ${[0, 1, 2, 3].map(step).join('\n')}
        }
        ${each((row) => `if (row + ${row} <= last) { result[(row + ${row}) * columns + column] = sum${row}; }`)}
      }
    `,
  };
}
