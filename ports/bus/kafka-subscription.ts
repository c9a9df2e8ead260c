import type { EachBatchPayload, Kafka, Consumer as KafkaConsumer } from 'kafkajs';
import { reasonOf } from '../../contracts/errors.ts';
import type { Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Consumer, Position, Subscription } from './bus.ts';
import { Ending, leaveInTime } from './ending.ts';
import { Commits, type Committing } from './kafka-commits.ts';
import { received } from './kafkajs-message.ts';
import { awareAssigner, isRetriable } from './kafkajs-own.ts';

const DEFAULT_MESSAGES = 500;
const JOIN_PAUSE_MS = 1_000;
/** Partitions a consumer works on side by side: all of the largest topic. */
const SIDE_BY_SIDE = 12;
/** Small, so that a batch is worked through well within a session. */
const PARTITION_BYTES = 2 ** 20;

export interface KafkaSubscriptionNeeds {
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly telemetry: Telemetry;
  readonly times: {
    readonly sessionTimeoutMs: number;
    readonly heartbeatMs: number;
    readonly maxWaitMs: number;
  };
}

/** One partition in this consumer's hands, from one join of the group to the next. */
interface Holding extends Committing {
  opened: Promise<void>;
  isOpen: boolean;
}

/**
 * A member of a consumer group through kafkajs. With each change of the group all partitions are given back, after
 * their batches and `onRevoked`, before the group is joined anew; so a partition never has two consumers, unless one
 * has been silent for a whole session, and that one knows it by its own clock.
 */
export class KafkaSubscription implements Subscription {
  readonly failed: Promise<void>;
  private readonly needs: KafkaSubscriptionNeeds;
  private readonly consumer: Consumer;
  private readonly onEnded: (subscription: KafkaSubscription) => void;
  private readonly member: KafkaConsumer;
  private readonly holdings = new Map<string, Holding>();
  private readonly running = new Map<Promise<void>, EachBatchPayload>();
  private readonly topicOf: ReadonlyMap<string, Topic>;
  private beating: NodeJS.Timeout | undefined;
  private heardAt = Date.now();
  private paused = false;
  private rebalancing = false;
  private readonly ending: Ending;
  private revoking: Promise<void> | undefined;
  private readonly commits: Commits;

  constructor(
    needs: KafkaSubscriptionNeeds,
    consumer: Consumer,
    onEnded: (subscription: KafkaSubscription) => void,
  ) {
    this.needs = needs;
    this.consumer = consumer;
    this.onEnded = onEnded;
    this.topicOf = new Map(consumer.topics.map((topic) => [needs.prefix + topic, topic]));
    this.ending = new Ending({
      group: consumer.group,
      telemetry: needs.telemetry,
      leave: () => this.leaveGroup(),
    });
    this.failed = this.ending.failed;
    this.commits = new Commits({
      group: consumer.group,
      telemetry: needs.telemetry,
      held: () => this.holdings.values(),
      send: (offsets) => this.sendCommits(offsets),
    });
    const { sessionTimeoutMs, heartbeatMs, maxWaitMs } = needs.times;
    this.member = needs.kafka.consumer({
      groupId: needs.prefix + consumer.group,
      partitionAssigners: [awareAssigner(() => this.giveBack())],
      sessionTimeout: sessionTimeoutMs,
      rebalanceTimeout: Math.max(60_000, sessionTimeoutMs),
      heartbeatInterval: heartbeatMs,
      maxWaitTimeInMs: maxWaitMs,
      maxBytesPerPartition: PARTITION_BYTES,
      allowAutoTopicCreation: false,
      retry: { retries: 6, initialRetryTime: 100, maxRetryTime: 2_000 },
    });
  }

  /** Joins the group; ends when the first share is taken. */
  async join(): Promise<void> {
    const { member } = this;
    const { GROUP_JOIN, HEARTBEAT, CRASH } = member.events;
    member.on(GROUP_JOIN, ({ payload }) => this.take(payload.memberAssignment));
    member.on(HEARTBEAT, () => {
      this.heardAt = Date.now();
    });
    member.on(CRASH, ({ payload }) => {
      const { group } = this.consumer;
      this.needs.telemetry.log.warn('consumer joins anew', { group, reason: reasonOf(payload.error) });
      if (payload.restart) return; // kafkajs does it itself
      if (isRetriable(payload.error)) this.runPatiently().catch((error) => this.crash(error));
      else this.crash(payload.error);
    });
    this.beating = setInterval(() => this.beat(), this.needs.times.heartbeatMs);
    await this.runPatiently();
    await Promise.all([...this.holdings.values()].map(({ opened }) => opened));
  }

  private async run(): Promise<void> {
    await this.member.connect();
    await this.member.subscribe({ topics: [...this.topicOf.keys()], fromBeginning: true });
    await this.member.run({
      autoCommit: false,
      eachBatchAutoResolve: false,
      partitionsConsumedConcurrently: SIDE_BY_SIDE,
      eachBatch: (payload) => this.onBatch(payload),
    });
  }

  /** kafkajs gives up on some outages that pass. */
  private async runPatiently(): Promise<void> {
    while (!this.ending.hasBegun) {
      try {
        return await this.run();
      } catch (error) {
        if (!isRetriable(error)) throw error;
        await new Promise((resolve) => setTimeout(resolve, JOIN_PAUSE_MS));
      }
    }
  }

