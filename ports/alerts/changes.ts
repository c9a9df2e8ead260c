import type { Alert } from '../../contracts/alert.ts';

/**
 * What differs between two states of an alert, for the audit: the old and the new value of every changed field.
 * An array that only grew stands in `after` alone, as `{ "added": […] }`, so that the audit of an alert that
 * merges for weeks grows with its changes and not with their square. `history` is left out: it says what the
 * audit says.
 */
export function changesOf(
  before: Alert | undefined,
  after: Alert,
): { readonly before: string | null; readonly after: string } {
  const { history: _told, ...now } = after;
  if (!before) return { before: null, after: JSON.stringify(now) };
  const was: Record<string, unknown> = {};
  const is: Record<string, unknown> = {};
  for (const field of Object.keys(now) as (keyof typeof now)[]) {
    if (JSON.stringify(before[field]) === JSON.stringify(now[field])) continue;
    const added = addedTo(before[field], now[field]);
    if (added) is[field] = { added };
    else {
      was[field] = before[field];
      is[field] = now[field];
    }
  }
  return { before: JSON.stringify(was), after: JSON.stringify(is) };
}

function addedTo(before: unknown, after: unknown): readonly unknown[] | undefined {
  if (!Array.isArray(before) || !Array.isArray(after) || after.length <= before.length) return undefined;
  const kept = JSON.stringify(after.slice(0, before.length)) === JSON.stringify(before);
  return kept ? after.slice(before.length) : undefined;
}
