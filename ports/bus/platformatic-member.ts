import { type Broker, Reader, Writer } from '@platformatic/kafka';
import type { PlatformaticClient } from './platformatic-client.ts';
import { isKafkaError, isPassing } from './platformatic-errors.ts';

/** The other adapter's name and way of sharing, so that members of both can be in one group. */
const PROTOCOL = 'LogsterByNumber';
const PAUSE_MS = 200;
const COMMIT_TRIES = 10;

export interface MemberNeeds {
  readonly client: PlatformaticClient;
  readonly groupId: string;
  /** Topics by full name with their partition counts; every member of the group reads the same. */
  readonly topics: ReadonlyMap<string, number>;
  readonly sessionTimeoutMs: number;
  readonly rebalanceTimeoutMs: number;
}

/** Partitions by full topic name. */
export type Assignment = ReadonlyMap<string, readonly number[]>;

export interface PlacedOffset {
  readonly topic: string; // full name
  readonly partition: number;
  readonly offset: number;
}

/**
 * A member of a consumer group by Kafka's classic protocol, one step a call, so that its owner decides what happens
 * between the news that the group changes and joining it anew. The library's own consumer joins at once.
 */
export class GroupMember {
  private readonly needs: MemberNeeds;
  private coordinator: Broker | undefined;
  private memberId = '';
  private generation = -1;
  private entering = false;

  constructor(needs: MemberNeeds) {
    this.needs = needs;
  }

  /** Whether the group is being joined: then nothing else can be asked. */
  get isJoining(): boolean {
    return this.entering;
  }

  /** Joins, and gives this member's share, when all members have joined. Tries until it is in or `isOver`. */
  async join(isOver: () => boolean): Promise<Assignment> {
    this.entering = true;
    try {
      for (;;) {
        try {
          return await this.joinOnce();
        } catch (error) {
          if (isOver() || !this.mayJoinAfter(error)) throw error;
          await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
        }
      }
    } finally {
      this.entering = false;
    }
  }

  /** Tells the group that this member lives; answers whether it still has its share. */
  async beat(): Promise<'held' | 'rebalancing' | 'lost'> {
    const { client, groupId } = this.needs;
    try {
      await client.ask(
        'Heartbeat',
        await this.findCoordinator(),
        groupId,
        this.generation,
        this.memberId,
        null,
      );
      return 'held';
    } catch (error) {
      if (isKafkaError(error, 'REBALANCE_IN_PROGRESS')) return 'rebalancing';
      if (isKafkaError(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'FENCED_INSTANCE_ID')) {
        this.forget(error);
        return 'lost';
      }
      this.coordinator = undefined;
      throw error;
    }
  }

  /** Stores offsets under the generation that the partitions were given in; throws when the group has moved on. */
  async commit(offsets: readonly PlacedOffset[]): Promise<void> {
    const { client, groupId } = this.needs;
    const { generation, memberId } = this;
    const topics = [...this.needs.topics.keys()]
      .map((name) => ({
        name,
        partitions: offsets
          .filter(({ topic }) => topic === name)
          .map(({ partition, offset }) => ({
            partitionIndex: partition,
            committedOffset: BigInt(offset),
            committedLeaderEpoch: -1,
            committedMetadata: null,
          })),
      }))
      .filter(({ partitions }) => partitions.length > 0);
    for (let tries = 1; ; tries += 1) {
      try {
        await client.ask(
          'OffsetCommit',
          await this.findCoordinator(),
          groupId,
          generation,
          memberId,
          null,
          topics,
        );
        return;
      } catch (error) {
        this.coordinator = undefined;
        if (!isPassing(error) || isKafkaError(error, 'REBALANCE_IN_PROGRESS') || tries === COMMIT_TRIES)
          throw error;
        await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
      }
    }
  }

  /** Leaves, so that the others need not wait for the session to run out. */
  async leave(): Promise<void> {
    const { client, groupId } = this.needs;
    const { memberId } = this;
    if (memberId === '') return;
    await client.ask('LeaveGroup', await this.findCoordinator(), groupId, [{ memberId }]);
  }

