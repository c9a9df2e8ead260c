import { reasonOf } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { ShadowReport } from '../contracts/shadow-report.ts';
import { addReports, addShadowReport } from '../ports/state/shadow-report.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { shareOf } from './canary.ts';
import type { Champions } from './champions.ts';
import type { ScoredWindow } from './messages.ts';
import type { Pool } from './pool.ts';
import { compareScores, emptyReport, type Pair } from './shadow.ts';

/** A batch whose results are published. */
export interface Published {
  readonly platform: Platform;
  readonly batchId: string;
  readonly bytes: Uint8Array;
  readonly windows: readonly ScoredWindow[]; // of all graphs, in their order
}

/** Has challengers score what champions have scored, for comparison only. */
export interface ShadowScoring {
  /** Returns at once; the batch is scored when it is sampled and a scorer has nothing to do. */
  offer(batch: Published): void;
  /** Waits for what is under way and stores what was seen. */
  close(): Promise<void>;
}

interface ShadowNeeds {
  readonly pool: Pool;
  readonly models: Champions;
  readonly state: State;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly share: number; // of batches, 0 to 1
}

/** A batch that comes meanwhile waits for so many graphs at most: about 20 ms on one core. */
const GRAPHS = 64;
/** What a killed process had seen and not yet stored is lost: figures of so many milliseconds. */
const STORE_MS = 5000;

/** Scores one batch at a time; results never leave this process but as figures in the state store. */
export function shadowScoring(needs: ShadowNeeds): ShadowScoring {
  const { pool, models, telemetry, clock, share } = needs;
  const seen = new Map<string, ShadowReport>();
  let running: Promise<void> | undefined;

  const take = (report: ShadowReport): void => {
    const key = `${report.platform}:${report.champion}:${report.challenger}`;
    const known = seen.get(key);
    seen.set(key, known ? addReports(known, report) : report);
  };

  const scoreBeside = async (pair: Pair, { platform, bytes, windows }: Published): Promise<void> => {
    const own = windows.flatMap((one, place) => (one.model_version === pair.champion ? [place] : []));
    const only = own.slice(0, GRAPHS);
    if (only.length === 0) return;
    const at = clock.now();
    try {
      const request = { platform, version: pair.challenger, bytes, from: 0, to: only.length, only };
      const theirs = await models.hold(platform, pair.challenger, () =>
        pool.score({ ...request, plain: true }),
      );
      const report = compareScores(
        pair,
        only.flatMap((place) => windows[place] ?? []),
        theirs,
        at,
      );
      countOutcomes(telemetry, report);
      take(report);
    } catch (thrown) {
      telemetry.metrics.count('shadow_windows_total', { platform, outcome: 'failed' }, only.length);
      telemetry.log.warn('The challenger could not score beside the champion', {
        ...{ platform, version: pair.challenger, reason: reasonOf(thrown) },
      });
      take({ ...emptyReport(pair, at), failed: only.length });
    }
  };

  const store = async (): Promise<void> => {
    for (const [key, report] of [...seen]) {
      seen.delete(key);
      try {
        const sum = await addShadowReport(needs.state, report);
        const { platform, difference_sum, windows } = sum;
        telemetry.metrics.gauge('shadow_mean_difference', difference_sum / Math.max(1, windows), {
          platform,
        });
      } catch (thrown) {
        take(report); // with the next
        telemetry.log.warn('What a challenger was like could not be stored', { reason: reasonOf(thrown) });
      }
    }
  };

  let storing: Promise<void> = Promise.resolve();
  let callOff: () => void = () => undefined;
  const storeLater = (): void => {
    callOff = clock.after(STORE_MS, () => {
      storing = store().then(storeLater);
    });
  };
  if (share > 0) storeLater();

  return {
    offer(batch) {
      const { platform, batchId, windows } = batch;
      const challenger = models.challengers()[platform];
      const champion = models.all()[platform];
      if (!challenger || shareOf(batchId) >= share) return;
      const pair = { platform, champion: champion.version, challenger: challenger.version };
      if (running || !pool.isIdle()) {
        const skipped = Math.min(GRAPHS, windows.length);
        telemetry.metrics.count('shadow_windows_total', { platform, outcome: 'skipped' }, skipped);
        take({ ...emptyReport(pair, clock.now()), skipped });
        return;
      }
      running = scoreBeside(pair, batch).finally(() => {
        running = undefined;
      });
    },
    async close() {
      await running;
      callOff();
      await storing;
      callOff();
      await store();
    },
  };
}

function countOutcomes({ metrics }: Telemetry, { platform, windows, failed, at_alert }: ShadowReport): void {
  const { both, champion, challenger } = at_alert;
  const neither = windows - both - champion - challenger;
  const outcomes = { both, champion, challenger, neither, failed };
  for (const [outcome, count] of Object.entries(outcomes))
    if (count > 0) metrics.count('shadow_windows_total', { platform, outcome }, count);
}
