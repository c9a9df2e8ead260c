import type { Admin } from '@platformatic/kafka';
import type { Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Consumer, Received } from './bus.ts';
import type { Committing } from './kafka-commits.ts';
import { type PlatformaticClient, persist } from './platformatic-client.ts';
import { isPassing } from './platformatic-errors.ts';
import type { Found } from './platformatic-fetch.ts';
import { Fetcher } from './platformatic-fetcher.ts';
import { offsetsOf } from './platformatic-offsets.ts';

const DEFAULT_MESSAGES = 500;

interface ReaderNeeds {
  readonly consumer: Consumer;
  readonly client: PlatformaticClient; // for fetching alone: a request that waits holds back what comes after it
  readonly admin: Admin;
  readonly prefix: string;
  readonly maxWaitMs: number;
  readonly telemetry: Telemetry;
  /** Whether the group must have gone on without this consumer. */
  readonly isSilent: () => boolean;
  readonly onFailed: (error: unknown) => void;
}

/** Offsets by `topic/partition`. */
export type Offsets = ReadonlyMap<string, number>;

/** One partition in this consumer's hands, from one join of the group to the next. */
interface Holding extends Committing {
  opened: Promise<void>;
  isOpen: boolean; // onAssigned() has ended
  from: number | undefined; // offset to fetch next; undefined until it is known where to begin
  end: number; // offset behind the partition's last message
  fetched: Received[]; // waiting for their batch
  running: boolean;
}

/** Reads the partitions that a consumer holds, and gives it their messages, one batch a partition at a time. */
export class PartitionReader {
  private readonly needs: ReaderNeeds;
  private readonly most: number;
  private readonly fetcher: Fetcher;
  private readonly holdings = new Map<string, Holding>();
  private readonly running = new Set<Promise<void>>();
  private isAway = false;
  private paused = false;
  private giving = true; // partitions back, or not yet any: no further batches
  private revoking: Promise<void> | undefined;

  constructor(needs: ReaderNeeds) {
    this.needs = needs;
    this.most = needs.consumer.maxMessages ?? DEFAULT_MESSAGES;
    this.fetcher = new Fetcher({
      client: needs.client,
      prefix: needs.prefix,
      maxWaitMs: needs.maxWaitMs,
      wanted: () => this.wanted(),
      onFound: (found) => this.onFound(found),
      onAway: (reason) => this.onAway(reason),
      onFailed: needs.onFailed,
    });
  }

  held(): Iterable<Committing> {
    return this.holdings.values();
  }

  find(topic: Topic, partition: number): Committing | undefined {
    return this.holdings.get(nameOf(topic, partition));
  }

  /** Takes partitions, and asks once what the group has committed. */
  take(
    places: readonly { readonly topic: Topic; readonly partition: number }[],
    askCommitted: () => Promise<Offsets>,
  ): void {
    this.giving = false;
    const committed = askCommitted();
    committed.catch(() => undefined); // told by whoever waits for it

    for (const { topic, partition } of places) this.hold(topic, partition, committed);
  }

  /** Ends when every partition that was taken is open. */
  async opened(): Promise<void> {
    await Promise.all([...this.holdings.values()].map(({ opened }) => opened));
  }

  /** Whether partitions are being given back, or none is held. */
  isGiving(): boolean {
    return this.giving;
  }

  /** Waits for the running batches, then gives every partition back. */
  giveBack(): Promise<void> {
    this.revoking ??= this.revokeAll().finally(() => {
      this.revoking = undefined;
    });
    return this.revoking;
  }

