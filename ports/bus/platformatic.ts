import { Admin } from '@platformatic/kafka';
import { LogsterError } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import { unheard } from '../unheard.ts';
import type { Bus, Received } from './bus.ts';
import { checkCompression } from './kafka-codecs.ts';
import { checkPlace, type KafkaPlace, kafkaAway, kafkaTimes } from './kafka-place.ts';
import { KafkaPublisher } from './kafka-publisher.ts';
import { askAgain, prepareTopics } from './kafka-topics.ts';
import { clientOptions, PlatformaticClient } from './platformatic-client.ts';
import { innermostReason, isPassing } from './platformatic-errors.ts';
import { fetchFrom } from './platformatic-fetch.ts';
import { committedOf, offsetsOf, platformaticTopics } from './platformatic-offsets.ts';
import { platformaticSender } from './platformatic-sender.ts';
import { PlatformaticSubscription } from './platformatic-subscription.ts';
import { checkConsumer } from './subscription.ts';

const CLOSE_MS = 10_000;
/** A tool's read asks for so much at once. */
const READ_BYTES = 2 ** 20;
const READ_WAIT_MS = 100;

/**
 * The log in Kafka through @platformatic/kafka, with the promises of `kafkaBus`: topics are made and checked when it
 * opens, a message is confirmed when all in-sync replicas have it, and members of both share a group. Throws
 * `unavailable` when no broker answers or it lets nobody in, `config-invalid` when a topic has another number of
 * partitions.
 */
export async function platformaticBus(place: KafkaPlace): Promise<Bus> {
  checkPlace(place);
  const { prefix = '', telemetry = unheard, compression = 'lz4' } = place;
  checkCompression(compression);
  const admin = new Admin(clientOptions(place));
  const client = new PlatformaticClient(place);
  const publisher = new KafkaPublisher(platformaticSender(place, prefix, compression), telemetry);
  const away = (cause: unknown) => kafkaAway(place, cause, innermostReason(cause));
  try {
    await prepareTopics(platformaticTopics(admin), place);
    await publisher.connect();
  } catch (cause) {
    await Promise.all([admin.close(), client.close(), publisher.close(0)]);
    throw cause instanceof LogsterError ? cause : away(cause);
  }
  const subscriptions = new Set<PlatformaticSubscription>();
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
      const needs = { place, admin, telemetry, times: kafkaTimes(place) };
      const subscription = new PlatformaticSubscription(needs, consumer, (one) => subscriptions.delete(one));
      subscriptions.add(subscription);
      await subscription.join().catch(async (cause: unknown) => {
        await subscription.close();
        throw away(cause);
      });
      return subscription;
    },
    async lag(group, topic) {
      needOpen();
      const [offsets, committed] = await Promise.all([
        offsetsOf(admin, prefix + topic),
        askAgain(() => committedOf(client, { prefix, group, topics: [topic] }), isPassing),
      ]);
      return offsets.map(
        ({ first, next }, partition) => next - Math.max(first, committed.get(`${topic}/${partition}`) ?? 0),
      );
    },
    async read(topic, partition, offset, limit) {
      needOpen();
      return readSome({ client, prefix, admin, topic, partition, offset, limit });
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
      await Promise.all([admin.close(), client.close()]);
    },
  };
}

interface Reading {
  readonly client: PlatformaticClient;
  readonly admin: Admin;
  readonly prefix: string;
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
  readonly limit: number;
}

/** Up to `limit` messages of those that are there now; what retention took is passed over. */
async function readSome(reading: Reading): Promise<readonly Received[]> {
  const { client, admin, prefix, topic, partition, offset, limit } = reading;
  if (limit < 1 || partition >= TOPICS[topic].partitions) return [];
  const { first = 0, next = 0 } = (await offsetsOf(admin, prefix + topic))[partition] ?? {};
  const found: Received[] = [];
  for (let from = Math.max(offset, first); from < next && found.length < limit; ) {
    const places = [{ topic, partition, from }];
    const needs = { client, prefix, partitionBytes: READ_BYTES };
    const [answer] = await askAgain(() => fetchFrom(needs, places, READ_WAIT_MS), isPassing);
    if (answer?.state === 'gone') break; // taken away meanwhile
    if (answer?.state === 'moved') await client.metadata([prefix + topic], true);
    for (const message of answer?.messages ?? []) if (found.length < limit) found.push(message);
    from = answer?.next ?? next;
  }
  return found;
}
