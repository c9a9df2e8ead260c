import { isUnavailable, reasonOf } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { ModelVersion } from '../ports/registry/registry.ts';
import type { ChampionNeeds } from './champions.ts';
import { fetchModel, modelNameOf } from './fetch-model.ts';
import type { LoadedVersions, Serving } from './loaded-versions.ts';
import { NO_WINDOWS, type RecentTally, recentTally, type Tally } from './tally.ts';
import { TRIP_BOUNDS } from './trip-wire.ts';

export interface LaneNeeds extends ChampionNeeds {
  readonly platform: Platform;
  readonly loaded: LoadedVersions;
}

/** One platform's versions at this moment: who serves, who challenges, who waits for a rollback. */
export interface Lane {
  champion: Serving;
  challenger: Serving | undefined;
  previous: Serving | undefined;
  proving: Proving | undefined;
  /** Windows of the champion, to judge the next one and canaries by. */
  recent: RecentTally;
  /** Windows of canaries since the challenger is there. */
  canary: RecentTally;
  readonly refusals: Map<Followed, Refusal>;
  tripped: Tripped | undefined;
  /** A challenger that was taken out and still has its alias. */
  withdrawn: Refusal | undefined;
}

export type Followed = 'champion' | 'challenger' | 'previous';

/** A version that has taken over, until it has proven itself. */
export interface Proving {
  readonly since: number; // epoch seconds
  readonly before: Tally;
  tally: Tally;
  /** False after a rollback: the way back is never barred. */
  readonly isJudged: boolean;
}

export interface Refusal {
  readonly version: string;
  readonly reason: string;
}

/** A version that was taken back. It is barred until the registry's champion is, or has been, another one. */
export interface Tripped extends Refusal {
  readonly registry: 'to-be-told' | 'cannot-follow' | 'moved-on';
}

/** Enough windows that a rate of one in a thousand shows; a stretch of them is a minute of 1,000 endpoints. */
const RECENT_WINDOWS = 4 * TRIP_BOUNDS.windows;
/** A second try tells a model that a scorer dies of from a scorer that died of something else. */
const LOAD_TRIES = 2;

/** A lane in which one version serves. */
export function laneOf(champion: Serving): Lane {
  return {
    champion,
    challenger: undefined,
    previous: undefined,
    proving: undefined,
    recent: recentTally(RECENT_WINDOWS),
    canary: recentTally(RECENT_WINDOWS),
    refusals: new Map(),
    tripped: undefined,
    withdrawn: undefined,
  };
}

/** Another challenger, or none, is there from now on. */
export function challengeBy(lane: Lane, challenger: Serving | undefined): void {
  lane.challenger = challenger;
  lane.canary = recentTally(RECENT_WINDOWS);
}

/** Lets a loaded version serve from the next batch on; the one before it stays loaded as `previous`. */
export function switchTo(needs: LaneNeeds, lane: Lane, next: Serving, isJudged: boolean): void {
  const { platform, telemetry, clock } = needs;
  const { champion: old, previous: gone } = lane;
  lane.previous = old;
  lane.champion = next;
  lane.proving = { since: clock.now(), before: lane.recent.total(), tally: NO_WINDOWS, isJudged };
  lane.recent = recentTally(RECENT_WINDOWS);
  release(needs, lane, gone);
  telemetry.metrics.count('model_swaps_total', { platform });
  telemetry.log.info('A new champion took over', { platform, from: old.version, to: next.version });
}

/** Unloads a version that has no part in the lane any more, once no batch is scored with it. */
export function release({ loaded, platform, telemetry }: LaneNeeds, lane: Lane, gone?: Serving): void {
  if (!gone || [lane.champion, lane.challenger, lane.previous].includes(gone)) return;
  loaded.drop(platform, gone.version).catch((thrown: unknown) =>
    telemetry.log.warn('A version could not be unloaded', {
      ...{ platform, version: gone.version, reason: reasonOf(thrown) },
    }),
  );
}

/**
 * A version as every scorer has it; nothing where it cannot be had, which is told once and kept as a refusal. Throws
 * unavailable while the registry does not give its files.
 */
export async function obtain(
  needs: LaneNeeds,
  lane: Lane,
  alias: Followed,
  wanted: ModelVersion,
): Promise<Serving | undefined> {
  const known = needs.loaded.get(needs.platform, wanted.version);
  if (known) return known;
  try {
    const files = await fetchModel(needs.registry, wanted);
    // what is unavailable here is a scorer or an engine, not the registry
    return await loadVersion(needs, wanted.version, files).catch((thrown: unknown) =>
      refuse(needs, lane, alias, { version: wanted.version, reason: reasonOf(thrown) }),
    );
  } catch (thrown) {
    if (isUnavailable(thrown)) throw thrown;
    return refuse(needs, lane, alias, { version: wanted.version, reason: reasonOf(thrown) });
  }
}

function refuse(
  { telemetry, platform }: LaneNeeds,
  lane: Lane,
  alias: Followed,
  refusal: Refusal,
): undefined {
  lane.refusals.set(alias, refusal);
  if (alias === 'champion') telemetry.metrics.count('models_refused_total', { platform });
  else telemetry.metrics.count('models_beside_refused_total', { platform, alias });
  telemetry.log.error(`The ${alias} could not be loaded; what serves goes on`, { platform, ...refusal });
}

/** Loads a version into every scorer. Throws what the first scorer refuses it with. */
export async function loadVersion(
  { platform, loaded, telemetry, featureSchema }: LaneNeeds,
  version: string,
  files: Readonly<Record<string, Buffer>>,
): Promise<Serving> {
  const schema = { featureSchema: featureSchema?.(platform) };
  const model = { platform, name: modelNameOf(platform), version, files, ...schema };
  for (let tries = 1; ; tries++) {
    try {
      const serving = await loaded.load(model);
      telemetry.metrics.gauge('model_info', 1, { platform, version, backend: serving.backend });
      telemetry.log.info('A model was loaded', { platform, ...serving });
      return serving;
    } catch (thrown) {
      if (!isUnavailable(thrown) || tries === LOAD_TRIES) throw thrown;
    }
  }
}
