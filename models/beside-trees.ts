import type { Engine, Model, Scores } from './engine.ts';
import { fillGraphLogit } from './explain.ts';
import { partOfBatch } from './graph-part.ts';
import { besideLogit } from './trees.ts';

/**
 * An engine whose logits count the model's trees in; of a model without trees, the engine itself. Scores of nodes
 * and edges stay the network's: they tell what it saw.
 */
export function besideTrees(engine: Engine, { trees, manifest }: Model): Engine {
  if (!trees) return engine;
  return {
    name: engine.name,
    detail: engine.detail,
    async score(batch): Promise<Scores> {
      const scores = await engine.score(batch);
      batch.graphs.forEach((_, graph) => {
        const logit = besideLogit(trees, scores.logit[graph] ?? 0, partOfBatch(batch, graph));
        fillGraphLogit(scores, graph, manifest.scaling, logit);
      });
      return scores;
    },
    close: () => engine.close(),
  };
}
