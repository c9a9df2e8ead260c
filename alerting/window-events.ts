import type { NormalizedEvent } from '../contracts/event.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { Documents } from '../ports/documents/documents.ts';

/** Documents read in one go: some 10 ms for which a search holds the thread. */
const PAGE = 1000;

/** Events of one window that are looked at: 100 a second for three minutes, some 80 MB while they are. */
export const WINDOW_EVENTS = 20_000;

export interface WindowEvents {
  readonly events: readonly NormalizedEvent[]; // oldest first
  readonly total: number; // of which `events` are the first
}

/** A scored window's events from the index. */
export async function windowEvents(documents: Documents, window: InferenceResult): Promise<WindowEvents> {
  const { tenant_id, endpoint_id, platform, window_start, window_end } = window;
  const filter = {
    equals: { tenant_id, endpoint_id, platform },
    range: { timestamp: { from: window_start, to: window_end } },
  };
  const events: NormalizedEvent[] = [];
  for (;;) {
    const limit = Math.min(PAGE, WINDOW_EVENTS - events.length);
    const sort = [{ field: 'timestamp', order: 'asc' }] as const;
    const page = await documents.search('logster-events', { filter, sort, limit, offset: events.length });
    // the index holds what the normaliser published; it was checked when it was written
    events.push(...(page.documents as unknown as readonly NormalizedEvent[]));
    if (page.documents.length < limit || events.length >= Math.min(page.total, WINDOW_EVENTS)) {
      return { events, total: Math.max(page.total, events.length) };
    }
  }
}

/** Those of the ids whose events are not in the index. */
export async function notIndexed(
  documents: Documents,
  eventIds: readonly string[],
): Promise<readonly string[]> {
  const found = await Promise.all(eventIds.map((id) => documents.get('logster-events', id)));
  return eventIds.filter((_, place) => found[place] === undefined);
}
