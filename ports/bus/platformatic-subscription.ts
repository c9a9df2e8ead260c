import type { Admin } from '@platformatic/kafka';
import { reasonOf } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Consumer, Received, Subscription } from './bus.ts';
import { Commits, type Committing } from './kafka-commits.ts';
import type { KafkaPlace, kafkaTimes } from './kafka-place.ts';
import { PlatformaticClient, persist } from './platformatic-client.ts';
import { isPassing } from './platformatic-errors.ts';
import type { Found } from './platformatic-fetch.ts';
import { Fetcher } from './platformatic-fetcher.ts';
import { type Assignment, GroupMember } from './platformatic-member.ts';
import { committedOf, offsetsOf } from './platformatic-offsets.ts';

const DEFAULT_MESSAGES = 500;
const CLOSE_MS = 10_000;
/** How long the members of a group may take to end their batches when it changes. */
const REBALANCE_MS = 60_000;

export interface PlatformaticSubscriptionNeeds {
  readonly place: KafkaPlace;
  readonly admin: Admin;
  readonly telemetry: Telemetry;
  readonly times: ReturnType<typeof kafkaTimes>;
}

/** One partition in this consumer's hands, from one join of the group to the next. */
interface Holding extends Committing {
  opened: Promise<void>;
  isOpen: boolean; // onAssigned() has ended
  from: number | undefined; // offset to fetch next; undefined until it is known where to begin
  end: number; // offset behind the partition's last message
  fetched: Received[]; // waiting for their batch
  running: boolean;
}

/**
 * A member of a consumer group through @platformatic/kafka. With each change of the group all partitions are given
 * back, after their batches, `onRevoked` and commits, before the group is joined anew; so a partition never has two
 * consumers, unless one has been silent for a whole session, and that one knows it by its own clock.
 */
export class PlatformaticSubscription implements Subscription {
  readonly failed: Promise<void>;
  private readonly needs: PlatformaticSubscriptionNeeds;
  private readonly consumer: Consumer;
  private readonly onEnded: (subscription: PlatformaticSubscription) => void;
  private readonly groupClient: PlatformaticClient; // apart, so that no fetch that waits holds a heartbeat back
  private readonly fetchClient: PlatformaticClient;
  private readonly member: GroupMember;
  private readonly fetcher: Fetcher;
  private readonly commits: Commits;
  private readonly holdings = new Map<string, Holding>();
  private readonly running = new Set<Promise<void>>();
  private readonly topicOf: ReadonlyMap<string, Topic>;
  private succeed: () => void = () => undefined;
  private fail: (error: unknown) => void = () => undefined;
  private beating: NodeJS.Timeout | undefined;
  private beatUnderWay = false;
  private heardAt = Date.now();
  private isAway = false;
  private paused = false;
  private rebalancing = true;
  private ending = false;
  private closing: Promise<void> | undefined;
  private revoking: Promise<void> | undefined;
  private joining: Promise<void> | undefined;

  constructor(
    needs: PlatformaticSubscriptionNeeds,
    consumer: Consumer,
    onEnded: (subscription: PlatformaticSubscription) => void,
  ) {
    this.needs = needs;
    this.consumer = consumer;
    this.onEnded = onEnded;
    const { prefix = '' } = needs.place;
    const { sessionTimeoutMs, maxWaitMs } = needs.times;
    const rebalanceTimeoutMs = Math.max(REBALANCE_MS, sessionTimeoutMs);
    this.topicOf = new Map(consumer.topics.map((topic) => [prefix + topic, topic]));
    this.failed = new Promise((succeed, fail) => {
      this.succeed = succeed;
      this.fail = fail;
    });
    this.failed.catch(() => undefined); // logged in stop(); who does not listen must not end the process
    this.groupClient = new PlatformaticClient(needs.place, rebalanceTimeoutMs + sessionTimeoutMs);
    this.fetchClient = new PlatformaticClient(needs.place);
    this.member = new GroupMember({
      client: this.groupClient,
      groupId: prefix + consumer.group,
      topics: new Map([...this.topicOf].map(([name, topic]) => [name, TOPICS[topic].partitions])),
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    });
    this.commits = new Commits({
      group: consumer.group,
      telemetry: needs.telemetry,
      held: () => this.holdings.values(),
      send: (offsets) => this.member.commit(offsets.map((one) => ({ ...one, topic: prefix + one.topic }))),
    });
    this.fetcher = new Fetcher({
      client: this.fetchClient,
      prefix,
      maxWaitMs,
      wanted: () => this.wanted(),
      onFound: (found) => this.onFound(found),
      onAway: (reason) => this.onAway(reason),
      onFailed: (error) => this.crash(error),
    });
  }