  commit(topic: Topic, partition: number, offset: number): Promise<void> {
    return this.commits.commit(this.holdings.get(nameOf(topic, partition)), { topic, partition, offset });
  }

  pause(): void {
    this.paused = true;
    this.pauseAll();
  }

  resume(): void {
    this.paused = false;
    if (!this.ending.hasBegun) this.member.resume([...this.topicOf.keys()].map((topic) => ({ topic })));
  }

  close(): Promise<void> {
    return this.ending.close();
  }

  private async leaveGroup(): Promise<void> {
    this.pauseAll();
    await this.giveBack();
    clearInterval(this.beating);
    await leaveInTime({ ...this.consumer, ...this.needs }, this.member.disconnect());
    this.onEnded(this);
  }

  private crash(error: unknown): void {
    this.ending.crash(error);
  }

  /** Waits for the running batches, then gives every partition back. */
  private giveBack(): Promise<void> {
    this.revoking ??= this.revokeAll().finally(() => {
      this.revoking = undefined;
    });
    return this.revoking;
  }

  private async revokeAll(): Promise<void> {
    this.rebalancing = true;
    await Promise.allSettled(this.running.keys());
    for (const [name, holding] of this.holdings) {
      await holding.opened;
      try {
        if (holding.isOpen) await this.consumer.onRevoked?.(holding.topic, holding.partition);
      } catch (error) {
        this.crash(error);
      }
      this.holdings.delete(name);
    }
  }

  private take(assignment: Readonly<Record<string, readonly number[]>>): void {
    this.heardAt = Date.now();
    this.rebalancing = false;
    if (this.ending.hasBegun) return;
    if (this.paused) this.pauseAll();
    for (const [name, partitions] of Object.entries(assignment)) {
      const topic = this.topicOf.get(name);
      for (const partition of topic ? partitions : []) if (topic) this.hold(topic, partition);
    }
  }

  private hold(topic: Topic, partition: number): void {
    const opened = Promise.resolve();
    const holding: Holding = { topic, partition, opened, isOpen: false, lost: false, commit: undefined };
    this.holdings.set(nameOf(topic, partition), holding);
    holding.opened = this.open(holding).catch((error) => this.crash(error));
  }

  private async open(holding: Holding): Promise<void> {
    const { topic, partition } = holding;
    const start = await this.consumer.onAssigned?.(topic, partition);
    holding.isOpen = true;
    if (start === undefined || this.ending.hasBegun) return;
    this.member.seek({ topic: this.needs.prefix + topic, partition, offset: String(start) });
  }

  private async onBatch(payload: EachBatchPayload): Promise<void> {
    const topic = this.topicOf.get(payload.batch.topic);
    const holding = topic && this.holdings.get(nameOf(topic, payload.batch.partition));
    if (!holding || this.ending.hasBegun) return;
    const run = this.deliver(holding, payload).catch((error) => this.crash(error));
    this.running.set(run, payload);
    await run;
    this.running.delete(run);
  }

  /** A batch that is left early, for whatever reason, is fetched again from where it was left. */
  private async deliver(holding: Holding, payload: EachBatchPayload): Promise<void> {
    await holding.opened;
    const { topic, partition } = holding;
    const { batch, resolveOffset } = payload;
    const most = this.consumer.maxMessages ?? DEFAULT_MESSAGES;
    const over = () =>
      this.ending.hasBegun ||
      this.paused ||
      this.rebalancing ||
      holding.lost ||
      payload.isStale() ||
      !payload.isRunning();
    for (let at = 0; at < batch.messages.length && !over(); at += most) {
      const messages = batch.messages.slice(at, at + most).map((one) => received(one, topic, partition));
      const last = messages.at(-1);
      if (!last) return;
      const remaining = Number(batch.highWatermark) - 1 - last.offset;
      const isStale = () => holding.lost || this.silent();
      let next = last.offset + 1;
      const giveBackFrom = (offset: number): void => {
        next = offset;
      };
      await this.consumer.onBatch({ topic, partition, messages, remaining, giveBackFrom, isStale });
      if (next > (messages[0]?.offset ?? 0)) resolveOffset(String(next - 1));
      if (next <= last.offset) return;
    }
  }

  /** Whether the group must have gone on without this consumer, be it that nobody could tell it. */
  private silent(): boolean {
    return Date.now() - this.heardAt > this.needs.times.sessionTimeoutMs;
  }

  /** kafkajs beats between batches only; a long one would cost the session. */
  private beat(): void {
    const [payload] = this.running.values();
    payload?.heartbeat().catch((error: unknown) => {
      const { type } = error as { readonly type?: string };
      this.rebalancing = true; // no further batches: the runner meets the same error and joins anew
      if (type === 'UNKNOWN_MEMBER_ID' || type === 'ILLEGAL_GENERATION')
        for (const holding of this.holdings.values()) holding.lost = true;
    });
  }

  private async sendCommits(offsets: readonly Position[]): Promise<void> {
    await this.member.commitOffsets(
      offsets.map(({ topic, partition, offset }) => ({
        topic: this.needs.prefix + topic,
        partition,
        offset: String(offset),
      })),
    );
  }

  private pauseAll(): void {
    try {
      this.member.pause([...this.topicOf.keys()].map((topic) => ({ topic })));
    } catch {
      // kafkajs refuses to pause a consumer between two of its own starts; onBatch() holds back by itself
    }
  }
}

const nameOf = (topic: Topic, partition: number): string => `${topic}/${partition}`;