  /** The group has given the partitions to others. */
  lose(): void {
    for (const holding of this.holdings.values()) holding.lost = true;
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const holding of this.holdings.values()) this.deliver(holding);
    this.fetcher.fetchMore();
  }

  stop(): void {
    this.fetcher.stop();
  }

  private async revokeAll(): Promise<void> {
    this.giving = true;
    await Promise.allSettled(this.running);
    for (const [name, holding] of this.holdings) {
      await holding.opened;
      try {
        if (holding.isOpen) await this.needs.consumer.onRevoked?.(holding.topic, holding.partition);
      } catch (error) {
        this.needs.onFailed(error);
      }
      this.holdings.delete(name);
    }
  }

  private hold(topic: Topic, partition: number, committed: Promise<Offsets>): void {
    const holding: Holding = {
      topic,
      partition,
      opened: Promise.resolve(),
      isOpen: false,
      from: undefined,
      end: 0,
      fetched: [],
      running: false,
      lost: false,
      commit: undefined,
    };
    this.holdings.set(nameOf(topic, partition), holding);
    holding.opened = this.open(holding, committed).catch((error) => this.failUnlessGiven(error));
  }

  private async open(holding: Holding, committed: Promise<Offsets>): Promise<void> {
    const { topic, partition } = holding;
    const own = await this.needs.consumer.onAssigned?.(topic, partition);
    holding.isOpen = true;
    holding.from = own ?? (await committed).get(nameOf(topic, partition)) ?? 0;
    this.fetcher.fetchMore();
  }

  private wanted() {
    const open = this.isOver() ? [] : [...this.holdings.values()].filter(({ from }) => from !== undefined);
    const places = open.flatMap(({ topic, partition, from, fetched }) =>
      from !== undefined && fetched.length < this.most ? [{ topic, partition, from }] : [],
    );
    return { places, othersHaveEnough: places.length < open.length };
  }

  private onFound({ place, state, messages, next, end }: Found): void {
    this.isAway = false;
    const holding = this.holdings.get(nameOf(place.topic, place.partition));
    if (!holding || holding.from !== place.from) return; // given back, or taken anew, meanwhile
    if (state === 'gone') this.skip(holding).catch((error) => this.failUnlessGiven(error));
    if (state !== 'found') return;
    for (const message of messages) holding.fetched.push(message);
    holding.from = next;
    holding.end = end;
    this.deliver(holding);
  }

  /** Retention was quicker, or the offset never was: reading goes on at the nearest one that is there. */
  private async skip(holding: Holding): Promise<void> {
    const { topic, partition, from = 0 } = holding;
    const { admin, prefix, consumer, telemetry } = this.needs;
    const { group } = consumer;
    holding.from = undefined;
    const offsets = await persist(
      () => offsetsOf(admin, prefix + topic),
      () => this.giving,
    );
    const { first = 0, next = 0 } = offsets[partition] ?? {};
    holding.from = Math.min(Math.max(from, first), next);
    telemetry.log.info('offset was not in the log', {
      group,
      topic,
      partition,
      from,
      to: holding.from,
    });
    this.fetcher.fetchMore();
  }

  /** A question that was given up because its partition goes back is no failure. */
  private failUnlessGiven(error: unknown): void {
    if (!(this.giving && isPassing(error))) this.needs.onFailed(error);
  }

  private onAway(reason: string): void {
    if (this.isAway) return;
    this.isAway = true;
    this.needs.telemetry.log.warn('Kafka gave no messages; reading waits', {
      group: this.needs.consumer.group,
      reason,
    });
  }

  private isOver(): boolean {
    return this.giving || this.paused;
  }

  private deliver(holding: Holding): void {
    if (holding.running) return;
    holding.running = true;
    const run = this.deliverAll(holding)
      .catch((error) => this.needs.onFailed(error))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async deliverAll(holding: Holding): Promise<void> {
    const { topic, partition } = holding;
    const { onBatch } = this.needs.consumer;
    while (holding.fetched.length > 0 && !this.isOver() && !holding.lost) {
      const messages = holding.fetched.splice(0, this.most);
      const last = messages.at(-1);
      if (!last) return;
      if (holding.fetched.length < this.most) this.fetcher.fetchMore();
      const remaining = Math.max(0, holding.end - 1 - last.offset);
      let next = last.offset + 1;
      const giveBackFrom = (offset: number): void => {
        next = offset;
      };
      const isStale = () => holding.lost || this.needs.isSilent();
      await onBatch({ topic, partition, messages, remaining, giveBackFrom, isStale });
      if (next <= last.offset) holding.fetched.unshift(...messages.filter(({ offset }) => offset >= next));
    }
    holding.running = false; // in the turn of the last look: what comes later begins anew
  }
}

const nameOf = (topic: Topic, partition: number): string => `${topic}/${partition}`;