  /** Joins the group; ends when the first share is taken. */
  async join(): Promise<void> {
    const share = await this.member.join(() => this.ending);
    this.take(share);
    this.beating = setInterval(() => this.beat(), this.needs.times.heartbeatMs);
    await Promise.all([...this.holdings.values()].map(({ opened }) => opened));
  }

  commit(topic: Topic, partition: number, offset: number): Promise<void> {
    return this.commits.commit(this.holdings.get(nameOf(topic, partition)), { topic, partition, offset });
  }

  pause(): void {
    this.paused = true;
  }

  resume(): void {
    this.paused = false;
    for (const holding of this.holdings.values()) this.deliver(holding);
    this.fetcher.fetchMore();
  }

  close(): Promise<void> {
    this.closing ??= this.stop(undefined);
    return this.closing;
  }

  private async stop(failure: { readonly error: unknown } | undefined): Promise<void> {
    const { telemetry } = this.needs;
    const { group } = this.consumer;
    this.ending = true;
    if (failure) {
      telemetry.log.error('consumer stopped', { group, reason: reasonOf(failure.error) });
      this.fail(failure.error);
    }
    await this.giveBack();
    this.fetcher.stop();
    clearInterval(this.beating);
    let isLate = false;
    const late = new Promise<void>((resolve) => {
      setTimeout(() => {
        isLate = true;
        resolve();
      }, CLOSE_MS).unref();
    });
    await Promise.race([this.leave(), late]);
    if (isLate) telemetry.log.warn('consumer left its group without a word', { group });
    this.onEnded(this);
    this.succeed();
  }

  private async leave(): Promise<void> {
    if (this.joining) this.groupClient.drop(); // the others may be long in coming
    await this.joining;
    await this.member.leave().catch(() => undefined); // the session runs out by itself
    await Promise.all([this.groupClient.close(), this.fetchClient.close()]);
  }

