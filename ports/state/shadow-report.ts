import type { Platform } from '../../contracts/event.ts';
import { LARGEST_DIFFERENCES, type ShadowReport, shadowReportSchema } from '../../contracts/shadow-report.ts';
import type { State } from './state.ts';

/** A challenger waits for days rather than weeks; what nobody adds to for so long is over. */
const TTL_SECONDS = 14 * 24 * 3600;

const prefixOf = (platform: Platform): string => `shadow:${platform}:`;
const keyOf = ({ platform, champion, challenger }: ShadowReport): string =>
  `${prefixOf(platform)}${champion}:${challenger}`;

/** What is known of a platform's challengers, the one that was scored last first. */
export async function shadowReport(state: State, platform: Platform): Promise<readonly ShadowReport[]> {
  const keys = await state.keys(prefixOf(platform));
  const found = await Promise.all(keys.map((key) => state.get(key)));
  return found.flatMap((bytes) => (bytes ? [read(bytes)] : [])).sort((a, b) => b.until - a.until);
}

/** Adds what one process saw to what all did. */
export async function addShadowReport(state: State, seen: ShadowReport): Promise<ShadowReport> {
  for (;;) {
    const known = await state.getVersioned(keyOf(seen));
    const sum = known ? addReports(read(known.value), seen) : seen;
    const bytes = Buffer.from(JSON.stringify(sum));
    if (await state.compareAndSet(keyOf(seen), known?.version ?? 0, bytes, TTL_SECONDS)) return sum;
  }
}

/** Two stretches of the same pair of versions as one. */
export function addReports(a: ShadowReport, b: ShadowReport): ShadowReport {
  const verdicts = (one: ShadowReport['at_half'], other: ShadowReport['at_half']) => ({
    both: one.both + other.both,
    champion: one.champion + other.champion,
    challenger: one.challenger + other.challenger,
  });
  return {
    ...a,
    since: Math.min(a.since, b.since),
    until: Math.max(a.until, b.until),
    windows: a.windows + b.windows,
    skipped: a.skipped + b.skipped,
    failed: a.failed + b.failed,
    at_half: verdicts(a.at_half, b.at_half),
    at_alert: verdicts(a.at_alert, b.at_alert),
    difference_sum: a.difference_sum + b.difference_sum,
    differences: a.differences.map((count, bin) => count + (b.differences[bin] ?? 0)),
    largest: [...a.largest, ...b.largest]
      .sort((one, other) => distance(other) - distance(one))
      .slice(0, LARGEST_DIFFERENCES),
  };
}

function distance({ champion, challenger }: ShadowReport['largest'][number]): number {
  return Math.abs(challenger - champion);
}

function read(bytes: Buffer): ShadowReport {
  return shadowReportSchema.parse(JSON.parse(bytes.toString()));
}
