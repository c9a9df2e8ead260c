import { joinGraphs } from '../../featurize/batch.ts';
import { featureNames } from '../../featurize/features.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import type { Explanation } from '../../models/explanation.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { createExplainer } from '../../models/wasm/explainer.ts';
import { explainAttack } from '../../serve/explain-attack.ts';
import type { ScoredWindow } from '../../serve/messages.ts';
import { patternOf } from '../../serve/pattern.ts';
import { resultOf, scoresOf } from '../../serve/score.ts';
import { type CarryingEdge, type CarryingNode, carriedBy } from '../../train/carried.ts';
import type { Example } from '../../train/example.ts';
import type { LoadedModel } from '../../train/load-model.ts';
import { scoreGraphs } from '../../train/score-graphs.ts';

/** A window with what the product would say of it. */
export interface ScoredExample extends Example {
  readonly shown: number; // the probability that is shown: alerts begin at 0.7
  readonly pattern: string; // what carried the score, alike when it happens again; '' below 0.5 or where nothing did
  readonly result: ScoredWindow; // as a scorer writes it
}

/** Scores windows the way a scorer does, in order; those of at least 0.5 are explained too. */
export async function scoreWindows(
  { id, model }: LoadedModel,
  windows: readonly Example[],
): Promise<readonly ScoredExample[]> {
  const { platform } = model.manifest;
  const [modelName = '', modelVersion = ''] = id.split('@');
  const explainer = createExplainer(model);
  const explaining = {
    explain: async (batch: Parameters<typeof explainer.explain>[0]) => explainer.explain(batch),
    featureNames: { [platform]: featureNames(platform) },
  };
  const engine = besideTrees(wasmEngine(model), model);
  const results: ScoredWindow[] = [];
  try {
    for await (const { graphs, scores } of scoreGraphs(
      engine,
      windows.map((one) => one.graph),
    )) {
      const batch = joinGraphs(platform, graphs);
      for (const [place, graph] of batch.graphs.entries()) {
        const own = await explainAttack(batch, place, scoresOf(scores, graph, place), explaining);
        const by = { modelName, modelVersion, backend: engine.name, inferenceMs: 0, reused: false };
        results.push(resultOf(batch, graph, own, { ...by, scoredAt: graph.window.end }));
      }
    }
  } finally {
    engine.close();
  }
  return windows.flatMap((window, at) => {
    const result = results[at];
    return result ? [{ ...window, shown: result.attack_prob, pattern: patternOf(result), result }] : [];
  });
}

/** What carried the network's part of a window's score: per node and edge, and the strongest of both by name. */
export interface ExplainedWindow {
  readonly explanation: Explanation;
  readonly nodes: readonly CarryingNode[]; // strongest first
  readonly edges: readonly CarryingEdge[]; // strongest first
}

/** Explains one window's score by the network; the trees beside it are not part of the explanation. */
export function explainWindow({ model }: LoadedModel, { graph }: Example): ExplainedWindow {
  const explanation = createExplainer(model).explain(joinGraphs(graph.window.platform, [graph]));
  return { explanation, ...carriedBy(graph, explanation) };
}
