import type { Admin } from 'kafkajs';
import { LogsterError } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import { type KafkaPlace, MESSAGE_BYTES } from './kafka-place.ts';
import { isRetriable } from './kafkajs-own.ts';

/**
 * Creates the topics that are missing and checks those that are there. A topic with another number of partitions is
 * refused: its keys would lie elsewhere, and an endpoint's events would come out of order.
 */
export async function prepareTopics(admin: Admin, place: KafkaPlace): Promise<readonly Topic[]> {
  const { prefix = '', replication = 1, topics = Object.keys(TOPICS) as Topic[] } = place;
  const present = new Set(await admin.listTopics());
  const missing = topics.filter((topic) => !present.has(prefix + topic));
  if (missing.length > 0)
    await admin.createTopics({
      waitForLeaders: false, // kafkajs asks once, before the controller has told the brokers
      topics: missing.map((topic) => ({
        topic: prefix + topic,
        numPartitions: TOPICS[topic].partitions,
        replicationFactor: replication,
        configEntries: [
          { name: 'retention.ms', value: String(TOPICS[topic].retentionHours * 3_600_000) },
          { name: 'max.message.bytes', value: String(MESSAGE_BYTES) },
          { name: 'message.timestamp.type', value: 'LogAppendTime' }, // one clock, whatever those of shippers say
          ...(replication > 2 ? [{ name: 'min.insync.replicas', value: String(replication - 1) }] : []),
        ],
      })),
    }); // false when another replica was quicker, which is as good
  await checkPartitions(admin, prefix, topics);
  return missing;
}

const TRIES = 100;
const PAUSE_MS = 100;

/** Asks again what a topic or leader that is just being made, or a broker that has just come back, did not answer. */
export async function again<T>(ask: () => Promise<T>): Promise<T> {
  for (let tries = 1; ; tries += 1) {
    try {
      return await ask();
    } catch (error) {
      if (!isRetriable(error) || tries === TRIES) throw error;
      await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
    }
  }
}

async function checkPartitions(admin: Admin, prefix: string, topics: readonly Topic[]): Promise<void> {
  const names = topics.map((topic) => prefix + topic);
  const { topics: found } = await again(() => admin.fetchTopicMetadata({ topics: names }));
  for (const { name, partitions } of found) {
    const topic = name.slice(prefix.length) as Topic;
    const wanted = TOPICS[topic].partitions;
    if (partitions.length === wanted) continue;
    throw new LogsterError(
      'config-invalid',
      `Topic ${name} has ${partitions.length} partitions and Logster needs ${wanted}: with another number an endpoint's events lose their order. Move to a new topic (kafka.prefix) or recreate it empty`,
    );
  }
}
