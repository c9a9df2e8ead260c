import type { Clock } from '../ports/telemetry/telemetry.ts';

/** Counts work, in epochs, over everything that is planned, and says how long the rest may take. */
export interface Progress {
  /** Announces work; what is planned later makes the estimate longer. */
  plan(cost: number): void;
  /** Counts work as done; with a line, tells it. */
  done(cost: number, line?: string): void;
  /** Seconds that so much work may take by what was measured so far; null before anything was. */
  secondsFor(cost: number): number | null;
}

/** Begins to count. */
export function progress({
  clock,
  report,
}: {
  readonly clock: Clock;
  readonly report: (line: string) => void;
}): Progress {
  let started: number | null = null;
  let planned = 0;
  let finished = 0;
  const secondsFor = (cost: number): number | null =>
    started === null || finished <= 0 ? null : ((clock.now() - started) / finished) * cost;
  return {
    plan(cost) {
      started ??= clock.now();
      planned += cost;
    },
    done(cost, line) {
      finished += cost;
      if (line === undefined) return;
      const minutes = (secondsFor(Math.max(0, planned - finished)) ?? 0) / 60;
      report(`${line}; about ${minutes.toFixed(1)} minutes left`);
    },
    secondsFor,
  };
}
