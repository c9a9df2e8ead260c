import { isUnavailable, LogsterError, reasonOf } from '../contracts/errors.ts';
import { rollBack } from '../ports/registry/promotion.ts';
import type { ModelVersion } from '../ports/registry/registry.ts';
import { judgeCanary, takeOutCanary, tellOfCanary } from './canary-watch.ts';
import type { Plan } from './champions.ts';
import { modelNameOf } from './fetch-model.ts';
import {
  challengeBy,
  type Lane,
  type LaneNeeds,
  laneOf,
  loadVersion,
  obtain,
  release,
  switchTo,
} from './lane.ts';
import type { Serving } from './loaded-versions.ts';
import type { ScoredWindow } from './messages.ts';
import { addTallies, NO_WINDOWS, tallyOf } from './tally.ts';
import { TRIP_BOUNDS, type Trip, tripOf } from './trip-wire.ts';

/** Swaps one platform's versions while batches are scored. */
export interface HotSwap {
  plan(): Plan;
  previous(): string | undefined;
  saw(windows: readonly ScoredWindow[], rescued: number): void;
  refused(): readonly string[];
  tripped(): string | undefined;
  /** One look at the registry's aliases. Throws when the registry does not answer; the next look goes on from there. */
  look(): Promise<void>;
  /** Waits for what is under way. */
  close(): Promise<void>;
}

/**
 * Follows one platform's aliases. A new champion is loaded beside the old one and takes over between two batches; the
 * old one stays loaded until the new one has proven itself, so that the way back takes one look at the registry, or
 * none when the trip-wires find the new one broken.
 */
export async function hotSwap(
  needs: LaneNeeds,
  first: ModelVersion,
  files: Readonly<Record<string, Buffer>>,
): Promise<HotSwap> {
  const { platform, telemetry } = needs;
  const lane = laneOf(await loadVersion(needs, first.version, files));
  await loadPrevious(needs, lane);
  let turn: Promise<void> = Promise.resolve();
  /** What concerns the registry is done one after another. */
  const inTurn = (run: () => Promise<void>): Promise<void> => {
    const result = turn.then(run);
    turn = result.catch(() => undefined); // whoever asked hears of it
    return result;
  };
  return {
    plan: () => ({
      champion: lane.champion,
      challenger: lane.challenger === lane.champion ? undefined : lane.challenger,
    }),
    previous: () => lane.previous?.version,
    refused: () => [...lane.refusals.values()].map((one) => `${platform}@${one.version}: ${one.reason}`),
    tripped: () => lane.tripped && `${platform}@${lane.tripped.version}: ${lane.tripped.reason}`,
    saw(windows, rescued) {
      const trip = judge(lane, windows);
      const canaryTrip = judgeCanary(lane, windows, rescued);
      const back = trip && lane.previous;
      if (back) takeBack(needs, lane, back, trip);
      if (canaryTrip) takeOutCanary(needs, lane, canaryTrip);
      if (!back && !canaryTrip) return;
      inTurn(() => tellRegistry(needs, lane)).catch((thrown: unknown) =>
        telemetry.log.warn('The registry did not answer', { platform, reason: reasonOf(thrown) }),
      );
    },
    look: () =>
      inTurn(async () => {
        await tellRegistry(needs, lane);
        await followChampion(needs, lane);
        await followChallenger(needs, lane);
        retireProven(needs, lane);
      }),
    close: () => turn,
  };
}

/**
 * After a start the version that served before is there too for a while: a rollback needs no loading, and batches that
 * it scored before a crash are scored by it again.
 */
async function loadPrevious(needs: LaneNeeds, lane: Lane): Promise<void> {
  const { registry, platform, clock, telemetry, provingMs } = needs;
  if (provingMs === 0) return;
  try {
    const before = await registry.alias(modelNameOf(platform), 'previous');
    if (!before || before.version === lane.champion.version) return;
    lane.previous = await obtain(needs, lane, 'previous', before);
    lane.proving = { since: clock.now(), before: NO_WINDOWS, tally: NO_WINDOWS, isJudged: false };
  } catch (thrown) {
    if (!isUnavailable(thrown)) throw thrown;
    telemetry.log.warn('The version that served before could not be fetched', {
      ...{ platform, reason: thrown.message },
    });
  }
}

