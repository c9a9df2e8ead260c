import { randomUUID } from 'node:crypto';
import { type Admin, Kafka, type LogEntry, logLevel, type SASLOptions } from 'kafkajs';
import { LogsterError } from '../../contracts/errors.ts';
import type { Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import type { Bus, Received } from './bus.ts';
import { checkCompression } from './kafka-codecs.ts';
import {
  checkPlace,
  type KafkaPlace,
  kafkaAway,
  kafkaTimes,
  type Sasl,
  tlsOf,
  tokenOf,
} from './kafka-place.ts';
import { KafkaPublisher } from './kafka-publisher.ts';
import { KafkaSubscription } from './kafka-subscription.ts';
import { prepareTopics } from './kafka-topics.ts';
import { received } from './kafkajs-message.ts';
import { prepareKafkajs, soleAssigner } from './kafkajs-own.ts';
import { kafkajsSender } from './kafkajs-sender.ts';
import { again, kafkajsTopics } from './kafkajs-topics.ts';
import { checkConsumer } from './subscription.ts';

const CLOSE_MS = 10_000;
const READ_MS = 30_000;

/**
 * The log in Kafka through kafkajs. Topics are made and checked when it opens. A message is confirmed when all in-sync
 * replicas have it. Throws `unavailable` when no broker answers, `config-invalid` when a topic has another number of
 * partitions.
 */
export async function kafkaBus(place: KafkaPlace): Promise<Bus> {
  checkPlace(place);
  prepareKafkajs();
  const { prefix = '', telemetry = unheard, compression = 'lz4' } = place;
  checkCompression(compression);
  const kafka = clientOf(place, telemetry);
  const admin = kafka.admin();
  const publisher = new KafkaPublisher(kafkajsSender(kafka, prefix, compression), telemetry);
  try {
    await admin.connect();
    await prepareTopics(kafkajsTopics(admin), place);
    await publisher.connect();
  } catch (cause) {
    await Promise.all([admin.disconnect(), publisher.close(0)]);
    throw cause instanceof LogsterError ? cause : kafkaAway(place, cause);
  }
  const subscriptions = new Set<KafkaSubscription>();
  let closed = false;
  const needOpen = (): void => {
    if (closed) throw new LogsterError('closed', 'The bus was closed');
  };

  return {
    async publish(topic, messages) {
      needOpen();
      if (messages.length > 0) await publisher.publish(topic, messages);
    },
    async subscribe(consumer) {
      needOpen();
      checkConsumer(consumer);
      const needs = { kafka, prefix, telemetry, times: kafkaTimes(place) };
      const subscription = new KafkaSubscription(needs, consumer, (ended) => subscriptions.delete(ended));
      subscriptions.add(subscription);
      await subscription.join().catch(async (cause: unknown) => {
        await subscription.close();
        throw kafkaAway(place, cause);
      });
      return subscription;
    },
    async lag(group, topic) {
      needOpen();
      const [offsets, committed] = await Promise.all([
        offsetsOf(admin, prefix + topic),
        committedOf(admin, prefix + group, prefix + topic),
      ]);
      return offsets.map(
        ({ first, next }, partition) => next - Math.max(first, committed.get(partition) ?? 0),
      );
    },
    async read(topic, partition, offset, limit) {
      needOpen();
      const { next = 0 } = (await offsetsOf(admin, prefix + topic))[partition] ?? {};
      if (limit < 1 || offset >= next) return [];
      return readSome(kafka, admin, { topic, partition, offset, limit, next, prefix });
    },
    async offsets(topic) {
      needOpen();
      return offsetsOf(admin, prefix + topic);
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await publisher.close(CLOSE_MS);
      await admin.disconnect();
    },
  };
}

/** A client for tools that only look at topics: connected, closed by its caller. */
export async function kafkaAdmin(place: KafkaPlace): Promise<Admin> {
  checkPlace(place);
  prepareKafkajs();
  const admin = clientOf(place, place.telemetry ?? unheard).admin();
  await admin.connect().catch((cause: unknown) => {
    throw kafkaAway(place, cause);
  });
  return admin;
}

function clientOf(place: KafkaPlace, telemetry: Telemetry): Kafka {
  const ssl = tlsOf(place);
  return new Kafka({
    clientId: place.clientId ?? 'logster',
    brokers: [...place.brokers],
    ...(ssl && { ssl }),
    ...(place.sasl && { sasl: saslOf(place.sasl) }),
    connectionTimeout: 5_000,
    requestTimeout: 30_000,
    retry: { retries: 6, initialRetryTime: 100, maxRetryTime: 2_000 },
    logLevel: logLevel.WARN,
    // kafkajs calls an error what it mends by itself a moment later; what matters is told by the port
    logCreator:
      () =>
      ({ namespace, log }: LogEntry) =>
        telemetry.log.debug(log.message, { kafkajs: namespace }),
  });
}

function saslOf(sasl: Sasl): SASLOptions {
  if (sasl.mechanism !== 'oauthbearer') return sasl;
  const { tokenFile } = sasl;
  return {
    mechanism: 'oauthbearer',
    oauthBearerProvider: async () => ({ value: await tokenOf(tokenFile) }),
  };
}

async function offsetsOf(admin: Admin, topic: string) {
  const offsets = await again(() => admin.fetchTopicOffsets(topic));
  return offsets
    .sort((a, b) => a.partition - b.partition)
    .map(({ low, high }) => ({ first: Number(low), next: Number(high) }));
}

/** Offsets by partition; none where the group has not committed. */
async function committedOf(
  admin: Admin,
  groupId: string,
  topic: string,
): Promise<ReadonlyMap<number, number>> {
  const [found] = await again(() => admin.fetchOffsets({ groupId, topics: [topic] }));
  const known = (found?.partitions ?? []).filter(({ offset }) => Number(offset) >= 0);
  return new Map(known.map(({ partition, offset }) => [partition, Number(offset)]));
}

interface Reading {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
  readonly limit: number;
  readonly next: number;
  readonly prefix: string;
}

/** kafkajs reads through groups alone, so a tool's read is a group of one that is gone afterwards. */
async function readSome(kafka: Kafka, admin: Admin, reading: Reading): Promise<readonly Received[]> {
  const { topic, partition, offset, limit, next, prefix } = reading;
  const groupId = `${prefix}logster-read-${randomUUID()}`;
  const assigner = soleAssigner(prefix + topic, partition);
  const consumer = kafka.consumer({ groupId, partitionAssigners: [assigner], maxWaitTimeInMs: 100 });
  const found: Received[] = [];
  try {
    await consumer.connect();
    await consumer.subscribe({ topic: prefix + topic, fromBeginning: true });
    await new Promise<void>((resolve, reject) => {
      const late = setTimeout(
        () =>
          reject(
            new LogsterError('unavailable', `Kafka gave nothing of ${topic} within ${READ_MS / 1000} s`),
          ),
        READ_MS,
      );
      consumer.on(consumer.events.CRASH, ({ payload }) => reject(payload.error));
      const eachBatch = async ({ batch, resolveOffset }: Parameters<EachBatch>[0]) => {
        for (const message of batch.messages) {
          if (Number(message.offset) >= offset && found.length < limit)
            found.push(received(message, topic, partition));
          resolveOffset(message.offset);
        }
        if (found.length < limit && Number(batch.lastOffset()) + 1 < next) return;
        clearTimeout(late);
        resolve();
      };
      consumer.run({ autoCommit: false, eachBatch }).catch(reject);
      consumer.seek({ topic: prefix + topic, partition, offset: String(offset) });
    });
    return found;
  } finally {
    await consumer.disconnect();
    await admin.deleteGroups([groupId]).catch(() => undefined); // an empty group expires by itself
  }
}

type EachBatch = NonNullable<NonNullable<Parameters<ReturnType<Kafka['consumer']>['run']>[0]>['eachBatch']>;
