import { reasonOf } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { GraphBatch, NodeType } from '../contracts/graph.ts';
import { FEATURES } from '../contracts/graph.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import { type Explanation, type FeatureGroup, strongestFeatures } from '../models/explanation.ts';
import { nodeTypeOf, TOP } from './carried-by.ts';
import type { GraphScores } from './score.ts';
import { strongest } from './strongest.ts';

/** Features told of a node. */
const TOP_FEATURES = 5;

/** What the features of a platform's node types are called, in the order of their places. */
export type FeatureNames = Partial<Record<Platform, Partial<Record<NodeType, readonly FeatureGroup[]>>>>;

export interface Explaining {
  readonly explain: (batch: GraphBatch) => Promise<Explanation>; // a batch of one graph
  readonly featureNames: FeatureNames;
}

/**
 * A graph's scores with what carried them, where they say that it is an attack: alerts need it and other windows stay
 * as cheap as they are. A graph that cannot be explained keeps its score, what attention says of it, and the reason.
 */
export async function explainAttack(
  batch: GraphBatch,
  place: number,
  scores: GraphScores,
  { explain, featureNames }: Explaining,
): Promise<GraphScores> {
  if (scores.attackProb < ATTACK_PROBABILITY) return scores;
  const one = selectGraphs(batch, [place]);
  const [graph] = one.graphs;
  if (!graph) return scores;
  try {
    const { node, edge, attention, input } = await explain(one);
    const features = strongest(node, TOP).map((at) => {
      const type = nodeTypeOf(one, graph, at);
      const names = type === 'unknown' ? [] : (featureNames[batch.platform]?.[type] ?? []);
      const own = input.subarray(at * FEATURES, (at + 1) * FEATURES);
      return [at, strongestFeatures(own, names, TOP_FEATURES)] as const;
    });
    return {
      ...scores,
      nodeScore: node,
      edgeScore: edge,
      explained: { attention, features: new Map(features) },
    };
  } catch (thrown) {
    return { ...scores, unexplained: reasonOf(thrown).slice(0, 500) };
  }
}
