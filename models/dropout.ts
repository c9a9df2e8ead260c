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

/** Draws what a training step hides: feature values in a copy, and the edges to leave out. */
export function drawDropout(
  batch: GraphBatch,
  { node = 0, edge = 0, feature = 0 }: Dropout,
  random: Random,
): { readonly features: Float32Array; readonly hiddenEdges: Uint8Array } {
  const features = batch.features.slice();
  const hiddenEdges = new Uint8Array(batch.source.length);
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
  for (let e = 0; edge > 0 && e < hiddenEdges.length; e++) hiddenEdges[e] = random.next() < edge ? 1 : 0;
  return { features, hiddenEdges };
}
