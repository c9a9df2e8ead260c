import { LogsterError, reasonOf } from '../contracts/errors.ts';

/** Arrays that a tensor file can hold. */
export type TensorArray = Float32Array | Float64Array | Int32Array | Uint32Array | Uint8Array;

/** One array with its shape; a list when no shape is given. */
export interface Tensor {
  readonly values: TensorArray;
  readonly shape?: readonly number[];
}

/** Named arrays and named texts. */
export interface TensorFile {
  readonly tensors: Readonly<Record<string, Tensor>>;
  readonly texts: Readonly<Record<string, string>>;
}

const TYPES = {
  F32: Float32Array,
  F64: Float64Array,
  I32: Int32Array,
  U32: Uint32Array,
  U8: Uint8Array,
} as const;
type TypeName = keyof typeof TYPES;

/** Every array begins at a multiple of this, so that readers can look into the bytes in place. */
const ALIGNMENT = 8;

interface Entry {
  readonly dtype: TypeName;
  readonly shape: readonly number[];
  readonly data_offsets: readonly [number, number];
}

/** Arrays in the safetensors form: length of the head, the head as JSON, the arrays' bytes, little-endian. */
export function encodeTensorFile({ tensors, texts }: TensorFile): Buffer {
  const head: Record<string, Entry | Readonly<Record<string, string>>> = { __metadata__: texts };
  const parts: Buffer[] = [];
  let end = 0;
  for (const [name, { values, shape = [values.length] }] of Object.entries(tensors)) {
    const padding = -values.byteLength & (ALIGNMENT - 1);
    head[name] = { dtype: typeOf(values), shape, data_offsets: [end, end + values.byteLength] };
    parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength), Buffer.alloc(padding));
    end += values.byteLength + padding;
  }
  const text = JSON.stringify(head);
  const json = Buffer.from(text + ' '.repeat(-Buffer.byteLength(text) & (ALIGNMENT - 1)));
  const length = Buffer.alloc(ALIGNMENT);
  length.writeBigUInt64LE(BigInt(json.length));
  return Buffer.concat([length, json, ...parts]);
}

/** The arrays of such bytes, as copies. Throws input-invalid when they are something else. */
export function decodeTensorFile(bytes: Buffer): TensorFile {
  try {
    const first = ALIGNMENT + Number(bytes.readBigUInt64LE(0));
    const head = JSON.parse(bytes.toString('utf8', ALIGNMENT, first)) as Record<string, Entry>;
    const { __metadata__: texts = {}, ...entries } = head;
    const tensors = Object.entries(entries).map(
      ([
        name,
        {
          dtype,
          shape,
          data_offsets: [from, to],
        },
      ]) => {
        const own = new Uint8Array(bytes.subarray(first + from, first + to));
        return [name, { values: new TYPES[dtype](own.buffer), shape }] as const;
      },
    );
    return { tensors: Object.fromEntries(tensors), texts: texts as Record<string, string> };
  } catch (cause) {
    const message = `${bytes.length} bytes are no tensor file: ${reasonOf(cause)}; write it again`;
    throw new LogsterError('input-invalid', message, { cause });
  }
}

/** One array of a file, of the kind that is expected. Throws input-invalid when it is not there. */
export function arrayOf<Kind extends TensorArray>(
  file: TensorFile,
  name: string,
  kind: new (length: number) => Kind,
): Kind {
  const values = file.tensors[name]?.values;
  if (values instanceof kind) return values;
  throw new LogsterError('input-invalid', `A tensor file has no ${kind.name} named ${name}; write it again`);
}

function typeOf(values: TensorArray): TypeName {
  if (values instanceof Float32Array) return 'F32';
  if (values instanceof Float64Array) return 'F64';
  if (values instanceof Int32Array) return 'I32';
  return values instanceof Uint32Array ? 'U32' : 'U8';
}
