import type { Feedback } from '../../contracts/feedback.ts';
import { idOf } from '../../contracts/ids.ts';
import { collectFeedback } from '../../datasets/feedback/collect.ts';
import type { FeedbackExample } from '../../datasets/feedback/example.ts';
import { type CorpusSize, FEEDBACK_CAPS, weighFeedback } from '../../datasets/feedback/weigh.ts';
import { featureSchema } from '../../featurize/features.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import type { Model } from '../../models/engine.ts';
import { ALERT_PROBABILITY } from '../../models/scaling.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { byKey } from '../../train/by-key.ts';
import type { Example } from '../../train/example.ts';
import { fineTune } from '../../train/fine-tune.ts';
import { DEDUP_SECONDS } from '../../train/judge.ts';
import type { LoadedModel } from '../../train/load-model.ts';
import { scoresOf } from '../../train/score-graphs.ts';
import { type ReadCapture, windowExamples } from '../../train/weights.ts';
import type { StreamWindow } from './teach-stream.ts';

/** An attack window that nothing learnt from. */
export interface AttackWindow {
  readonly run: string;
  readonly example: Example;
}

/** How a model stands to the second half of the stream and to attacks. */
export interface Outcome {
  readonly alarms: number; // benign windows at the alert threshold
  readonly episodes: number; // a machine is silent for DEDUP_SECONDS after one
  readonly runs: number; // with an attack window
  readonly runsFound: number;
  readonly attacks: number; // windows
  readonly attacksAlerted: number;
  readonly alarming: readonly StreamWindow[];
}

/** Scores the stream's second half and the attacks with a model. */
export async function outcomeOf(
  model: Model,
  stream: readonly StreamWindow[],
  attacks: readonly AttackWindow[],
): Promise<Outcome> {
  const engine = besideTrees(wasmEngine(model), model);
  const alerting = async <T extends { readonly example: Example }>(
    some: readonly T[],
  ): Promise<readonly T[]> => {
    const { attackProbs } = await scoresOf(
      engine,
      some.map((one) => one.example.graph),
    );
    return some.filter((_, place) => (attackProbs[place] ?? 0) >= ALERT_PROBABILITY);
  };
  try {
    const alarming = await alerting(stream);
    const found = await alerting(attacks);
    return {
      ...{ alarms: alarming.length, episodes: episodesOf(alarming), alarming },
      runs: new Set(attacks.map((one) => one.run)).size,
      runsFound: new Set(found.map((one) => one.run)).size,
      ...{ attacks: attacks.length, attacksAlerted: found.length },
    };
  } finally {
    engine.close();
  }
}

/** Alert episodes of windows that alarm. */
export function episodesOf(alarming: readonly Pick<StreamWindow, 'machine' | 'example'>[]): number {
  let episodes = 0;
  for (const own of byKey(alarming, (one) => one.machine).values()) {
    let last = Number.NEGATIVE_INFINITY;
    for (const { example } of own.toSorted((a, b) => a.example.end - b.example.end)) {
      if (example.end - last < DEDUP_SECONDS) continue;
      last = example.end;
      episodes++;
    }
  }
  return episodes;
}

/**
 * The champion trained on with these windows judged benign, as the product does it: verdicts become rows, equal graphs
 * one row, the caps say what each counts.
 */
export async function taught(
  champion: LoadedModel,
  corpus: readonly ReadCapture[],
  chosen: readonly StreamWindow[],
  seed: number,
): Promise<Model> {
  const feedback = examplesOf(chosen, champion, corpusSize(corpus));
  const { fitted, trees, threshold } = await fineTune({ champion, corpus, feedback, seed });
  const { model } = champion;
  return {
    ...model,
    manifest: { ...model.manifest, scaling: threshold.scaling },
    parameters: fitted.parameters,
    trees,
  };
}

function examplesOf(
  chosen: readonly StreamWindow[],
  champion: LoadedModel,
  size: CorpusSize,
): readonly FeedbackExample[] {
  const { platform } = champion.model.manifest;
  const graphs = new Map(chosen.map((one) => [one.scored.inferenceId, one.example.graph]));
  const { rows } = collectFeedback({
    verdicts: chosen.map((one, place) => benignVerdict(one, place, champion.id)),
    windows: chosen.map((one) => ({ ...one.scored, processes: [] })),
    ...{ accepted: [], featureSchema, barred: () => null },
  });
  const weights = weighFeedback(rows, { [platform]: size }, FEEDBACK_CAPS);
  return rows.flatMap((row, place) => {
    const content = graphs.get(row.inferenceId);
    return content ? [{ ...row, content, weight: weights[place] ?? 0 }] : [];
  });
}

/** A minute lies between two verdicts: faster ones would go to the review list first. */
function benignVerdict({ scored }: StreamWindow, place: number, version: string): Feedback {
  return {
    feedback_id: idOf('feedback', scored.inferenceId),
    alert_id: null,
    tenant_id: scored.tenantId,
    endpoint_id: scored.endpointId,
    platform: scored.platform,
    at: scored.windowEnd + 60 * place,
    analyst: 'analyst',
    is_true_positive: false,
    reason: 'administration',
    notes: '',
    techniques: [],
    scope: 'window',
    process: null,
    inference_ids: [scored.inferenceId],
    model_version: version,
    replaces: null,
  };
}

function corpusSize(corpus: readonly ReadCapture[]): CorpusSize {
  const windows = windowExamples(corpus);
  const attack = windows.filter((one) => one.example.label === 'attack').length;
  return { attack, benign: windows.length - attack };
}