  private async joinOnce(): Promise<Assignment> {
    const { client, groupId, topics, sessionTimeoutMs, rebalanceTimeoutMs } = this.needs;
    const coordinator = await this.findCoordinator();
    const protocols = [{ name: PROTOCOL, metadata: writeSubscription([...topics.keys()]) }];
    const joined = await client.ask(
      'JoinGroup',
      coordinator,
      groupId,
      sessionTimeoutMs,
      rebalanceTimeoutMs,
      this.memberId,
      null,
      'consumer',
      protocols,
      null,
    );
    this.memberId = joined.memberId ?? '';
    this.generation = joined.generationId;
    const isLeader = joined.leader === this.memberId;
    const members = joined.members.map(({ memberId }) => memberId);
    const { assignment } = await client.ask(
      'SyncGroup',
      coordinator,
      groupId,
      this.generation,
      this.memberId,
      null,
      'consumer',
      joined.protocolName,
      isLeader ? share(members, topics) : [],
    );
    return readAssignment(assignment);
  }

  /** Remembers what the group said while it refused; gives whether joining again may help. */
  private mayJoinAfter(error: unknown): boolean {
    if (isKafkaError(error, 'MEMBER_ID_REQUIRED')) {
      this.memberId = responseOf(error)?.memberId ?? '';
      return true;
    }
    this.forget(error);
    this.coordinator = undefined;
    return (
      isKafkaError(error, 'UNKNOWN_MEMBER_ID', 'ILLEGAL_GENERATION', 'REBALANCE_IN_PROGRESS') ||
      isPassing(error)
    );
  }

  private forget(error: unknown): void {
    if (isKafkaError(error, 'UNKNOWN_MEMBER_ID', 'FENCED_INSTANCE_ID')) this.memberId = '';
  }

  private async findCoordinator(): Promise<Broker> {
    this.coordinator ??= await coordinatorOf(this.needs.client, this.needs.groupId);
    return this.coordinator;
  }
}

/** The broker that keeps a group. */
export async function coordinatorOf(client: PlatformaticClient, groupId: string): Promise<Broker> {
  const GROUP = 0;
  const { coordinators } = await client.ask('FindCoordinator', undefined, GROUP, [groupId]);
  const [found] = coordinators;
  if (!found) throw new Error(`Kafka named no coordinator of group ${groupId}`);
  return { host: found.host, port: found.port };
}

function responseOf(error: unknown): { readonly memberId?: string } | undefined {
  return (error as { readonly response?: { readonly memberId?: string } }).response;
}

/** Partition n of every topic to the same member, so that topics with the same keys can be read in step. */
function share(members: readonly string[], topics: ReadonlyMap<string, number>) {
  const sorted = members.toSorted();
  const shares = new Map(sorted.map((member) => [member, new Map<string, number[]>()]));
  for (const [topic, count] of topics)
    for (let partition = 0; partition < count; partition += 1) {
      const mine = shares.get(sorted[partition % sorted.length] ?? '');
      mine?.set(topic, [...(mine.get(topic) ?? []), partition]);
    }
  return [...shares].map(([memberId, mine]) => ({ memberId, assignment: writeAssignment(mine) }));
}

// ConsumerProtocolSubscription.json and ConsumerProtocolAssignment.json of Apache Kafka, version 0

function writeSubscription(topics: readonly string[]): Buffer {
  return Writer.create()
    .appendInt16(0)
    .appendArray([...topics], (writer, topic) => writer.appendString(topic, false), false, false)
    .appendBytes(Buffer.alloc(0), false).buffer;
}

function writeAssignment(share: Assignment): Buffer {
  return Writer.create()
    .appendInt16(0)
    .appendArray(
      [...share],
      (writer, [topic, partitions]) =>
        writer
          .appendString(topic, false)
          .appendArray([...partitions], (inner, partition) => inner.appendInt32(partition), false, false),
      false,
      false,
    )
    .appendBytes(Buffer.alloc(0), false).buffer;
}

function readAssignment(bytes: Buffer): Assignment {
  if (bytes.length < 6) return new Map(); // more members than partitions: nothing, or a version alone
  const reader = Reader.from(bytes);
  reader.skip(2);
  const topics = reader.readArray(
    (inner) =>
      [inner.readString(false), inner.readArray((one) => one.readInt32(), false, false) ?? []] as const,
    false,
    false,
  );
  return new Map(topics ?? []);
}
