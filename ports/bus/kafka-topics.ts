import { LogsterError } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import { type KafkaPlace, MESSAGE_BYTES } from './kafka-place.ts';

/** A topic as Logster makes it. */
export interface TopicPlan {
  readonly name: string;
  readonly partitions: number;
  readonly replication: number;
  readonly settings: readonly { readonly name: string; readonly value: string }[];
}

/** What one engine can do with topics. */
export interface TopicKeeper {
  list(): Promise<readonly string[]>;
  /** Makes them; one that another replica made meanwhile is as good. */
  create(plans: readonly TopicPlan[]): Promise<void>;
  /** Partitions by topic; waits for a topic that is just being made. */
  count(names: readonly string[]): Promise<ReadonlyMap<string, number>>;
}

/**
 * Creates the topics that are missing and checks those that are there. A topic with another number of partitions is
 * refused: its keys would lie elsewhere, and an endpoint's events would come out of order.
 */
export async function prepareTopics(keeper: TopicKeeper, place: KafkaPlace): Promise<readonly Topic[]> {
  const { prefix = '', replication = 1, topics = Object.keys(TOPICS) as Topic[] } = place;
  const present = new Set(await keeper.list());
  const missing = topics.filter((topic) => !present.has(prefix + topic));
  if (missing.length > 0) await keeper.create(missing.map((topic) => planOf(topic, prefix, replication)));
  const counts = await keeper.count(topics.map((topic) => prefix + topic));
  for (const topic of topics) {
    const name = prefix + topic;
    const count = counts.get(name);
    if (count === TOPICS[topic].partitions) continue;
    throw new LogsterError(
      'config-invalid',
      `Topic ${name} has ${count} partitions and Logster needs ${TOPICS[topic].partitions}: with another number an endpoint's events lose their order. Move to a new topic (kafka.prefix) or recreate it empty`,
    );
  }
  return missing;
}

function planOf(topic: Topic, prefix: string, replication: number): TopicPlan {
  const { partitions, retentionHours } = TOPICS[topic];
  return {
    name: prefix + topic,
    partitions,
    replication,
    settings: [
      { name: 'retention.ms', value: String(retentionHours * 3_600_000) },
      { name: 'max.message.bytes', value: String(MESSAGE_BYTES) },
      { name: 'message.timestamp.type', value: 'LogAppendTime' }, // one clock, whatever those of shippers say
      ...(replication > 2 ? [{ name: 'min.insync.replicas', value: String(replication - 1) }] : []),
    ],
  };
}

const TRIES = 100;
const PAUSE_MS = 100;

/** Asks again what a topic or leader that is just being made, or a broker that has just come back, did not answer. */
export async function askAgain<T>(ask: () => Promise<T>, mayHelp: (error: unknown) => boolean): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!mayHelp(error) || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}
