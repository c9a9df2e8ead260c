import { reasonOf } from '../contracts/errors.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import type { Telemetry } from '../ports/telemetry/telemetry.ts';
import { type CanarySettings, canaryPlaces, hasCanaries } from './canary.ts';
import type { Plan } from './champions.ts';
import type { Serving } from './loaded-versions.ts';
import type { ScoredWindow } from './messages.ts';

/** Scores the graphs at these places of a batch, or all of them, with one version. */
export type ScoreBy = (serving: Serving, only?: readonly number[]) => Promise<readonly ScoredWindow[]>;

/** A batch's results in its order, and of how many the challenger's failed where the champion's did not. */
export interface ScoredByPlan {
  readonly windows: readonly ScoredWindow[];
  readonly rescued: number;
}

interface Scoring {
  readonly canary: CanarySettings;
  readonly telemetry: Telemetry;
  readonly scoreBy: ScoreBy;
}

/**
 * Scores a batch: the windows of canaries by the challenger, every other by the champion, in the order of the batch.
 * What the challenger cannot score the champion scores at once.
 */
export async function scoreByPlan(
  { champion, challenger }: Plan,
  bytes: Buffer,
  { canary, telemetry, scoreBy }: Scoring,
): Promise<ScoredByPlan> {
  const alone = async (): Promise<ScoredByPlan> => ({ windows: await scoreBy(champion), rescued: 0 });
  if (!challenger || !hasCanaries(canary)) return alone();
  const batch = decodeBatch(bytes);
  const canaries = canaryPlaces(batch, canary);
  if (canaries.length === 0) return alone();
  const isCanary = new Set(canaries);
  const others = [...batch.graphs.keys()].filter((place) => !isCanary.has(place));
  const [ours, theirs] = await Promise.all([
    others.length > 0 ? scoreBy(champion, others) : [],
    scoreBy(challenger, canaries).catch((thrown: unknown) => {
      const { platform } = batch;
      telemetry.log.warn('The challenger could not score; the champion does', {
        ...{ platform, version: challenger.version, reason: reasonOf(thrown) },
      });
      return [];
    }),
  ]);
  const byPlace = new Map<number, ScoredWindow>();
  others.forEach((place, index) => void (ours[index] && byPlace.set(place, ours[index])));
  const failed: number[] = [];
  canaries.forEach((place, index) => {
    const own = theirs[index];
    if (own && own.prediction !== 'error') byPlace.set(place, own);
    else failed.push(place);
  });
  let rescued: readonly ScoredWindow[] = [];
  if (failed.length > 0) {
    telemetry.metrics.count('canary_fallbacks_total', { platform: batch.platform }, failed.length);
    rescued = await scoreBy(champion, failed);
    failed.forEach((place, index) => void (rescued[index] && byPlace.set(place, rescued[index])));
  }
  return {
    windows: [...batch.graphs.keys()].flatMap((place) => byPlace.get(place) ?? []),
    rescued: rescued.filter((one) => one.prediction !== 'error').length,
  };
}
