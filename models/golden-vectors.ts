import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { encodeExchange } from './exchange.ts';
import { GOLDEN_CASES } from './golden-cases.ts';
import { arrayOf, decodeTensorFile } from './tensor-file.ts';

/** What PyTorch Geometric says of a golden case, worked out in float64. */
export interface GoldenVectors {
  readonly logits: Float32Array; // [graphs, CLASSES]
  readonly probabilities: Float32Array; // [graphs] of attack
  readonly loss: number; // weighted mean cross-entropy, in nats
  readonly gradient: Float32Array; // in the layout of parameterLayout(), to 16 bits of mantissa
}

/** Writes every case's inputs to a folder, for pytorch/golden.py. */
export async function writeGoldenInputs(folder: string): Promise<void> {
  await mkdir(folder, { recursive: true });
  for (const { name, make } of GOLDEN_CASES) {
    await writeFile(join(folder, `${name}.safetensors`), encodeExchange(make()));
  }
}

/** Reads what golden.py wrote for a case. Three planes of bytes pack a float better than four bytes side by side. */
export async function readGoldenVectors(folder: string, name: string): Promise<GoldenVectors> {
  const file = decodeTensorFile(gunzipSync(await readFile(join(folder, `${name}.safetensors.gz`))));
  const [high, middle, low] = ['high', 'middle', 'low'].map((plane) => {
    return arrayOf(file, `gradient.${plane}`, Uint8Array);
  });
  const bits = Uint32Array.from(high ?? [], (byte, i) => {
    return ((byte << 24) | ((middle?.[i] ?? 0) << 16) | ((low?.[i] ?? 0) << 8)) >>> 0;
  });
  return {
    logits: arrayOf(file, 'logits', Float32Array),
    probabilities: arrayOf(file, 'probabilities', Float32Array),
    loss: arrayOf(file, 'loss', Float64Array)[0] ?? Number.NaN,
    gradient: new Float32Array(bits.buffer),
  };
}
