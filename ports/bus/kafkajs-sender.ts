import { CompressionTypes, type Kafka, type Producer } from 'kafkajs';
import { reasonOf } from '../../contracts/errors.ts';
import type { Topic } from '../../contracts/topics.ts';
import type { Item, RequestSender } from './kafka-publisher.ts';
import type { Compression } from './kafka-settings.ts';
import { isRetriable } from './kafkajs-own.ts';

const TYPES: Readonly<Record<Compression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
/** The broker does not know this producer's numbers any more; a new one begins again. */
const LOST_NUMBERS = /UNKNOWN_PRODUCER_ID|INVALID_PRODUCER|OUT_OF_ORDER_SEQUENCE|PRODUCER_FENCED/;

/** Stores requests through kafkajs. */
export function kafkajsSender(kafka: Kafka, prefix: string, compression: Compression): RequestSender {
  let producer = producerOf(kafka);
  return {
    connect: () => producer.connect(),
    async send(items) {
      const topicMessages = byTopic(items, prefix);
      await producer.sendBatch({ acks: -1, compression: TYPES[compression], topicMessages });
    },
    remedyFor(error) {
      if (LOST_NUMBERS.test(reasonOf(error))) return 'renumber';
      return isRetriable(error) ? 'again' : undefined;
    },
    reasonOf,
    async renumber() {
      await producer.disconnect().catch(() => undefined); // it is given up either way
      producer = producerOf(kafka);
      await producer.connect();
    },
    close: () => producer.disconnect(),
  };
}

function producerOf(kafka: Kafka): Producer {
  return kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
}

function byTopic(items: readonly Item[], prefix: string) {
  const topics = new Map<
    Topic,
    { key: string; value: Buffer; partition: number; headers?: Record<string, string> }[]
  >();
  for (const { order, message, partition } of items) {
    const { key, value, headers } = message;
    const messages = topics.get(order.topic) ?? [];
    topics.set(order.topic, messages);
    messages.push({ key, value, partition, ...(headers && { headers: { ...headers } }) });
  }
  return [...topics].map(([topic, messages]) => ({ topic: prefix + topic, messages }));
}
