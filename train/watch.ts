import { z } from 'zod';
import { reasonOf } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock, Log } from '../ports/telemetry/telemetry.ts';
import { takeLock } from './training-lock.ts';

/** When to train again; each alone is enough. */
export interface Triggers {
  readonly hours: number | null; // since the last training
  readonly verdicts: number; // since the last training
  readonly drift: number | null; // population stability index
}

/** What a watch needs. */
export interface WatchNeeds {
  readonly platform: Platform;
  readonly triggers: Triggers;
  readonly state: Pick<State, 'get' | 'set' | 'getVersioned' | 'compareAndSet'>;
  readonly clock: Clock;
  readonly log: Log;
  readonly owner: string; // names this process in the lock
  /** Verdicts on the platform that were given after a time, epoch seconds. */
  readonly verdictsSince: (at: number) => Promise<number>;
  /** The platform's population stability index; null: not known. */
  readonly driftOf: (platform: Platform) => Promise<number | null>;
  /** Trains and registers, calling `mayRegister` in between, which throws when another may be training too. */
  readonly train: (mayRegister: () => Promise<void>) => Promise<string>;
}

/** What one look found. */
export type Look =
  | { readonly kind: 'not-due' }
  | { readonly kind: 'busy' } // another process trains
  | { readonly kind: 'trained'; readonly version: string; readonly why: string };

/** Between two looks: verdicts gather by the hour, not by the second. */
export const LOOK_EVERY_MS = 60_000;

/** After a training that failed, so that one that cannot succeed does not take the machine. */
const AFTER_FAILURE_MS = 15 * 60_000;

/** When was trained, or the watch began, and from when on verdicts count for the next training; epoch seconds. */
const lastSchema = z.object({ at: z.number(), verdictsFrom: z.number(), version: z.string().nullable() });

/** Looks once, and trains when it is time and nobody else does. Throws what training throws. */
export async function lookOnce(needs: WatchNeeds): Promise<Look> {
  if ((await dueReason(needs)) === null) return { kind: 'not-due' };
  const lock = await takeLock(needs.state, needs.owner, needs.clock);
  if (!lock) return { kind: 'busy' };
  try {
    const why = await dueReason(needs); // the one before us may have trained on the same verdicts
    if (why === null) return { kind: 'not-due' };
    const begun = needs.clock.now(); // verdicts that come while it trains count for the next time
    needs.log.info('began training', { platform: needs.platform, why });
    const version = await needs.train(() => lock.check());
    await remember(needs, { at: begun, verdictsFrom: begun, version });
    needs.log.info('trained a challenger', { platform: needs.platform, version, why });
    return { kind: 'trained', version, why };
  } finally {
    await lock.release();
  }
}

/** Looks again and again until the signal; a training that failed is logged and tried again later. */
export async function watch(needs: WatchNeeds, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    let pause = LOOK_EVERY_MS;
    try {
      const { kind } = await lookOnce(needs);
      if (kind === 'busy') needs.log.debug('waited for another training', { platform: needs.platform });
    } catch (cause) {
      needs.log.error('could not train', { platform: needs.platform, reason: reasonOf(cause) });
      pause = AFTER_FAILURE_MS;
    }
    await paused(needs.clock, pause, signal);
  }
}

/** Why it is time to train, or null. The first look of all begins the hours; verdicts from before it count too. */
async function dueReason(needs: WatchNeeds): Promise<string | null> {
  const { platform, triggers, clock } = needs;
  const last = await lastOf(needs);
  const verdicts = await needs.verdictsSince(last?.verdictsFrom ?? 0);
  if (verdicts >= triggers.verdicts) return `${verdicts} new verdicts`;
  if (!last) {
    await remember(needs, { at: clock.now(), verdictsFrom: 0, version: null });
    return null;
  }
  const hours = (clock.now() - last.at) / 3600;
  if (triggers.hours !== null && hours >= triggers.hours)
    return `${hours.toFixed(1)} hours since the last one`;
  if (triggers.drift === null) return null;
  const drift = await needs.driftOf(platform);
  return drift !== null && drift >= triggers.drift ? `drift of ${drift.toFixed(2)}` : null;
}

const keyOf = (platform: Platform): string => `training/last/${platform}`;

async function lastOf({ state, platform }: WatchNeeds): Promise<z.infer<typeof lastSchema> | undefined> {
  const kept = await state.get(keyOf(platform));
  return kept && lastSchema.parse(JSON.parse(kept.toString('utf8')));
}

async function remember({ state, platform }: WatchNeeds, last: z.infer<typeof lastSchema>): Promise<void> {
  await state.set(keyOf(platform), Buffer.from(JSON.stringify(last)));
}

/** Waits so long, or until the signal. */
function paused(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const end = (): void => {
      callOff();
      signal.removeEventListener('abort', end);
      resolve();
    };
    const callOff = clock.after(ms, end);
    signal.addEventListener('abort', end);
  });
}
