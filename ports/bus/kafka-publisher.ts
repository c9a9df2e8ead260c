import { CompressionTypes, type Kafka, type Producer } from 'kafkajs';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Message } from './bus.ts';
import { MESSAGE_BYTES, REQUEST_BYTES } from './kafka-place.ts';
import type { Compression } from './kafka-settings.ts';
import { isRetriable } from './kafkajs-own.ts';
import { partitionOf } from './partition-of.ts';

const TYPES: Readonly<Record<Compression, CompressionTypes>> = {
  none: CompressionTypes.None,
  gzip: CompressionTypes.GZIP,
  snappy: CompressionTypes.Snappy,
  lz4: CompressionTypes.LZ4,
  zstd: CompressionTypes.ZSTD,
};
/** All partitions together; a broker takes 100 MB. */
const ALL_BYTES = 16 * 2 ** 20;
/** Key, headers and lengths beside a value. */
const OVERHEAD_BYTES = 100;
const RETRY_MS = 500;
/** The broker does not know this producer's numbers any more; a new one begins again. */
const LOST_NUMBERS = /UNKNOWN_PRODUCER_ID|INVALID_PRODUCER|OUT_OF_ORDER_SEQUENCE|PRODUCER_FENCED/;

export interface PublisherNeeds {
  readonly kafka: Kafka;
  readonly prefix: string;
  readonly compression: Compression;
  readonly telemetry: Telemetry;
}

/** Messages of one `publish`, all confirmed or refused together. */
interface Order {
  readonly topic: Topic;
  left: number; // messages not yet confirmed
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

interface Item {
  readonly order: Order;
  readonly message: Message;
  readonly partition: number;
  readonly bytes: number;
}

/**
 * Sends in the order of `publish` with one request under way, so that a retry cannot overtake; what is published
 * meanwhile shares the next request. The producer is idempotent and waits for all replicas: a request that is sent
 * again, unchanged, is stored once. While no broker answers, publishing waits; only a message that the broker will never
 * take is refused.
 */
export class KafkaPublisher {
  private readonly needs: PublisherNeeds;
  private producer: Producer;
  private items: Item[] = [];
  private sending: Promise<void> | undefined;
  private closed = false;

  constructor(needs: PublisherNeeds) {
    this.needs = needs;
    this.producer = producerOf(needs.kafka);
  }

  async connect(): Promise<void> {
    await this.producer.connect();
  }

  publish(topic: Topic, messages: readonly Message[]): Promise<void> {
    const { partitions } = TOPICS[topic];
    const tooLarge = messages.find((message) => bytesOf(message) > MESSAGE_BYTES - OVERHEAD_BYTES);
    if (tooLarge)
      return Promise.reject(
        new LogsterError(
          'input-invalid',
          `A message of ${bytesOf(tooLarge)} bytes is larger than topic ${topic} takes (${MESSAGE_BYTES})`,
        ),
      );
    return new Promise((done, fail) => {
      const order: Order = { topic, left: messages.length, done, fail };
      for (const message of messages)
        this.items.push({
          order,
          message,
          partition: partitionOf(message.key, partitions),
          bytes: bytesOf(message) + OVERHEAD_BYTES,
        });
      this.sending ??= this.sendAll();
    });
  }

  /** Waits for what was published, at most so long. */
  async close(withinMs: number): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([this.sending, late]);
    this.closed = true;
    await Promise.race([this.producer.disconnect(), late]);
  }

  private async sendAll(): Promise<void> {
    await Promise.resolve(); // what is published in the same turn goes together
    while (this.items.length > 0 && !this.closed) {
      const count = countOfRequest(this.items);
      await this.sendOrRefuse(this.items.slice(0, count));
      this.items = this.items.slice(count);
    }
    this.sending = undefined; // in the turn of the last look: what comes later begins anew
    for (const { order } of this.items) order.fail(new LogsterError('closed', 'The bus was closed'));
  }

  private async sendOrRefuse(items: readonly Item[]): Promise<void> {
    try {
      await this.send(items);
      for (const { order } of items) {
        order.left -= 1;
        if (order.left === 0) order.done();
      }
    } catch (error) {
      const orders = [...new Set(items.map(({ order }) => order))];
      if (orders.length === 1) orders[0]?.fail(error);
      else for (const order of orders) await this.sendOrRefuse(items.filter((item) => item.order === order));
    }
  }

  /** Tries until it is stored; throws what no trying again can mend. */
  private async send(items: readonly Item[]): Promise<void> {
    const { prefix, compression, telemetry, kafka } = this.needs;
    const batch = { acks: -1, compression: TYPES[compression], topicMessages: byTopic(items, prefix) };
    for (let tries = 0; ; tries += 1) {
      try {
        await this.producer.sendBatch(batch);
        if (tries > 0) telemetry.log.info('Kafka took messages again', { tries });
        return;
      } catch (error) {
        const isLost = LOST_NUMBERS.test(reasonOf(error));
        if (this.closed || !(isLost || isRetriable(error))) throw error;
        telemetry.metrics.count('bus_publish_retries_total');
        if (tries === 0) telemetry.log.warn('Kafka took no messages; they wait', { reason: reasonOf(error) });
        if (isLost) {
          await this.producer.disconnect().catch(() => undefined); // it is given up either way
          this.producer = producerOf(kafka);
        }
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        await this.producer.connect().catch(() => undefined); // the next try says what is wrong
      }
    }
  }
}

function producerOf(kafka: Kafka): Producer {
  return kafka.producer({
    idempotent: true,
    maxInFlightRequests: 1,
    allowAutoTopicCreation: false,
    retry: { retries: 4, initialRetryTime: 100, maxRetryTime: 1_000 },
  });
}

function bytesOf({ key, value, headers = {} }: Message): number {
  let bytes = value.length + Buffer.byteLength(key);
  for (const [name, text] of Object.entries(headers)) bytes += name.length + Buffer.byteLength(text);
  return bytes;
}

/** As many items as one request holds: a batch per partition within a broker's limit, at least one item. */
function countOfRequest(items: readonly Item[]): number {
  const perPartition = new Map<string, number>();
  let all = 0;
  for (const [count, { order, partition, bytes }] of items.entries()) {
    const place = `${order.topic}/${partition}`;
    const there = (perPartition.get(place) ?? 0) + bytes;
    all += bytes;
    if (count > 0 && (there > REQUEST_BYTES || all > ALL_BYTES)) return count;
    perPartition.set(place, there);
  }
  return items.length;
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
