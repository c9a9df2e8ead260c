import { randomUUID } from 'node:crypto';
import { LogsterError } from '../../contracts/errors.ts';
import type { Topic } from '../../contracts/topics.ts';
import { type Bell, bell } from '../bell.ts';
import type { LmdbStore } from '../lmdb-store.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import type { Consumer, Received, Subscription } from './bus.ts';
import { Ending } from './ending.ts';
import { type GroupTable, groupName } from './group-table.ts';
import { type LogTable, partitionName } from './log-table.ts';

/** Heartbeats a lease: a busy event loop may miss several before its partitions go to others. */
const HEARTBEATS = 5;
const DEFAULT_MESSAGES = 500;

export interface SubscriptionNeeds {
  readonly store: LmdbStore;
  readonly log: LogTable;
  readonly groups: GroupTable;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly leaseMs: number;
  readonly batchBytes: number;
}

/** One partition in this consumer's hands. */
interface Holding {
  readonly topic: Topic;
  readonly partition: number;
  readonly bell: Bell;
  giveBack: boolean; // stop after the running batch and release
  lost: boolean; // another consumer has it
  ended: Promise<void>;
}

/** A member of a consumer group: keeps its lease alive, takes its share of partitions, reads each in a loop. */
export class EmbeddedSubscription implements Subscription {
  readonly failed: Promise<void>;
  private readonly id = randomUUID();
  private readonly needs: SubscriptionNeeds;
  private readonly consumer: Consumer;
  private readonly holdings = new Map<string, Holding>();
  private readonly onEnded: (subscription: EmbeddedSubscription) => void;
  private readonly unwatchGroup: () => void;
  private cancelHeartbeat: () => void = () => undefined;
  private paused = false;
  private readonly ending: Ending;
  private sharing: Promise<void> | undefined;
  private shareAgain = false;
  private seenChanges = -1;
  private leaseEndsAt = 0;

  constructor(
    needs: SubscriptionNeeds,
    consumer: Consumer,
    onEnded: (subscription: EmbeddedSubscription) => void,
  ) {
    this.needs = needs;
    this.consumer = consumer;
    this.onEnded = onEnded;
    this.ending = new Ending({
      group: consumer.group,
      telemetry: needs.telemetry,
      leave: () => this.leaveGroup(),
    });
    this.failed = this.ending.failed;
    this.unwatchGroup = needs.store.watch(groupName(consumer.group), () => this.share());
  }

  /** Joins the group; ends when the first share is taken. */
  async join(): Promise<void> {
    this.heartbeat();
    this.share();
    await this.sharing;
  }

  /** Looks for what other processes did. */
  poll(): void {
    if (this.ending.hasBegun) return;
    if (this.needs.groups.changesOf(this.consumer.group) !== this.seenChanges) this.share();
    for (const { bell: wake } of this.holdings.values()) wake.ring();
  }

  async commit(topic: Topic, partition: number, offset: number): Promise<void> {
    const { store, groups, telemetry } = this.needs;
    const { group } = this.consumer;
    if (await store.write(() => groups.commit(group, topic, partition, this.id, offset))) return;
    // Expected after a rebalance: the new owner reads from the last commit, nothing is lost.
    telemetry.metrics.count('bus_commits_refused_total', { group, topic });
    telemetry.log.debug('commit came after the partition had gone', { group, topic, partition, offset });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    this.ringAll();
  }

  close(): Promise<void> {
    return this.ending.close();
  }

  private async leaveGroup(): Promise<void> {
    const { store, groups } = this.needs;
    const { group, topics } = this.consumer;
    this.cancelHeartbeat();
    this.unwatchGroup();
    this.ringAll();
    await this.sharing;
    await Promise.all([...this.holdings.values()].map(({ ended }) => ended));
    await store.write(() => {
      for (const topic of topics) groups.leave(group, topic, this.id);
    });
    this.onEnded(this);
  }

  private crash(error: unknown): void {
    this.ending.crash(error);
  }

  private heartbeat(): void {
    this.cancelHeartbeat = this.needs.clock.after(this.needs.leaseMs / HEARTBEATS, () => {
      if (this.ending.hasBegun) return;
      this.share();
      this.heartbeat();
    });
  }

