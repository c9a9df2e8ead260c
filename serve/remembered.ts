import type { GraphScores } from './score.ts';

export interface RememberedScores {
  get(key: string): GraphScores | undefined;
  set(key: string, scores: GraphScores): void;
}

/** What two arrays, their buffers, the key and its place take beside the numbers: measured over 100,000 entries. */
const ENTRY_BYTES = 1200;
/** Fifty named features with what holds them, at most. */
const EXPLAINED_BYTES = 6000;

/**
 * Scores of graphs seen lately, by model version and content hash: a window that did not change since its last
 * tick is not scored again. The longest unused go first when `maxBytes` is reached.
 */
export function rememberedScores(maxBytes: number): RememberedScores {
  const byKey = new Map<string, GraphScores>();
  let sizeBytes = 0;
  const sizeOf = ({ nodeScore, edgeScore, explained }: GraphScores) =>
    nodeScore.byteLength +
    edgeScore.byteLength +
    (explained ? explained.attention.byteLength + EXPLAINED_BYTES : 0) +
    ENTRY_BYTES;
  return {
    get(key) {
      const scores = byKey.get(key);
      if (scores === undefined) return undefined;
      byKey.delete(key);
      byKey.set(key, scores);
      return scores;
    },
    set(key, scores) {
      if (byKey.has(key)) return;
      byKey.set(key, scores);
      sizeBytes += sizeOf(scores);
      for (const [oldest, value] of byKey) {
        if (sizeBytes <= maxBytes) break;
        byKey.delete(oldest);
        sizeBytes -= sizeOf(value);
      }
    },
  };
}
