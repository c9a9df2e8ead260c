import { createHash } from 'node:crypto';
import type { Platform } from '../contracts/event.ts';
import { FEATURES, NODE_TYPES, RELATIONS } from '../contracts/graph.ts';

/** Attention heads of a layer; the kernels keep one per lane of a 128-bit vector. */
export const HEADS = 4;
/** Width of one head. */
export const HEAD_WIDTH = 32;
/** Width of a node's hidden vector. */
export const HIDDEN = HEADS * HEAD_WIDTH;
/** Layers of attention: enough for parent, child and what the child touched. */
export const LAYERS = 3;
/** benign, attack. */
export const CLASSES = 2;
/** Slope of the LeakyReLU on attention logits below 0 (GAT, Velickovic et al. 2018). */
export const LEAKY_SLOPE = 0.2;
/**
 * Attention scores, edge biases and gates are held within this bound. Three of them add up to 30 at most, and e^30
 * times the 16,384 messages of the largest graph is 2e17. With features and parameters within their limits a
 * node's value stays below 3e17, so no sum reaches 3e38, the largest float32: nothing can overflow, and the softmax
 * needs no segment maximum.
 */
export const SCORE_LIMIT = 10;
/** Added to sums of attention weights, the smallest of which is e^-6: it only keeps nodes without messages from 0 / 0. */
export const NO_MESSAGES = 1e-16;
/** Parameters of a usable model lie within this bound; trained ones stay below 10. */
export const PARAMETER_LIMIT = 100;
/** Features are held within this bound; featurize stays within 4, so it only stops damaged input. */
export const FEATURE_LIMIT = 16;
/** Lower ends of the buckets of an edge's event count: once, a few times, often, in a loop. */
export const COUNT_BUCKETS = [1, 2, 8, 64] as const;

/** Sizes of one platform's network that follow from its node types and relations. */
export interface Architecture {
  readonly platform: Platform;
  readonly nodeTypes: number;
  readonly relations: number;
  /** Edge kinds: relation x direction x count bucket. Each has a learned attention bias per head and layer. */
  readonly kinds: number;
}

/** The one description of a platform's network, from which parameters, kernels and files follow. */
export function architectureOf(platform: Platform): Architecture {
  const relations = RELATIONS[platform].length;
  return {
    platform,
    nodeTypes: NODE_TYPES[platform].length,
    relations,
    kinds: relations * 2 * COUNT_BUCKETS.length,
  };
}

/** The kind of a message: its relation, whether it runs against the edge, and how often the edge was seen. */
export function edgeKind(relation: number, reverse: boolean, count: number): number {
  return (relation * 2 + (reverse ? 1 : 0)) * COUNT_BUCKETS.length + countBucket(count);
}

/** The bucket of a count by the number of its leading zero bits: the buckets begin at powers of 2. */
const BUCKET_BY_ZEROS = Uint8Array.from({ length: 33 }, (_, zeros) => {
  const count = zeros < 32 ? 2 ** (31 - zeros) : 0;
  return COUNT_BUCKETS.filter((from) => from > 1 && from <= count).length;
});

function countBucket(count: number): number {
  return BUCKET_BY_ZEROS[Math.clz32(count)] ?? 0;
}

/** A hash of everything that fixes the meaning of a parameter vector; models of another hash do not fit. */
export function architectureHash(platform: Platform): string {
  const description = {
    network: 'heterogeneous-gat-1',
    platform,
    nodeTypes: NODE_TYPES[platform],
    relations: RELATIONS[platform].map(({ source, name, target }) => `${source} ${name} ${target}`),
    features: FEATURES,
    heads: HEADS,
    headWidth: HEAD_WIDTH,
    layers: LAYERS,
    classes: CLASSES,
    slope: LEAKY_SLOPE,
    limits: [SCORE_LIMIT, FEATURE_LIMIT, PARAMETER_LIMIT],
    counts: COUNT_BUCKETS,
    readout: 'mean + gate',
  };
  return createHash('sha256').update(JSON.stringify(description)).digest('hex').slice(0, 16);
}
