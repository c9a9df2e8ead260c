/** A stretch of event time, epoch seconds; `to` is exclusive and absent where the stretch is open. */
export interface TimeRange {
  readonly from: number;
  readonly to?: number;
}

const UNIT_SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 };

/**
 * A moment as people write it: `now`, `now-30m` (s, m, h, d, w), epoch seconds, or an ISO 8601 date. Epoch
 * seconds; undefined for anything else.
 */
export function momentOf(text: string, now: number): number | undefined {
  const relative = /^now(?:-(\d{1,6})([smhdw]))?$/.exec(text);
  if (relative) return now - Number(relative[1] ?? 0) * (UNIT_SECONDS[relative[2] ?? 's'] ?? 0);
  if (/^\d{1,11}(\.\d{1,6})?$/.test(text)) return Number(text);
  if (!/^\d{4}-\d{2}-\d{2}([T ][\d:.]+(Z|[+-]\d{2}:?\d{2})?)?$/.test(text)) return undefined;
  const parsed = Date.parse(text);
  return Number.isNaN(parsed) ? undefined : parsed / 1000;
}

/** Steps that people read as round, in seconds: from one tick of the windows to four weeks. */
const STEPS = [30, 60, 120, 300, 600, 1800, 3600, 7200, 14_400, 43_200, 86_400, 604_800, 2_419_200];

/** Bars that stay apart from each other on a narrow screen and still show a shape on a wide one. */
const MOST_STEPS = 72;

/** The shortest round step, in seconds, that divides a stretch into at most 72. */
export function stepOf(spanSeconds: number): number {
  const last = STEPS.at(-1) ?? 1;
  return (
    STEPS.find((step) => spanSeconds / step <= MOST_STEPS) ??
    Math.ceil(spanSeconds / MOST_STEPS / last) * last
  );
}
