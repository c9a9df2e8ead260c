import type { Capture, CaptureHost } from './manifest.ts';

export const LABELS = ['attack', 'benign', 'unknown'] as const;
/** What is known of a window. `unknown` is neither trained on nor counted as a hit or a false alarm. */
export type Label = (typeof LABELS)[number];

/** A stretch of one machine's time, epoch seconds, end exclusive. */
export interface Stretch {
  readonly hostname: string;
  readonly start: number;
  readonly end: number;
}

/**
 * The label of a window of a capture: attack where it overlaps the marked interval on a marked host, benign
 * where the whole host is, unknown otherwise.
 */
export function labelOf(capture: Capture, window: Stretch): Label {
  if (capture.role === 'parser fixture' || capture.role === 'unlabelled') return 'unknown';
  if (capture.attack === false) return 'benign';
  if (capture.attack === null || capture.mark === null) return 'unknown';
  const standing = standingOf(capture, window.hostname);
  if (standing !== 'marked') return standing === 'outside' ? 'benign' : 'unknown';
  const { start, end } = capture.mark;
  const overlaps = window.start <= (end ?? Number.POSITIVE_INFINITY) && start < window.end;
  return overlaps ? 'attack' : 'unknown';
}

/**
 * How a machine stands to a capture's marked attack: it was seen there (`marked`), it took no part
 * (`outside`), or nobody knows. A machine with a command channel or an injection is never outside.
 */
export function standingOf(capture: Capture, hostname: string): 'marked' | 'outside' | 'unclear' {
  const flagged = capture.hosts.some((host) => host.marker !== null);
  if (!flagged) return capture.hosts.length <= 1 ? 'marked' : 'unclear'; // one machine: it is the one
  const entries = capture.hosts.filter((host) => sameHost(host.name, hostname));
  if (entries.some((host) => host.marker === true)) return 'marked';
  return entries.length > 0 && entries.every(tookNoPart) ? 'outside' : 'unclear';
}

/** Whether two names mean one machine: case does not count, nor a domain that only one of them carries. */
export function sameHost(one: string, other: string): boolean {
  const a = one.trim().toLowerCase();
  const b = other.trim().toLowerCase();
  if (a === b) return true;
  const [shortA = '', shortB = ''] = [a.split('.')[0], b.split('.')[0]];
  return shortA === shortB && (a === shortA || b === shortB);
}

const tookNoPart = (host: CaptureHost): boolean => host.marker === false && host.suspect !== true;
