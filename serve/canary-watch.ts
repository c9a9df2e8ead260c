import { withdrawChallenger } from '../ports/registry/promotion.ts';
import { modelNameOf } from './fetch-model.ts';
import { type Lane, type LaneNeeds, release } from './lane.ts';
import type { ScoredWindow } from './messages.ts';
import { addTallies, NO_WINDOWS, tallyOf } from './tally.ts';
import { TRIP_BOUNDS, type Trip, type TripBounds, tripOf } from './trip-wire.ts';

/** Canaries are other endpoints than those they are compared with: that their scores lie elsewhere is no fault. */
const CANARY_BOUNDS: TripBounds = { ...TRIP_BOUNDS, stabilityIndex: Number.POSITIVE_INFINITY };

/**
 * Takes the windows that the challenger answered for, and those that it could not score and the champion could, into
 * its tally; says why it must go, when it must. It is compared with what the champion gave the others of late.
 */
export function judgeCanary(
  { champion, challenger, canary, recent }: Lane,
  windows: readonly ScoredWindow[],
  rescued: number,
): Trip | undefined {
  if (!challenger || challenger === champion) return undefined;
  const own = tallyOf(windows.filter((one) => one.model_version === challenger.version));
  canary.add(addTallies(own, { ...NO_WINDOWS, windows: rescued, errors: rescued }));
  return tripOf(recent.total(), canary.total(), CANARY_BOUNDS);
}

/** The champion answers for canaries too from the next batch on; the registry is to be told. */
export function takeOutCanary(needs: LaneNeeds, lane: Lane, { reason, numbers }: Trip): void {
  const { platform, telemetry } = needs;
  const gone = lane.challenger;
  if (!gone) return;
  const { version } = gone;
  lane.refusals.set('challenger', { version, reason: numbers });
  lane.withdrawn = { version, reason: numbers };
  lane.challenger = undefined;
  release(needs, lane, gone);
  telemetry.metrics.count('trip_wire_total', { platform, reason });
  telemetry.log.error('A canary tripped a wire and was taken out', { platform, version, reason, numbers });
}

/** Takes the alias from a challenger that was taken out, so that no process asks it again. */
export async function tellOfCanary({ registry, platform, clock }: LaneNeeds, lane: Lane): Promise<void> {
  const { withdrawn } = lane;
  if (!withdrawn) return;
  const signed = { at: clock.now(), by: 'trip-wire', why: withdrawn.reason };
  await withdrawChallenger(registry, { name: modelNameOf(platform), version: withdrawn.version }, signed);
  lane.withdrawn = undefined;
}
