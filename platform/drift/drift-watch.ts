import { type Drift, driftSchema } from '../../contracts/drift.ts';
import { reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { State } from '../../ports/state/state.ts';
import type { Clock, Telemetry } from '../../ports/telemetry/telemetry.ts';
import { type DriftSources, measureDrift } from './measure-drift.ts';

export interface DriftWatchNeeds extends DriftSources {
  readonly state: State;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
}

export interface DriftWatch {
  /** Ends when what is being measured is. */
  close(): Promise<void>;
}

const LOOK_EVERY_MS = 60_000;
const MEASURE_EVERY_SECONDS = 3600;
/** A replica that was killed while it measured holds the others up for so long. */
const TURN_SECONDS = 600;
/** What nobody measured anew for two days is not shown as if it were of today. */
const TTL_SECONDS = 2 * 86_400;
const DAYS = 7;
const DAY_SECONDS = 86_400;

const keyOf = (platform: Platform): string => `drift:${platform}`;

/** The drift that was measured last, or nothing. */
export async function storedDrift(state: State, platform: Platform): Promise<Drift | undefined> {
  const bytes = await state.get(keyOf(platform));
  return bytes && driftSchema.parse(JSON.parse(bytes.toString('utf8')));
}

/**
 * Measures each platform's drift of the last seven days once an hour, whichever replica comes first, and gauges what
 * was measured in all of them. A store that does not answer costs a turn.
 */
export function watchDrift(needs: DriftWatchNeeds): DriftWatch {
  const { clock, telemetry } = needs;
  let closed = false;
  let callOff: () => void = () => undefined;
  const look = async (): Promise<void> => {
    for (const platform of PLATFORMS) {
      if (closed) return;
      try {
        const drift = await upToDate(platform, needs);
        if (drift) gaugeDrift(telemetry, drift);
      } catch (thrown) {
        telemetry.metrics.count('drift_failures_total', { platform });
        telemetry.log.warn('Drift could not be measured', { platform, reason: reasonOf(thrown) });
      }
    }
    if (!closed) callOff = clock.after(LOOK_EVERY_MS, again);
  };
  let looking = Promise.resolve();
  const again = (): void => {
    looking = look();
  };
  again();
  return {
    async close() {
      closed = true;
      callOff();
      await looking;
    },
  };
}

async function upToDate(platform: Platform, needs: DriftWatchNeeds): Promise<Drift | undefined> {
  const { state, clock } = needs;
  const known = await storedDrift(state, platform);
  const now = clock.now();
  if (known && now - known.at < MEASURE_EVERY_SECONDS) return known;
  const turn = `${keyOf(platform)}:turn`;
  if (!(await state.compareAndSet(turn, 0, Buffer.from('1'), TURN_SECONDS))) return known;
  try {
    const drift = await measureDrift(platform, needs, { from: now - DAYS * DAY_SECONDS, until: now });
    await state.set(keyOf(platform), Buffer.from(JSON.stringify(drift)), TTL_SECONDS);
    return drift;
  } finally {
    await state.delete(turn);
  }
}

/** What cannot be told is NaN: a rule compares with it in vain, and an earlier value does not stay. */
function gaugeDrift({ metrics }: Telemetry, { platform, shifts, precision, windows }: Drift): void {
  const { features, window } = shifts ?? {};
  const score = shifts?.score?.comparable ? shifts.score : null;
  for (const [of, shift] of Object.entries({ features, window, score }))
    metrics.gauge('drift_psi', shift?.excess ?? Number.NaN, { platform, of });
  metrics.gauge('drift_windows', windows, { platform });
  metrics.gauge('unseen_feature_rate', shifts?.unseen.nodes ?? Number.NaN, { platform });
  const recent = precision.weeks.slice(-PRECISION_WEEKS);
  const sum = (pick: 'judged' | 'right') => recent.reduce((all, week) => all + week[pick], 0);
  metrics.gauge('verdict_precision', sum('judged') === 0 ? Number.NaN : sum('right') / sum('judged'), {
    platform,
  });
  metrics.gauge('verdicts_judged', sum('judged'), { platform });
}

/** Weeks with verdicts that the precision of operators is of. */
const PRECISION_WEEKS = 4;
