import type { GraphBatch } from '../contracts/graph.ts';
import type { Scores } from './engine.ts';
import type { PreparedBatch } from './prepare.ts';
import { type ScoreScaling, shownProbability } from './scaling.ts';

/** Scores of a batch's size, all 0. */
export function emptyScores(batch: GraphBatch): Scores {
  const graphs = batch.graphs.length;
  const nodes = batch.graphs.reduce((sum, graph) => sum + graph.nodesPerType.reduce((a, b) => a + b, 0), 0);
  return {
    attackProb: new Float32Array(graphs),
    rawProb: new Float32Array(graphs),
    logit: new Float32Array(graphs),
    nodeScore: new Float32Array(nodes),
    edgeScore: new Float32Array(batch.source.length),
  };
}

/** What an engine found for one graph. */
export interface GraphOutput {
  readonly scaling: ScoreScaling;
  readonly logit: number;
  readonly nodeScore: Float32Array; // [nodes of the graph]
  /** Attention a message gets from its receiver in the last layer, mean of heads; messages count in the graph. */
  readonly attention: (message: number) => number;
}

/** Writes one graph's output into the scores of its batch, as Scores describes them. */
export function fillGraphScore(
  scores: Scores,
  batch: PreparedBatch,
  graph: number,
  { scaling, logit, nodeScore, attention }: GraphOutput,
): void {
  fillGraphLogit(scores, graph, scaling, logit);
  scores.nodeScore.set(nodeScore, batch.nodeStart[graph] ?? 0);
  const { target, origin, messageStart } = batch;
  const { edgeScore } = scores;
  const first = messageStart[graph] ?? 0;
  const end = messageStart[graph + 1] ?? 0;
  for (let message = first; message < end; message++) {
    const weight = nodeScore[target[message] ?? 0] ?? 0;
    if (weight <= 0) continue;
    const edge = (origin[message] ?? 0) >> 1;
    edgeScore[edge] = (edgeScore[edge] ?? 0) + weight * attention(message - first);
  }
}

/** Writes one graph's logit and what follows from it. */
export function fillGraphLogit(scores: Scores, graph: number, scaling: ScoreScaling, logit: number): void {
  // rounded first, so that the shown probability follows from the logit that is reported
  const rounded = Math.fround(logit);
  scores.logit[graph] = rounded;
  scores.rawProb[graph] = 1 / (1 + Math.exp(-rounded));
  scores.attackProb[graph] = shownProbability(scaling, rounded);
}