  private crash(error: unknown): void {
    this.closing ??= this.stop({ error }).catch((cause) => {
      this.needs.telemetry.log.error('consumer could not leave its group', { reason: reasonOf(cause) });
    });
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
    await Promise.allSettled(this.running);
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

  private take(share: Assignment): void {
    this.heardAt = Date.now();
    if (this.ending) return;
    this.rebalancing = false;
    const committed = this.committed();
    committed.catch(() => undefined); // told by whoever waits for it
    for (const [name, partitions] of share) {
      const topic = this.topicOf.get(name);
      for (const partition of topic ? partitions : []) if (topic) this.hold(topic, partition, committed);
    }
  }

  private committed(): Promise<ReadonlyMap<string, number>> {
    const { prefix = '' } = this.needs.place;
    const { topics, group } = this.consumer;
    return persist(
      () => committedOf(this.groupClient, { prefix, group, topics }),
      () => this.rebalancing,
    );
  }

  private hold(topic: Topic, partition: number, committed: Promise<ReadonlyMap<string, number>>): void {
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
    holding.opened = this.open(holding, committed).catch((error) => {
      if (!(this.rebalancing && isPassing(error))) this.crash(error);
    });
  }

  private async open(holding: Holding, committed: Promise<ReadonlyMap<string, number>>): Promise<void> {
    const { topic, partition } = holding;
    const own = await this.consumer.onAssigned?.(topic, partition);
    holding.isOpen = true;
    holding.from = own ?? (await committed).get(nameOf(topic, partition)) ?? 0;
    this.fetcher.fetchMore();
  }

  private wanted() {
    const open = this.isOver() ? [] : [...this.holdings.values()].filter(({ from }) => from !== undefined);
    const { maxMessages = DEFAULT_MESSAGES } = this.consumer;
    const places = open.flatMap(({ topic, partition, from, fetched }) =>
      from !== undefined && fetched.length < maxMessages ? [{ topic, partition, from }] : [],
    );
    return { places, othersHaveEnough: places.length < open.length };
  }

  private onFound({ place, state, messages, next, end }: Found): void {
    this.isAway = false;
    const holding = this.holdings.get(nameOf(place.topic, place.partition));
    if (!holding || holding.from !== place.from) return; // given back, or taken anew, meanwhile
    if (state === 'gone') this.skip(holding).catch((error) => this.crash(error));
    if (state !== 'found') return;
    for (const message of messages) holding.fetched.push(message);
    holding.from = next;
    holding.end = end;
    this.deliver(holding);
  }

  /** Retention was quicker, or the offset never was: reading goes on at the nearest one that is there. */
  private async skip(holding: Holding): Promise<void> {
    const { topic, partition, from = 0 } = holding;
    const { prefix = '' } = this.needs.place;
    holding.from = undefined;
    const offsets = await persist(
      () => offsetsOf(this.needs.admin, prefix + topic),
      () => this.rebalancing,
    );
    const { first = 0, next = 0 } = offsets[partition] ?? {};
    holding.from = Math.min(Math.max(from, first), next);
    const { group } = this.consumer;
    this.needs.telemetry.log.info('offset was not in the log', {
      group,
      topic,
      partition,
      from,
      to: holding.from,
    });
    this.fetcher.fetchMore();
  }

  private onAway(reason: string): void {
    if (this.isAway) return;
    this.isAway = true;
    this.needs.telemetry.log.warn('Kafka gave no messages; reading waits', {
      group: this.consumer.group,
      reason,
    });
  }

  private isOver(): boolean {
    return this.ending || this.paused || this.rebalancing;
  }

  private deliver(holding: Holding): void {
    if (holding.running) return;
    holding.running = true;
    const run = this.deliverAll(holding)
      .catch((error) => this.crash(error))
      .finally(() => this.running.delete(run));
    this.running.add(run);
  }

  private async deliverAll(holding: Holding): Promise<void> {
    const { topic, partition } = holding;
    const { maxMessages = DEFAULT_MESSAGES, onBatch } = this.consumer;
    while (holding.fetched.length > 0 && !this.isOver() && !holding.lost) {
      const messages = holding.fetched.splice(0, maxMessages);
      const last = messages.at(-1);
      if (!last) return;
      if (holding.fetched.length < maxMessages) this.fetcher.fetchMore();
      const remaining = Math.max(0, holding.end - 1 - last.offset);
      await onBatch({ topic, partition, messages, remaining, isStale: () => holding.lost || this.silent() });
    }
    holding.running = false; // in the turn of the last look: what comes later begins anew
  }

  /** Whether the group must have gone on without this consumer, be it that nobody could tell it. */
  private silent(): boolean {
    return Date.now() - this.heardAt > this.needs.times.sessionTimeoutMs;
  }

  private beat(): void {
    if (this.beatUnderWay || this.member.isJoining) return;
    this.beatUnderWay = true;
    this.beatOnce()
      .catch((error) => {
        if (!isPassing(error)) this.crash(error);
      })
      .finally(() => {
        this.beatUnderWay = false;
      });
  }

  private async beatOnce(): Promise<void> {
    const at = Date.now();
    const said = await this.member.beat();
    if (said === 'lost') for (const holding of this.holdings.values()) holding.lost = true;
    else this.heardAt = at;
    if (said !== 'held' && !this.ending) this.joinAnew();
  }

  private joinAnew(): void {
    this.joining ??= this.changeHands()
      .catch((error) => {
        if (!this.ending) this.crash(error);
      })
      .finally(() => {
        this.joining = undefined;
      });
  }

  private async changeHands(): Promise<void> {
    await this.giveBack();
    if (this.ending) return;
    this.take(await this.member.join(() => this.ending));
  }
}

const nameOf = (topic: Topic, partition: number): string => `${topic}/${partition}`;
