import type { Admin } from '@platformatic/kafka';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Consumer, Subscription } from './bus.ts';
import { Ending, leaveInTime } from './ending.ts';
import { Commits } from './kafka-commits.ts';
import type { KafkaPlace, kafkaTimes } from './kafka-place.ts';
import { PlatformaticClient, persist } from './platformatic-client.ts';
import { isPassing } from './platformatic-errors.ts';
import { type Assignment, GroupMember } from './platformatic-member.ts';
import { committedOf } from './platformatic-offsets.ts';
import { PartitionReader } from './platformatic-reader.ts';

/** How long the members of a group may take to end their batches when it changes. */
const REBALANCE_MS = 60_000;

export interface PlatformaticSubscriptionNeeds {
  readonly place: KafkaPlace;
  readonly admin: Admin;
  readonly telemetry: Telemetry;
  readonly times: ReturnType<typeof kafkaTimes>;
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
  private readonly reader: PartitionReader;
  private readonly commits: Commits;
  private readonly topicOf: ReadonlyMap<string, Topic>;
  private beating: NodeJS.Timeout | undefined;
  private beatUnderWay = false;
  private heardAt = Date.now();
  private readonly ending: Ending;
  private joining: Promise<void> | undefined;

  constructor(
    needs: PlatformaticSubscriptionNeeds,
    consumer: Consumer,
    onEnded: (subscription: PlatformaticSubscription) => void,
  ) {
    this.needs = needs;
    this.consumer = consumer;
    this.onEnded = onEnded;
    const { place, admin, telemetry } = needs;
    const { prefix = '' } = place;
    const { sessionTimeoutMs, maxWaitMs } = needs.times;
    const rebalanceTimeoutMs = Math.max(REBALANCE_MS, sessionTimeoutMs);
    this.topicOf = new Map(consumer.topics.map((topic) => [prefix + topic, topic]));
    this.ending = new Ending({ group: consumer.group, telemetry, leave: () => this.leaveGroup() });
    this.failed = this.ending.failed;
    this.groupClient = new PlatformaticClient(place, rebalanceTimeoutMs + sessionTimeoutMs);
    this.fetchClient = new PlatformaticClient(place);
    this.member = new GroupMember({
      client: this.groupClient,
      groupId: prefix + consumer.group,
      topics: new Map([...this.topicOf].map(([name, topic]) => [name, TOPICS[topic].partitions])),
      sessionTimeoutMs,
      rebalanceTimeoutMs,
    });
    this.reader = new PartitionReader({
      ...{ consumer, client: this.fetchClient, admin, prefix, maxWaitMs, telemetry },
      isSilent: () => Date.now() - this.heardAt > sessionTimeoutMs,
      onFailed: (error) => this.crash(error),
    });
    this.commits = new Commits({
      group: consumer.group,
      telemetry,
      held: () => this.reader.held(),
      send: (offsets) => this.member.commit(offsets.map((one) => ({ ...one, topic: prefix + one.topic }))),
    });
  }

  /** Joins the group; ends when the first share is taken. Throws the library's errors when no broker lets it in. */
  async join(): Promise<void> {
    await this.groupClient.metadata([]); // whoever is not let in is told now, not after long trying
    this.take(await this.member.join(() => this.ending.hasBegun));
    this.beating = setInterval(() => this.beat(), this.needs.times.heartbeatMs);
    await this.reader.opened();
  }

  commit(topic: Topic, partition: number, offset: number): Promise<void> {
    return this.commits.commit(this.reader.find(topic, partition), { topic, partition, offset });
  }

  pause(): void {
    this.reader.pause();
  }

  resume(): void {
    this.reader.resume();
  }

  close(): Promise<void> {
    return this.ending.close();
  }

  private async leaveGroup(): Promise<void> {
    await this.reader.giveBack();
    this.reader.stop();
    clearInterval(this.beating);
    await leaveInTime({ ...this.consumer, ...this.needs }, this.leave());
    this.onEnded(this);
  }

  private async leave(): Promise<void> {
    if (this.joining) this.groupClient.drop(); // the others may be long in coming
    await this.joining;
    await this.member.leave().catch(() => undefined); // the session runs out by itself
    await Promise.all([this.groupClient.close(), this.fetchClient.close()]);
  }

  private crash(error: unknown): void {
    this.ending.crash(error);
  }

  private take(share: Assignment): void {
    this.heardAt = Date.now();
    if (this.ending.hasBegun) return;
    const places = [...share].flatMap(([name, partitions]) => {
      const topic = this.topicOf.get(name);
      return topic ? partitions.map((partition) => ({ topic, partition })) : [];
    });
    const { prefix = '' } = this.needs.place;
    const { topics, group } = this.consumer;
    this.reader.take(places, () =>
      persist(
        () => committedOf(this.groupClient, { prefix, group, topics }),
        () => this.reader.isGiving(),
      ),
    );
  }

  /** Goes on while batches run and while partitions are given back; a join is a sign of life by itself. */
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
    // A broker that says nothing at all is left; the next beat looks for the group anew.
    const late = setTimeout(() => this.groupClient.drop(), this.needs.times.sessionTimeoutMs);
    const said = await this.member.beat().finally(() => clearTimeout(late));
    if (said === 'lost') this.reader.lose();
    else this.heardAt = at;
    if (said !== 'held' && !this.ending.hasBegun) this.joinAnew();
  }

  private joinAnew(): void {
    this.joining ??= this.changeHands()
      .catch((error) => {
        if (!this.ending.hasBegun) this.crash(error);
      })
      .finally(() => {
        this.joining = undefined;
      });
  }

  private async changeHands(): Promise<void> {
    await this.reader.giveBack();
    if (this.ending.hasBegun) return;
    this.take(await this.member.join(() => this.ending.hasBegun));
  }
}
