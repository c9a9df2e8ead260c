import type { TrackedRun } from '../ports/registry/tracking.ts';
import type { Epoch } from './fit.ts';
import { ORIGIN_FILE } from './origin.ts';
import type { TunedVersion } from './tuned-version.ts';
import { CARD_FILE, type NewVersion, type TrainedVersion } from './version.ts';

/** A fine-tuning as a tracked run: what decides its bytes, its curve, its figures, its card. `at`: epoch seconds. */
export function trackedTuning(version: TunedVersion, at: number): TrackedRun {
  const { tags, tuned } = version;
  return trackedRun(version, at, {
    name: `from ${tags.from} on ${tags.data}`,
    params: { from: tags.from ?? '', ...asText('recipe', tuned.recipe), ...asText('weight', tuned.weights) },
    curves: { loss: tuned.fitted.curve },
  });
}

/** A training from scratch as a tracked run, with the curve of each fold beside its own. `at`: epoch seconds. */
export function trackedTraining(version: TrainedVersion, at: number): TrackedRun {
  const { crossFitted, trained, weights, tags } = version;
  const folds = crossFitted.curves.map((curve, fold) => [`loss.fold${fold + 1}`, curve] as const);
  return trackedRun(version, at, {
    name: `from scratch on ${tags.data}`,
    params: { ...asText('recipe', crossFitted.recipe), ...asText('weight', weights) },
    curves: { ...Object.fromEntries(folds), loss: trained.fitted.curve },
  });
}

interface OwnPart {
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly curves: Readonly<Record<string, readonly Epoch[]>>;
}

function trackedRun(
  { name: model, files, tags, metrics }: NewVersion,
  at: number,
  { name, params, curves }: OwnPart,
): TrackedRun {
  const kept = [CARD_FILE, ORIGIN_FILE].flatMap((file) => {
    const bytes = files[file];
    return bytes ? [[file, bytes] as const] : [];
  });
  const { seed = '', code = '', data = '', feedback = '' } = tags;
  return {
    experiment: `${model}-training`,
    name,
    params: { ...{ seed, code, data_version: data, feedback }, ...params },
    metrics: [
      ...Object.entries(curves).flatMap(([key, curve]) =>
        curve.map(({ epoch, loss }) => ({ key, value: loss, step: epoch, at })),
      ),
      ...Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, at })),
    ],
    tags,
    files: Object.fromEntries(kept),
  };
}

const asText = (before: string, fields: object): Record<string, string> =>
  Object.fromEntries(
    Object.entries(fields).map(([field, value]) => [
      `${before}.${field}`,
      typeof value === 'object' ? JSON.stringify(value) : String(value),
    ]),
  );
