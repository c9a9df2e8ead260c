import { sameHost } from '../label.ts';
import type { Capture } from '../manifest.ts';
import type { UnsplitRow } from './row.ts';

/** Windows end on ticks so far apart: a machine's first event is at most so long before its first window's end. */
const TICK_SECONDS = 30;

/** A stretch of time, epoch seconds. */
export interface Span {
  readonly from: number;
  readonly to: number;
}

/** The least span that holds every event of these windows; null without windows. */
export function spanOf(rows: readonly Pick<UnsplitRow, 'start' | 'end'>[]): Span | null {
  let [from, to] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY];
  for (const { start, end } of rows) {
    from = Math.min(from, end - TICK_SECONDS);
    to = Math.max(to, start + TICK_SECONDS);
  }
  return rows.length > 0 ? { from, to } : null;
}

/**
 * A capture with the time and the machines that its windows show, where its manifest says less: what is not written
 * down cannot hide a leak.
 */
export function withMeasured(capture: Capture, rows: readonly UnsplitRow[]): Capture {
  const span = spanOf(rows);
  if (span === null) return capture;
  const unlisted = [...new Set(rows.map((row) => row.host))]
    .filter((host) => !isListed(capture, host))
    .sort();
  return {
    ...capture,
    from: Math.min(capture.from ?? span.from, span.from),
    to: Math.max(capture.to ?? span.to, span.to),
    hosts: [...capture.hosts, ...unlisted.map((name) => ({ name, marker: null, suspect: null }))],
  };
}

/** Whether a capture's list of machines has this one. */
export function isListed({ hosts }: Pick<Capture, 'hosts'>, host: string): boolean {
  return hosts.some((one) => sameHost(one.name, host));
}
