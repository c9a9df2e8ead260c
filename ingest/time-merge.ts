import type { Topic } from '../contracts/topics.ts';
import type { Batch } from '../ports/bus/bus.ts';

/** Whether an endpoint's events are divided between this topic and others. */
export const isDivided = (topic: Topic): boolean => DIVIDED.has(topic);

/** Topics between which one endpoint's events are divided, under the same key and so the same partition number. */
const DIVIDED: ReadonlySet<Topic> = new Set<Topic>([
  'linux-ebpf-process-logs',
  'linux-ebpf-file-logs',
  'linux-ebpf-network-logs',
]);
/** A topic may run ahead of the others by so many seconds of publishing, far within the lateness of windows. */
const AHEAD_SECONDS = 0.2;
/** A topic that did not move for so long holds nobody up any more. */
const STUCK_SECONDS = 10;

/** How far a topic has come in one partition. */
interface Front {
  /** When what comes next was published, epoch seconds; Infinity when nothing waits, -Infinity until its first batch. */
  readonly at: number;
  readonly since: number; // wall clock, when it came there
}

/**
 * Keeps the topics of one endpoint in step. Consumers read topics side by side; while all are caught up, that is the
 * order of publishing. After an outage each topic has a backlog, and one read to its end before the next would make the
 * other's events too late for every window. So of a batch only that much is taken as was published before what waits in
 * the other topics; the rest is given back.
 */
export class TimeMerge {
  private readonly fronts = new Map<string, Front>();
  private readonly now: () => number;

  constructor(now: () => number) {
    this.now = now;
  }

  /** A partition that is read from now on: until it is known what waits in it, the other topics wait for it. */
  assigned(topic: Topic, partition: number): void {
    if (DIVIDED.has(topic)) this.fronts.set(nameOf(topic, partition), this.front(Number.NEGATIVE_INFINITY));
  }

  /** Nothing waited in a partition when it was assigned. */
  nothingWaits(topic: Topic, partition: number): void {
    const name = nameOf(topic, partition);
    const isNew = this.fronts.get(name)?.at === Number.NEGATIVE_INFINITY; // not where a batch came meanwhile
    if (isNew) this.fronts.set(name, this.front(Number.POSITIVE_INFINITY));
  }

  revoked(topic: Topic, partition: number): void {
    this.fronts.delete(nameOf(topic, partition));
  }

  /** How many of the batch's messages may be taken now. */
  ready({ topic, partition, messages }: Batch): number {
    const [first] = messages;
    if (!first || !DIVIDED.has(topic)) return messages.length;
    this.move(topic, partition, first.publishedAt);
    const limit = this.othersOf(topic, partition) + AHEAD_SECONDS;
    const end = messages.findIndex(({ publishedAt }) => publishedAt > limit);
    return end === -1 ? messages.length : end;
  }

  /** So many of the batch's messages were taken. */
  taken({ topic, partition, messages, remaining }: Batch, count: number): void {
    if (!DIVIDED.has(topic) || count === 0) return;
    const last = messages[count - 1]?.publishedAt ?? Number.POSITIVE_INFINITY;
    const behind = remaining > 0 ? last : Number.POSITIVE_INFINITY;
    this.move(topic, partition, messages[count]?.publishedAt ?? behind);
  }

  private move(topic: Topic, partition: number, at: number): void {
    const name = nameOf(topic, partition);
    if (this.fronts.get(name)?.at !== at) this.fronts.set(name, this.front(at));
  }

  private front(at: number): Front {
    return { at, since: this.now() };
  }

  private othersOf(topic: Topic, partition: number): number {
    let least = Number.POSITIVE_INFINITY;
    for (const other of DIVIDED) {
      const front = other === topic ? undefined : this.fronts.get(nameOf(other, partition));
      if (!front) continue;
      if (this.now() - front.since < STUCK_SECONDS) least = Math.min(least, front.at);
    }
    return least;
  }
}

const nameOf = (topic: Topic, partition: number): string => `${topic}/${partition}`;
