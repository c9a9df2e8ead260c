import { arrayOf, decodeTensorFile, encodeTensorFile } from './tensor-file.ts';

const tensors = {
  odd: { values: Uint8Array.of(1, 2, 3) },
  square: { values: Float32Array.of(1.5, Number.NaN, -0, 4), shape: [2, 2] },
  empty: { values: new Int32Array(0), shape: [0, 4] },
  double: { values: Float64Array.of(Math.PI) },
  large: { values: Uint32Array.of(4_294_967_295) },
};

test('decodeTensorFile() gives back arrays, shapes and texts of encodeTensorFile()', () => {
  const read = decodeTensorFile(encodeTensorFile({ tensors, texts: { platform: 'linux', accent: 'é' } }));
  expect(read.texts).toEqual({ platform: 'linux', accent: 'é' });
  for (const [name, { values, ...rest }] of Object.entries(tensors)) {
    expect(read.tensors[name]?.values).toEqual(values);
    expect(read.tensors[name]?.shape).toEqual('shape' in rest ? rest.shape : [values.length]);
  }
});

test('encodeTensorFile() begins every array at a multiple of 8 bytes of the file', () => {
  const bytes = encodeTensorFile({ tensors, texts: {} });
  const first = 8 + Number(bytes.readBigUInt64LE(0));
  const head = JSON.parse(bytes.toString('utf8', 8, first)) as Record<string, { data_offsets?: number[] }>;
  for (const { data_offsets } of Object.values(head)) {
    if (data_offsets) expect((first + data_offsets[0]!) % 8).toBe(0);
  }
});

test('decodeTensorFile() refuses other bytes, arrayOf() an array that is not there or of another kind', () => {
  expect(() => decodeTensorFile(Buffer.from('{"no": "tensors"}'))).toThrow(/no tensor file/);
  const file = decodeTensorFile(encodeTensorFile({ tensors, texts: {} }));
  expect(() => arrayOf(file, 'absent', Float32Array)).toThrow(/no Float32Array named absent/);
  expect(() => arrayOf(file, 'odd', Float32Array)).toThrow(/write it again/);
});
