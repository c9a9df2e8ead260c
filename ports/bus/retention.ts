import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { LmdbStore } from '../lmdb-store.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { GroupTable } from './group-table.ts';
import type { LogTable, Trimmed } from './log-table.ts';

/** Keeps one trimming transaction within a few milliseconds. */
const CHUNKS_AT_ONCE = 32;

interface RetentionNeeds {
  readonly store: LmdbStore;
  readonly log: LogTable;
  readonly groups: GroupTable;
  readonly telemetry: Telemetry;
  readonly topicBytes: number;
}

/**
 * Takes away what is older than the topic's retention or above its byte limit, oldest first. What a group had
 * not committed is counted and logged.
 */
export async function trimTopic(needs: RetentionNeeds, topic: Topic, now: number): Promise<void> {
  for (let more = true; more; ) {
    const trimmed = await needs.store.write(() => trimSome(needs, topic, now));
    for (const { lost, group } of trimmed.losses) {
      needs.telemetry.metrics.count('bus_trimmed_uncommitted_total', { topic, group }, lost);
      needs.telemetry.log.warn('messages that a group had not committed were trimmed', {
        topic,
        group,
        lost,
      });
    }
    more = trimmed.chunks === CHUNKS_AT_ONCE;
  }
}

function trimSome(
  { log, groups, topicBytes }: RetentionNeeds,
  topic: Topic,
  now: number,
): {
  readonly chunks: number;
  readonly losses: readonly { readonly group: string; readonly lost: number }[];
} {
  const losses = new Map<string, number>();
  let chunks = 0;
  for (; chunks < CHUNKS_AT_ONCE; chunks += 1) {
    const partition = partitionToTrim(log, topic, now, topicBytes);
    const trimmed = partition === undefined ? undefined : log.trim(topic, partition);
    if (!trimmed) break;
    for (const { group, offset } of groups.groupsOf(topic, trimmed.partition)) {
      const lost = uncommitted(trimmed, offset);
      if (lost > 0) losses.set(group, (losses.get(group) ?? 0) + lost);
    }
  }
  return { chunks, losses: [...losses].map(([group, lost]) => ({ group, lost })) };
}

/** The partition with the oldest chunk, when that chunk is too old or the topic too large. */
function partitionToTrim(log: LogTable, topic: Topic, now: number, topicBytes: number): number | undefined {
  const { partitions, retentionHours } = TOPICS[topic];
  let bytes = 0;
  let oldest = Number.POSITIVE_INFINITY;
  let place: number | undefined;
  for (let partition = 0; partition < partitions; partition += 1) {
    const head = log.head(topic, partition);
    bytes += head.bytes;
    const at = head.bytes > 0 ? log.oldest(topic, partition) : undefined;
    if (at !== undefined && at < oldest) {
      oldest = at;
      place = partition;
    }
  }
  return oldest < now - retentionHours * 3600 || bytes > topicBytes ? place : undefined;
}

function uncommitted(trimmed: Trimmed, committed: number): number {
  return Math.max(0, trimmed.to - Math.max(trimmed.from, committed));
}
