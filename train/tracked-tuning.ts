import type { TrackedRun } from '../ports/registry/tracking.ts';
import { ORIGIN_FILE, type TunedVersion } from './tuned-version.ts';
import { CARD_FILE } from './version.ts';

/** A fine-tuning as a tracked run: what decides its bytes, its curve, its figures, its card. `at`: epoch seconds. */
export function trackedTuning({ name, files, tags, metrics, tuned }: TunedVersion, at: number): TrackedRun {
  const { recipe, weights } = tuned;
  const kept = [CARD_FILE, ORIGIN_FILE].flatMap((file) => {
    const bytes = files[file];
    return bytes ? [[file, bytes] as const] : [];
  });
  const { seed = '', from = '', code = '', data = '', feedback = '' } = tags;
  return {
    experiment: `${name}-training`,
    name: `from ${from} on ${data}`,
    params: {
      ...{ seed, from, code, data_version: data, feedback },
      ...asText('recipe', recipe),
      ...asText('weight', weights),
    },
    metrics: [
      ...tuned.fitted.curve.map(({ epoch, loss }) => ({ key: 'loss', value: loss, step: epoch, at })),
      ...Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, at })),
    ],
    tags,
    files: Object.fromEntries(kept),
  };
}

const asText = (before: string, fields: object): Record<string, string> =>
  Object.fromEntries(Object.entries(fields).map(([field, value]) => [`${before}.${field}`, String(value)]));
