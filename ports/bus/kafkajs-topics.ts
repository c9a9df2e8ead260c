import type { Admin } from 'kafkajs';
import { askAgain, type TopicKeeper } from './kafka-topics.ts';
import { isRetriable } from './kafkajs-own.ts';

/** Asks again while kafkajs says that it may help. */
export const again = <T>(ask: () => Promise<T>): Promise<T> => askAgain(ask, isRetriable);

/** Topics through kafkajs. */
export function kafkajsTopics(admin: Admin): TopicKeeper {
  return {
    list: () => admin.listTopics(),
    async create(plans) {
      await admin.createTopics({
        waitForLeaders: false, // kafkajs asks once, before the controller has told the brokers
        topics: plans.map(({ name, partitions, replication, settings }) => ({
          topic: name,
          numPartitions: partitions,
          replicationFactor: replication,
          configEntries: [...settings],
        })),
      });
    },
    async count(names) {
      const { topics } = await again(() => admin.fetchTopicMetadata({ topics: [...names] }));
      return new Map(topics.map(({ name, partitions }) => [name, partitions.length]));
    },
  };
}
