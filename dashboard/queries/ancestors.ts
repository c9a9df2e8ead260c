import type { NormalizedEvent } from '../../contracts/event.ts';
import type { InferenceResult } from '../../contracts/inference.ts';
import type { Documents, Filter } from '../../ports/documents/documents.ts';
import { isStart, processKey } from '../process-tree.ts';
import { storedEvent } from '../stored.ts';

/** Looked up at most per window: a chain of ancestors is rarely longer than ten, and evidence lies on few. */
const MOST_LOOKUPS = 32;

/** How far before the window a process's number still means the same process; ids that are unique need no bound. */
const NUMBER_HOLDS_SECONDS = 24 * 3600;

interface Wanted {
  readonly key: string;
  readonly guid: string | undefined;
  readonly processId: number | undefined;
}

/** The starts, from before the window, of the ancestors of the processes that carry evidence; the eldest last. */
export async function ancestors(
  documents: Documents,
  result: InferenceResult,
  events: readonly NormalizedEvent[],
  isEvidence: (eventId: string) => boolean,
): Promise<readonly NormalizedEvent[]> {
  const starts = new Map<string, NormalizedEvent>();
  for (const event of events) {
    const key = processKey(event.data.process_guid, event.data.process_id);
    if (key !== undefined && isStart(event)) starts.set(key, event);
  }
  const wanted: Wanted[] = events.filter((event) => isEvidence(event.event_id)).flatMap(selfOf);
  const visited = new Set<string>();
  const found: NormalizedEvent[] = [];
  let lookups = 0;
  for (let next = wanted.shift(); next; next = wanted.shift()) {
    if (visited.has(next.key)) continue;
    visited.add(next.key);
    let start = starts.get(next.key);
    if (start === undefined) {
      if (lookups === MOST_LOOKUPS) break;
      lookups++;
      start = await startOf(documents, result, next);
      if (start) found.push(start);
    }
    if (start) wanted.push(...parentOf(start));
    else
      wanted.push(
        ...events
          .filter((event) => keyOf(event) === next.key)
          .flatMap(parentOf)
          .slice(0, 1),
      );
  }
  return found;
}

const keyOf = ({ data }: NormalizedEvent) => processKey(data.process_guid, data.process_id);

function selfOf({ data }: NormalizedEvent): readonly Wanted[] {
  const key = processKey(data.process_guid, data.process_id);
  return key === undefined ? [] : [{ key, guid: data.process_guid, processId: data.process_id }];
}

function parentOf({ data }: NormalizedEvent): readonly Wanted[] {
  const key = processKey(data.parent_process_guid, data.parent_process_id);
  return key === undefined
    ? []
    : [{ key, guid: data.parent_process_guid, processId: data.parent_process_id }];
}

async function startOf(
  documents: Documents,
  { tenant_id, endpoint_id, window_end }: InferenceResult,
  { guid, processId }: Wanted,
): Promise<NormalizedEvent | undefined> {
  const equals = { tenant_id, endpoint_id, event_type: 'process_create' };
  const filter: Filter<'logster-events'> | undefined =
    guid !== undefined && guid !== ''
      ? { equals: { ...equals, 'data.process_guid': guid }, range: { timestamp: { to: window_end } } }
      : processId !== undefined
        ? {
            equals: { ...equals, 'data.process_id': processId },
            range: { timestamp: { from: window_end - NUMBER_HOLDS_SECONDS, to: window_end } },
          }
        : undefined;
  if (!filter) return undefined;
  const page = await documents.search('logster-events', {
    filter,
    sort: [{ field: 'timestamp', order: 'desc' }],
    limit: 1,
  });
  return page.documents.map(storedEvent)[0];
}
