import { FEATURES, type GraphBatch } from '../contracts/graph.ts';
import type { Random } from './random.ts';

/** Shares of the input hidden from the network in a training step, 0 unless given. */
export interface Dropout {
  /** Nodes whose features all become 0; they stay in the graph. */
  readonly node?: number;
  /** Edges left out, both their messages. */
  readonly edge?: number;
  /** Single feature values that become 0; the others are scaled up to keep the mean. */
  readonly feature?: number;
}

/** What a training step hides. */
export interface Hidden {
  readonly features: Float32Array; // a copy of the batch's
  readonly hiddenEdges: Uint8Array; // [edges] 1 for those to leave out
}

/** Draws what a training step hides; `before`, what an earlier step hid, gives its memory if it is large enough. */
export function drawDropout(
  batch: GraphBatch,
  { node = 0, edge = 0, feature = 0 }: Dropout,
  random: Random,
  before?: Hidden,
): Hidden {
  const features = roomFor(batch.features.length, before?.features, Float32Array);
  features.set(batch.features);
  const hiddenEdges = roomFor(batch.source.length, before?.hiddenEdges, Uint8Array);
  const grow = 1 / (1 - feature);
  for (let first = 0; (node > 0 || feature > 0) && first < features.length; first += FEATURES) {
    if (node > 0 && random.next() < node) {
      features.fill(0, first, first + FEATURES);
      continue;
    }
    for (let i = first; feature > 0 && i < first + FEATURES; i++) {
      const value = features[i] ?? 0;
      // a type's unused places are 0 and need no draw
      if (value !== 0) features[i] = random.next() < feature ? 0 : value * grow;
    }
  }
  hiddenEdges.fill(0);
  for (let e = 0; edge > 0 && e < hiddenEdges.length; e++) hiddenEdges[e] = random.next() < edge ? 1 : 0;
  return { features, hiddenEdges };
}

/** An array in the memory of another one where that suffices: a step's copies would be megabytes of garbage. */
function roomFor<T extends Float32Array | Uint8Array>(
  length: number,
  before: T | undefined,
  Kind: new (room: ArrayBufferLike | number, at?: number, length?: number) => T,
): T {
  const enough = before && before.buffer.byteLength >= length * before.BYTES_PER_ELEMENT;
  return enough ? new Kind(before.buffer, 0, length) : new Kind(length);
}
