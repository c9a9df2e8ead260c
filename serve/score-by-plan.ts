import { reasonOf } from '../contracts/errors.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import type { Telemetry } from '../ports/telemetry/telemetry.ts';
import { type CanarySettings, canaryPlaces, hasCanaries } from './canary.ts';
import type { Plan } from './champions.ts';
import type { Serving } from './loaded-versions.ts';
import type { ScoredWindow } from './messages.ts';

/** Scores the graphs at these places of a batch, or all of them, with one version. */
export type ScoreBy = (serving: Serving, only?: readonly number[]) => Promise<readonly ScoredWindow[]>;

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
): Promise<readonly ScoredWindow[]> {
  if (!challenger || !hasCanaries(canary)) return scoreBy(champion);
  const batch = decodeBatch(bytes);
  const canaries = canaryPlaces(batch, canary);
  if (canaries.length === 0) return scoreBy(champion);
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
  if (failed.length > 0) {
    telemetry.metrics.count('canary_fallbacks_total', { platform: batch.platform }, failed.length);
    const rescued = await scoreBy(champion, failed);
    failed.forEach((place, index) => void (rescued[index] && byPlace.set(place, rescued[index])));
  }
  return [...batch.graphs.keys()].flatMap((place) => byPlace.get(place) ?? []);
}
