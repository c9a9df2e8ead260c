import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../contracts/event.ts';
import type { Registry } from '../ports/registry/registry.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { untilAvailable } from '../ports/until-available.ts';
import { championOf, fetchModel } from './fetch-model.ts';
import { type HotSwap, hotSwap } from './hot-swap.ts';
import { type LoadedVersions, loadedVersions, type Serving } from './loaded-versions.ts';
import type { ScoredWindow } from './messages.ts';
import type { Pool } from './pool.ts';

export { modelNameOf } from './fetch-model.ts';

/** Versions that a batch is scored with. */
export interface Plan {
  readonly champion: Serving;
  readonly challenger?: Serving | undefined;
}

/** The versions of a plan as they are remembered of a batch. */
export interface PlanVersions {
  readonly champion: string;
  readonly challenger?: string | undefined;
}

/** Which versions serve each platform, kept in step with the registry's `champion` and `challenger`. */
export interface Champions {
  /**
   * Runs with the versions that serve at this moment, or with those `before` where both are still loaded; none of them
   * is unloaded meanwhile.
   */
  use<T>(platform: Platform, before: PlanVersions | undefined, run: (plan: Plan) => Promise<T>): Promise<T>;
  /** Keeps one version loaded for as long as `run` takes. Throws not-found when it is not loaded. */
  hold<T>(platform: Platform, version: string, run: () => Promise<T>): Promise<T>;
  /**
   * Tells what was published, which a version that has just taken over is judged by, and a challenger by its canaries:
   * `rescued` of them it could not score and the champion could.
   */
  saw(platform: Platform, windows: readonly ScoredWindow[], rescued: number): void;
  all(): Readonly<Record<Platform, Serving>>;
  challengers(): Readonly<Partial<Record<Platform, Serving>>>;
  /** Versions that stay loaded for a rollback. */
  previous(): Readonly<Partial<Record<Platform, string>>>;
  /** Why the registry's champion or challenger does not serve, per platform; empty when they do. */
  refused(): readonly string[];
  /** Which champions were taken back by themselves and why, until another takes over. */
  tripped(): readonly string[];
  close(): Promise<void>;
}

export interface ChampionNeeds {
  readonly registry: Registry;
  readonly pool: Pool;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly pollMs: number;
  /** How long a version that has taken over is watched and the one before it stays loaded. */
  readonly provingMs: number;
  /** Whether anybody scores with challengers: else none is loaded. */
  readonly challenged: boolean;
  /** Hash of the feature table that windows are made with, per platform. */
  readonly featureSchema?: ((platform: Platform) => string) | undefined;
}

/** Loads both champions, then follows the aliases. A version that cannot be loaded never serves. */
export async function champions(needs: ChampionNeeds): Promise<Champions> {
  const loaded = loadedVersions(needs.pool);
  const lanes = new Map<Platform, HotSwap>();
  for (const platform of PLATFORMS) {
    const { champion, files } = await untilAvailable({ what: 'registry', ...needs }, async () => {
      const found = await championOf(needs.registry, platform);
      return { champion: found, files: await fetchModel(needs.registry, found) };
    });
    lanes.set(platform, await hotSwap({ ...needs, loaded, platform }, champion, files));
  }
  const stop = lookRegularly(needs, [...lanes.values()]);

  const laneOf = (platform: Platform): HotSwap => {
    const lane = lanes.get(platform);
    if (lane) return lane;
    throw new LogsterError('not-found', `No model serves ${platform}`);
  };
  const each = <T>(read: (lane: HotSwap) => T | undefined): Partial<Record<Platform, T>> =>
    Object.fromEntries(
      [...lanes].flatMap(([platform, lane]) => {
        const value = read(lane);
        return value === undefined ? [] : [[platform, value]];
      }),
    );
  return {
    use(platform, before, run) {
      const again = planOf(loaded, platform, before);
      if (before && !again) needs.telemetry.metrics.count('batches_rescored_total', { platform });
      const plan = again ?? laneOf(platform).plan();
      const versions = [plan.champion, plan.challenger].flatMap((one) => one?.version ?? []);
      return loaded.using(platform, versions, () => run(plan));
    },
    hold: (platform, version, run) => loaded.using(platform, [version], run),
    saw: (platform, windows, rescued) => laneOf(platform).saw(windows, rescued),
    all: () => ({ windows: laneOf('windows').plan().champion, linux: laneOf('linux').plan().champion }),
    challengers: () => each((lane) => lane.plan().challenger),
    previous: () => each((lane) => lane.previous()),
    refused: () => [...lanes.values()].flatMap((lane) => lane.refused()),
    tripped: () => [...lanes.values()].flatMap((lane) => lane.tripped() ?? []),
    close: stop,
  };
}

/** The plan of a batch that was scored before, as far as its versions are still loaded. */
function planOf(
  loaded: LoadedVersions,
  platform: Platform,
  before: PlanVersions | undefined,
): Plan | undefined {
  if (!before) return undefined;
  const champion = loaded.get(platform, before.champion);
  const challenger = before.challenger === undefined ? undefined : loaded.get(platform, before.challenger);
  if (!champion || (before.challenger !== undefined && !challenger)) return undefined;
  return { champion, challenger };
}

/** Has every lane look at the registry again and again; what it answers ends that and waits for the last look. */
function lookRegularly(
  { clock, pollMs, telemetry }: ChampionNeeds,
  lanes: readonly HotSwap[],
): () => Promise<void> {
  let looking: Promise<void> = Promise.resolve();
  let callOff: () => void = () => undefined;
  const later = (): void => {
    callOff = clock.after(pollMs, () => {
      looking = Promise.all(lanes.map((lane) => lane.look()))
        .then(
          () => undefined,
          (thrown: unknown) =>
            telemetry.log.warn('The registry did not answer', { reason: reasonOf(thrown) }),
        )
        .then(later);
    });
  };
  later();
  return async () => {
    callOff();
    await looking;
    callOff();
    await Promise.all(lanes.map((lane) => lane.close()));
  };
}