async function followChampion(needs: LaneNeeds, lane: Lane): Promise<void> {
  const wanted = await needs.registry.alias(modelNameOf(needs.platform), 'champion');
  if (!wanted) return;
  const { refusals, tripped } = lane;
  if (refusals.get('champion')?.version !== wanted.version) refusals.delete('champion');
  if (tripped && tripped.version !== wanted.version) lane.tripped = { ...tripped, registry: 'moved-on' };
  if (wanted.version === lane.champion.version || refusals.has('champion')) return;
  if (tripped?.version === wanted.version && tripped.registry !== 'moved-on') return;
  const next = await obtain(needs, lane, 'champion', wanted);
  if (!next) return;
  // the version that served before was judged in its time, unless it was found broken
  const isJudged = next !== lane.previous || tripped?.version === next.version;
  lane.tripped = undefined;
  switchTo(needs, lane, next, isJudged);
}

async function followChallenger(needs: LaneNeeds, lane: Lane): Promise<void> {
  const { registry, platform, challenged } = needs;
  const wanted = challenged ? await registry.alias(modelNameOf(platform), 'challenger') : undefined;
  const { refusals, challenger: gone } = lane;
  if (refusals.get('challenger')?.version !== wanted?.version) refusals.delete('challenger');
  if (wanted?.version === gone?.version || refusals.has('challenger')) return;
  challengeBy(lane, wanted && (await obtain(needs, lane, 'challenger', wanted)));
  release(needs, lane, gone);
}

/** Unloads the version before a champion that has proven itself. */
function retireProven(needs: LaneNeeds, lane: Lane): void {
  const { proving, previous: gone } = lane;
  if (!proving || needs.clock.now() - proving.since < needs.provingMs / 1000) return;
  if (proving.isJudged && proving.tally.windows < TRIP_BOUNDS.windows) return;
  lane.proving = undefined;
  lane.previous = undefined;
  release(needs, lane, gone);
}

/** Takes the champion's windows into its tallies; says why it must go, when it must. */
function judge(lane: Lane, windows: readonly ScoredWindow[]): Trip | undefined {
  const tally = tallyOf(windows.filter((one) => one.model_version === lane.champion.version));
  lane.recent.add(tally);
  const { proving } = lane;
  if (!proving) return undefined;
  proving.tally = addTallies(proving.tally, tally);
  return proving.isJudged ? tripOf(proving.before, proving.tally) : undefined;
}

function takeBack(needs: LaneNeeds, lane: Lane, back: Serving, { reason, numbers }: Trip): void {
  const { platform, telemetry } = needs;
  const { version } = lane.champion;
  lane.tripped = { version, reason: numbers, registry: 'to-be-told' };
  telemetry.metrics.count('trip_wire_total', { platform, reason });
  telemetry.log.error('A champion tripped a wire and was taken back', {
    ...{ platform, version, to: back.version, reason, numbers },
  });
  switchTo(needs, lane, back, false);
}

/** Tells the registry what this process found. Of all that saw the fault one does it; the others find it done. */
async function tellRegistry(needs: LaneNeeds, lane: Lane): Promise<void> {
  await moveBack(needs, lane); // first: it is what serves
  await tellOfCanary(needs, lane);
}

/** Moves the registry's champion back too. */
async function moveBack({ registry, platform, clock, telemetry }: LaneNeeds, lane: Lane): Promise<void> {
  const { tripped } = lane;
  if (tripped?.registry !== 'to-be-told') return;
  const signed = { at: clock.now(), by: 'trip-wire', why: tripped.reason };
  try {
    await rollBack(registry, modelNameOf(platform), signed, tripped.version);
    lane.tripped = { ...tripped, registry: 'moved-on' };
  } catch (thrown) {
    if (!(thrown instanceof LogsterError && thrown.code === 'not-found')) throw thrown;
    lane.tripped = { ...tripped, registry: 'cannot-follow' };
    telemetry.log.error('The registry knows no version to go back to; the one that served before goes on', {
      ...{ platform, refused: tripped.version, reason: thrown.message },
    });
  }
}
