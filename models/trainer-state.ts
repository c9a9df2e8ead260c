import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { architectureHash } from './architecture.ts';

/** What a trainer needs to go on where another stopped. */
export interface TrainerState {
  readonly parameters: Float32Array;
  readonly mean: Float32Array;
  readonly variance: Float32Array;
  readonly steps: number;
  readonly random: number;
}

const HASH_BYTES = 16;
const HEADER_BYTES = HASH_BYTES + 8;

/** architecture hash (16 characters), steps (uint32), random (int32), three float32 vectors; little-endian. */
export function encodeTrainerState(platform: Platform, state: TrainerState): Buffer {
  const { parameters, mean, variance } = state;
  const bytes = Buffer.alloc(HEADER_BYTES + 12 * parameters.length);
  bytes.write(architectureHash(platform), 0, 'ascii');
  bytes.writeUInt32LE(state.steps, HASH_BYTES);
  bytes.writeInt32LE(state.random, HASH_BYTES + 4);
  [parameters, mean, variance].forEach((vector, place) => {
    const first = HEADER_BYTES + 4 * place * vector.length;
    vector.forEach((value, i) => {
      bytes.writeFloatLE(value, first + 4 * i);
    });
  });
  return bytes;
}

/** Reads a trainer's state. Throws input-invalid when it was written for another network or is cut. */
export function decodeTrainerState(platform: Platform, size: number, bytes: Buffer): TrainerState {
  const hash = bytes.toString('ascii', 0, HASH_BYTES);
  if (bytes.length !== HEADER_BYTES + 12 * size || hash !== architectureHash(platform)) {
    const message = `This training state does not belong to the ${platform} network of this version; start over without it`;
    throw new LogsterError('input-invalid', message);
  }
  const vector = (place: number) =>
    Float32Array.from({ length: size }, (_, i) => bytes.readFloatLE(HEADER_BYTES + 4 * (place * size + i)));
  return {
    parameters: vector(0),
    mean: vector(1),
    variance: vector(2),
    steps: bytes.readUInt32LE(HASH_BYTES),
    random: bytes.readInt32LE(HASH_BYTES + 4),
  };
}
