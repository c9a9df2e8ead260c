import type { HeteroGraph } from '../contracts/graph.ts';
import { BATCH_LIMITS } from '../contracts/graph.ts';
import { joinGraphs } from '../featurize/batch.ts';
import type { Engine, Scores } from '../models/engine.ts';

/** Graphs of one platform in batches within the product's limits, each with its scores. */
export async function* scoreGraphs(
  engine: Engine,
  graphs: readonly HeteroGraph[],
): AsyncGenerator<{ readonly graphs: readonly HeteroGraph[]; readonly scores: Scores }> {
  for (const batch of batchesOf(graphs)) {
    const platform = batch[0]?.window.platform;
    if (platform) yield { graphs: batch, scores: await engine.score(joinGraphs(platform, batch)) };
  }
}

/** The raw logits and shown probabilities of graphs, in their order. */
export async function scoresOf(
  engine: Engine,
  graphs: readonly HeteroGraph[],
): Promise<{ readonly logits: readonly number[]; readonly attackProbs: readonly number[] }> {
  const logits: number[] = [];
  const attackProbs: number[] = [];
  for await (const { scores } of scoreGraphs(engine, graphs)) {
    logits.push(...scores.logit);
    attackProbs.push(...scores.attackProb);
  }
  return { logits, attackProbs };
}

function* batchesOf(graphs: readonly HeteroGraph[]): Generator<readonly HeteroGraph[]> {
  let batch: HeteroGraph[] = [];
  let edges = 0;
  for (const graph of graphs) {
    const full = batch.length >= BATCH_LIMITS.graphs || edges + graph.source.length > BATCH_LIMITS.edges;
    if (full && batch.length > 0) {
      yield batch;
      batch = [];
      edges = 0;
    }
    batch.push(graph);
    edges += graph.source.length;
  }
  if (batch.length > 0) yield batch;
}
