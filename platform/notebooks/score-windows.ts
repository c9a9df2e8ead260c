import type { Capture } from '../../datasets/manifest.ts';
import { joinGraphs } from '../../featurize/batch.ts';
import type { Explanation } from '../../models/explanation.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { createExplainer } from '../../models/wasm/explainer.ts';
import { type CarryingEdge, type CarryingNode, carriedBy } from '../../train/carried.ts';
import { shownScores } from '../../train/evaluate.ts';
import type { Example } from '../../train/example.ts';
import type { LoadedModel } from '../../train/load-model.ts';

/** A window with the probability that the product would show. */
export interface ScoredExample extends Example {
  readonly shown: number; // trees and network together: what is served, and alerts from 0.7 on
  readonly network: number; // the network alone, shown on its own scale
}

/** Scores a capture's windows with a version, in order. */
export async function scoreWindows(
  loaded: LoadedModel,
  capture: Capture,
  windows: readonly Example[],
): Promise<readonly ScoredExample[]> {
  const engine = wasmEngine(loaded.model);
  try {
    const scores = await shownScores(engine, loaded, capture, windows);
    return windows.map((window, at) => {
      const { gat = 0, hybrid = gat } = scores[at] ?? {};
      return { ...window, shown: hybrid, network: gat };
    });
  } finally {
    engine.close();
  }
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
