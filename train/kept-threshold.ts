import { besideTrees } from '../models/beside-trees.ts';
import type { Model } from '../models/engine.ts';
import type { ScoreScaling } from '../models/scaling.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { mean } from './metrics.ts';
import { scoresOf } from './score-graphs.ts';

/** Windows whose logit lies within this of the alert threshold say how it moves. */
const NEAR = 1;

/** Fewer windows near the threshold than this say nothing. */
const FEWEST = 20;

/** A scaling after fine-tuning, and what it rests on. */
export interface KeptThreshold {
  readonly scaling: ScoreScaling;
  readonly shift: number; // logits that every anchor was moved by
  readonly windows: number; // near the threshold; too few leave it where it was
}

/**
 * Moves a version's scaling by as much as windows near its alert threshold moved in fine-tuning, so that what it
 * alerted on, it alerts on still. `unseen`: windows of the corpus that fine-tuning was not shown.
 */
export async function keptThreshold(
  before: Model,
  after: Model,
  unseen: readonly WeightedExample[],
): Promise<KeptThreshold> {
  const { scaling } = before.manifest;
  const graphs = unseen.map((one) => one.example.graph);
  const [was, is] = [await logitsOf(before, graphs), await logitsOf(after, graphs)];
  const moved = was.flatMap((logit, place) =>
    Math.abs(logit - scaling.alert) <= NEAR ? [(is[place] ?? logit) - logit] : [],
  );
  if (moved.length < FEWEST) return { scaling, shift: 0, windows: moved.length };
  const shift = mean(moved);
  const anchors = scaling.anchors.map(({ raw, shown }) => ({ raw: raw + shift, shown }));
  return { scaling: { anchors, alert: scaling.alert + shift }, shift, windows: moved.length };
}

async function logitsOf(model: Model, graphs: Parameters<typeof scoresOf>[1]): Promise<readonly number[]> {
  const engine = besideTrees(wasmEngine(model), model);
  try {
    return (await scoresOf(engine, graphs)).logits;
  } finally {
    engine.close();
  }
}
