import { createHash } from 'node:crypto';
import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';

/**
 * 128 bits (of SHA-256) over a graph's features and edges, as hex. Most features are 0, so only those that are
 * not are hashed, with a map of where they stand: less than a fourth of the bytes, and as telling.
 *
 * Times, ids and labels stay out: a window in which nothing happened since the last tick hashes the same.
 */
export function contentHash(
  graph: Pick<
    HeteroGraph,
    'window' | 'nodesPerType' | 'features' | 'source' | 'target' | 'relation' | 'count'
  >,
): string {
  const { features, source, target, relation, count } = graph;
  const nodes = features.length / FEATURES;
  const words = new Int32Array(features.length + nodes * MAP + source.length * 3);
  let length = squeeze(new Int32Array(features.buffer, features.byteOffset, features.length), words);
  for (let edge = 0; edge < source.length; edge++) {
    words[length++] = source[edge] ?? 0;
    words[length++] = target[edge] ?? 0;
    words[length++] = ((relation[edge] ?? 0) << 8) | (31 - Math.clz32(count[edge] ?? 0));
  }
  return createHash('sha256')
    .update(`${graph.window.platform} ${graph.nodesPerType.join(' ')}`)
    .update(new Uint8Array(words.buffer, 0, length * 4))
    .digest('hex')
    .slice(0, 32);
}

// words of a row's map: a bit per feature
const MAP = FEATURES / 32;

// bits of floats, [rows, FEATURES], as rows of a map and the bits that are not 0; answers how many words that takes
function squeeze(bits: Int32Array, words: Int32Array): number {
  let length = 0;
  for (let from = 0; from < bits.length; from += 32) {
    const mapAt = length++;
    let map = 0;
    for (let place = 0; place < 32; place++) {
      const value = bits[from + place] ?? 0;
      if (value === 0) continue;
      map |= 1 << place;
      words[length++] = value;
    }
    words[mapAt] = map;
  }
  return length;
}