  /** One look at the group at a time; what happens meanwhile causes another. */
  private share(): void {
    if (this.ending.hasBegun) return;
    if (this.sharing) {
      this.shareAgain = true;
      return;
    }
    this.sharing = this.takeShare()
      .catch((error) => this.crash(error))
      .finally(() => {
        this.sharing = undefined;
        if (!this.shareAgain) return;
        this.shareAgain = false;
        if (this.needs.groups.changesOf(this.consumer.group) !== this.seenChanges) this.share();
      });
  }

  private async takeShare(): Promise<void> {
    const { store, groups, clock, leaseMs } = this.needs;
    const { group, topics } = this.consumer;
    const now = clock.now();
    const shares = await store.write(() => {
      const found = topics.map((topic) => ({ topic, ...groups.share(group, topic, this.id, now, leaseMs) }));
      this.seenChanges = groups.changesOf(group);
      return found;
    });
    this.leaseEndsAt = now + leaseMs / 1000;
    for (const { topic, held, surplus } of shares) {
      for (const holding of this.holdings.values()) {
        if (holding.topic === topic && !held.includes(holding.partition)) {
          holding.lost = true;
          holding.bell.ring();
        }
      }
      for (const partition of surplus) {
        const holding = this.holdings.get(partitionName(topic, partition));
        if (!holding) continue;
        holding.giveBack = true;
        holding.bell.ring();
      }
      if (this.ending.hasBegun) continue;
      for (const partition of held) if (!surplus.includes(partition)) this.hold(topic, partition);
    }
  }

  private hold(topic: Topic, partition: number): void {
    const name = partitionName(topic, partition);
    if (this.holdings.has(name)) return;
    const wake = bell();
    const unwatch = this.needs.store.watch(name, () => wake.ring());
    const holding: Holding = {
      topic,
      partition,
      bell: wake,
      giveBack: false,
      lost: false,
      ended: Promise.resolve(),
    };
    this.holdings.set(name, holding);
    holding.ended = this.consume(holding)
      .catch((error) => this.crash(error))
      .finally(() => {
        unwatch();
        this.holdings.delete(name);
      })
      .then(() => this.release(holding))
      .catch((error) => this.crash(error));
  }

  private async release({ topic, partition }: Holding): Promise<void> {
    const { store, groups } = this.needs;
    await store.write(() => groups.release(this.consumer.group, topic, partition, this.id));
  }

  private async consume(holding: Holding): Promise<void> {
    const { topic, partition } = holding;
    const { store, log, groups } = this.needs;
    const { group, onAssigned, onBatch, onRevoked } = this.consumer;
    const own = await onAssigned?.(topic, partition);
    store.refresh();
    let position = own ?? groups.committed(group, topic, partition) ?? 0;
    const over = () => this.ending.hasBegun || holding.giveBack || holding.lost;
    while (!over()) {
      const messages = this.paused ? [] : this.readFrom(topic, partition, position);
      const last = messages.at(-1);
      if (!last) {
        await holding.bell.wait();
        continue;
      }
      position = last.offset + 1;
      const remaining = log.head(topic, partition).next - position;
      const giveBackFrom = (offset: number): void => {
        position = offset;
      };
      const isStale = () => this.isStale(holding);
      await onBatch({ topic, partition, messages, remaining, giveBackFrom, isStale });
    }
    await onRevoked?.(topic, partition);
  }

  private readFrom(topic: Topic, partition: number, offset: number): Received[] {
    const { store, log, batchBytes } = this.needs;
    store.refresh();
    const messages = this.consumer.maxMessages ?? DEFAULT_MESSAGES;
    return log.read(topic, partition, offset, { messages, bytes: batchBytes });
  }

  private isStale(holding: Holding): boolean {
    if (holding.lost) return true;
    const { store, groups, clock } = this.needs;
    if (clock.now() < this.leaseEndsAt) return false; // nobody could have taken it yet
    store.refresh();
    return !groups.holds(this.consumer.group, holding.topic, holding.partition, this.id);
  }

  private ringAll(): void {
    for (const { bell: wake } of this.holdings.values()) wake.ring();
  }
}

/** Refuses a consumer that could never get a message. */
export function checkConsumer({ topics, group, maxMessages }: Consumer): void {
  if (topics.length > 0 && group !== '' && (maxMessages ?? 1) >= 1) return;
  throw new LogsterError(
    'input-invalid',
    'A consumer needs a topic, a group and room for one message a batch',
  );
}
