import { type Admin, ListOffsetTimestamps } from '@platformatic/kafka';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import { askAgain, type TopicKeeper, type TopicPlan } from './kafka-topics.ts';
import type { PlatformaticClient } from './platformatic-client.ts';
import { isPassing } from './platformatic-errors.ts';
import { coordinatorOf } from './platformatic-member.ts';

/** Topics through @platformatic/kafka. */
export function platformaticTopics(admin: Admin): TopicKeeper {
  return {
    list: () => admin.listTopics(),
    async create(plans) {
      for (const plan of plans) await create(admin, plan);
    },
    async count(names) {
      const { topics } = await askAgain(
        () => admin.metadata({ topics: [...names], forceUpdate: true }),
        isPassing,
      );
      return new Map([...topics].map(([name, { partitionsCount }]) => [name, partitionsCount]));
    },
  };
}

/** The first and the next offset of every partition of a topic, by its full name. */
export async function offsetsOf(admin: Admin, name: string) {
  return askAgain(async () => {
    const { topics } = await admin.metadata({ topics: [name] });
    const partitions = Array.from({ length: topics.get(name)?.partitionsCount ?? 0 }, (_, index) => index);
    const at = async (timestamp: bigint) => {
      const places = partitions.map((partitionIndex) => ({ partitionIndex, timestamp }));
      const [listed] = await admin.listOffsets({ topics: [{ name, partitions: places }] });
      return new Map(
        listed?.partitions.map(({ partitionIndex, offset }) => [partitionIndex, Number(offset)]),
      );
    };
    const [first, next] = await Promise.all([
      at(ListOffsetTimestamps.EARLIEST),
      at(ListOffsetTimestamps.LATEST),
    ]);
    return partitions.map((partition) => ({
      first: first.get(partition) ?? 0,
      next: next.get(partition) ?? 0,
    }));
  }, isPassing);
}

interface Committed {
  readonly prefix: string;
  readonly group: string;
  readonly topics: readonly Topic[];
}

/** What a group has committed, by topic and partition as `topic/partition`; none where it has not. */
export async function committedOf(
  client: PlatformaticClient,
  { prefix, group, topics }: Committed,
): Promise<ReadonlyMap<string, number>> {
  const groupId = prefix + group;
  const asked = topics.map((topic) => ({
    name: prefix + topic,
    partitionIndexes: Array.from({ length: TOPICS[topic].partitions }, (_, index) => index),
  }));
  const coordinator = await coordinatorOf(client, groupId);
  const wanted = { groupId, memberId: null, memberEpoch: -1, topics: asked };
  const { groups } = await client.ask('OffsetFetch', coordinator, [wanted], false);
  const found = groups.flatMap((one) => one.topics);
  return new Map(
    found.flatMap(({ name, partitions }) =>
      partitions
        .filter(({ committedOffset }) => committedOffset >= 0n)
        .map(({ partitionIndex, committedOffset }) => [
          `${name.slice(prefix.length)}/${partitionIndex}`,
          Number(committedOffset),
        ]),
    ),
  );
}

async function create(admin: Admin, { name, partitions, replication, settings }: TopicPlan): Promise<void> {
  try {
    const configs = settings.map((one) => ({ ...one }));
    await admin.createTopics({ topics: [name], partitions, replicas: replication, configs });
  } catch (error) {
    if (!(await admin.listTopics()).includes(name)) throw error; // else another replica was quicker
  }
}
