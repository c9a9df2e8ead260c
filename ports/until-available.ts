import { isUnavailable } from '../contracts/errors.ts';
import type { Clock, Telemetry } from './telemetry/telemetry.ts';

const PAUSE_MS = { first: 200, most: 5_000 };

export interface Waiting {
  readonly what: string; // for people: "documents", "the registry"
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** True once nobody waits any more: then the failure is thrown. */
  readonly isOver?: () => boolean;
}

/**
 * Runs again, with growing pauses, while a backing service is away, so that an outage costs time and nothing else. What
 * is run must be harmless to repeat. Any other failure is thrown.
 */
export async function untilAvailable<T>(
  { what, telemetry, clock, isOver }: Waiting,
  run: () => Promise<T>,
): Promise<T> {
  for (let failures = 0; ; failures += 1) {
    try {
      const result = await run();
      if (failures > 0) telemetry.log.info('A service answers again', { service: what, tries: failures + 1 });
      return result;
    } catch (thrown) {
      if (!isUnavailable(thrown) || isOver?.()) throw thrown;
      telemetry.metrics.count('service_waits_total', { service: what });
      if (failures === 0)
        telemetry.log.warn('A service is away; work waits for it', { service: what, reason: thrown.message });
      const ms = Math.min(PAUSE_MS.most, PAUSE_MS.first * 2 ** failures);
      await new Promise<void>((resolve) => clock.after(ms, resolve));
    }
  }
}
