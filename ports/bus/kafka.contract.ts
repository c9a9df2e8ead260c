import { randomBytes, randomUUID } from 'node:crypto';
import { DEAD_LETTER_TOPIC, EVENTS_TOPIC, TOPICS } from '../../contracts/topics.ts';
import { eventually } from '../eventually.ts';
import { type BusSite, busContract } from './bus.contract.ts';
import type { Bus, Received } from './bus.ts';
import { kafkaAdmin } from './kafka.ts';
import { canWriteZstd } from './kafka-codecs.ts';
import type { KafkaPlace } from './kafka-place.ts';
import { COMPRESSIONS } from './kafka-settings.ts';
import { again } from './kafkajs-topics.ts';
import { partitionOf } from './partition-of.ts';

export interface KafkaSite extends BusSite {
  readonly place: KafkaPlace;
}

/** Topics of its own on a broker, for any number of handles of one adapter. */
export async function kafkaSite(
  open: (place: KafkaPlace) => Promise<Bus>,
  broker: string,
  more: Partial<KafkaPlace> = {},
): Promise<KafkaSite> {
  const place: KafkaPlace = {
    brokers: [broker],
    prefix: `test-${randomUUID()}-`,
    topics: [EVENTS_TOPIC, DEAD_LETTER_TOPIC],
    heartbeatMs: 100,
    maxWaitMs: 100,
    sessionTimeoutMs: 10_000,
    ...more,
  };
  const handles: Bus[] = [];
  return {
    place,
    async open() {
      const bus = await open(place);
      handles.push(bus);
      return bus;
    },
    async cleanUp() {
      for (const bus of handles) await bus.close();
      const admin = await kafkaAdmin(place);
      await admin.deleteTopics({
        topics: [EVENTS_TOPIC, DEAD_LETTER_TOPIC].map((topic) => `${place.prefix}${topic}`),
      });
      await admin.disconnect();
    },
  };
}

/** What an adapter for Kafka promises beyond what every bus does. */
export function kafkaContract(open: (place: KafkaPlace) => Promise<Bus>, broker: string): void {
  const site = (more: Partial<KafkaPlace> = {}) => kafkaSite(open, broker, more);

  describe('as every bus', () => busContract(site));

  const message = (key: string, value: Buffer) => ({ key, value });
  const partition = partitionOf('a', TOPICS[EVENTS_TOPIC].partitions);

  test.each(COMPRESSIONS.filter((one) => one !== 'zstd' || canWriteZstd))(
    'what is written with %s is read by any consumer',
    async (compression) => {
      const here = await site({ compression });
      const bus = await here.open();
      const values = [Buffer.alloc(100_000, 'logster '), randomBytes(70_000), Buffer.alloc(0)];
      await bus.publish(
        EVENTS_TOPIC,
        values.map((value) => message('a', value)),
      );
      const read = await bus.read(EVENTS_TOPIC, partition, 0, 10);
      expect(read.map(({ value }, at) => value.equals(values[at] as Buffer))).toEqual([true, true, true]);
      await here.cleanUp();
    },
  );

  test('what a broker stores with zstd is read by any consumer', async () => {
    const here = await site();
    const admin = await kafkaAdmin(here.place);
    const topic = `${here.place.prefix}${EVENTS_TOPIC}`;
    const numPartitions = TOPICS[EVENTS_TOPIC].partitions;
    const configEntries = [{ name: 'compression.type', value: 'zstd' }];
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries }] });
    await admin.disconnect();
    const bus = await here.open();
    const value = Buffer.alloc(100_000, 'logster ');
    await bus.publish(EVENTS_TOPIC, [message('a', value)]);
    expect((await bus.read(EVENTS_TOPIC, partition, 0, 1))[0]?.value.equals(value)).toBe(true);
    await here.cleanUp();
  });

  test('what retention took is passed over', async () => {
    const here = await site();
    const bus = await here.open();
    await bus.publish(
      EVENTS_TOPIC,
      ['0', '1', '2'].map((text) => message('a', Buffer.from(text))),
    );
    const admin = await kafkaAdmin(here.place);
    const topic = `${here.place.prefix}${EVENTS_TOPIC}`;
    await again(() => admin.fetchTopicOffsets(topic)); // kafkajs knows leaders only of topics it was asked about
    await admin.deleteTopicRecords({ topic, partitions: [{ partition, offset: '2' }] });
    await admin.disconnect();
    const seen: Received[] = [];
    await bus.subscribe({
      topics: [EVENTS_TOPIC],
      group: 'readers',
      onBatch: async ({ messages }) => void seen.push(...messages),
    });
    await eventually('the last came', () => seen.length === 1);
    expect(seen[0]).toMatchObject({ offset: 2 });
    expect(await bus.read(EVENTS_TOPIC, partition, 0, 9)).toMatchObject([{ offset: 2 }]);
    expect((await bus.offsets(EVENTS_TOPIC))[partition]).toEqual({ first: 2, next: 3 });
    expect((await bus.lag('readers', EVENTS_TOPIC))[partition]).toBe(1);
    await here.cleanUp();
  });

  test('a batch longer than the session keeps its partition', async () => {
    const here = await site({ sessionTimeoutMs: 6_000 }); // the shortest that brokers allow
    const bus = await here.open();
    let isStale: boolean | undefined;
    const subscription = await bus.subscribe({
      topics: [EVENTS_TOPIC],
      group: 'readers',
      onBatch: async (batch) => {
        await new Promise((resolve) => setTimeout(resolve, 8_000));
        isStale = batch.isStale();
        await subscription.commit(EVENTS_TOPIC, partition, 1);
      },
    });
    await bus.publish(EVENTS_TOPIC, [message('a', Buffer.from('0'))]);
    await eventually('the batch ended', () => isStale !== undefined);
    expect(isStale).toBe(false);
    await subscription.close();
    expect((await bus.lag('readers', EVENTS_TOPIC))[partition]).toBe(0);
    await here.cleanUp();
  });

  test('a publish larger than one request keeps its order, and one too large for the topic is refused', async () => {
    const here = await site({ compression: 'none' });
    const bus = await here.open();
    const many = Array.from({ length: 40 }, (_, index) => message('a', Buffer.alloc(100_000, index)));
    const huge = bus.publish(EVENTS_TOPIC, [message('a', Buffer.alloc(9_000_000))]);
    await expect(huge).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining(EVENTS_TOPIC),
    });
    await bus.publish(EVENTS_TOPIC, many);
    await bus.publish(EVENTS_TOPIC, [message('a', Buffer.alloc(5_000_000, 40))]);
    const read = await bus.read(EVENTS_TOPIC, partition, 0, 100);
    expect(read.map(({ value }) => value[0])).toEqual(Array.from({ length: 41 }, (_, index) => index));
    await here.cleanUp();
  });

  test('what the broker refuses is refused alone, in its words', async () => {
    const here = await site({ compression: 'none' });
    const admin = await kafkaAdmin(here.place);
    const topic = `${here.place.prefix}${EVENTS_TOPIC}`;
    const numPartitions = TOPICS[EVENTS_TOPIC].partitions;
    const configEntries = [{ name: 'max.message.bytes', value: '2000' }];
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions, configEntries }] });
    await admin.disconnect();
    const bus = await here.open();
    const sizes = [10, 5_000, 11];
    const publishing = sizes.map((bytes) => bus.publish(EVENTS_TOPIC, [message('a', Buffer.alloc(bytes))]));
    const [first, second, third] = await Promise.allSettled(publishing);
    expect([first, second, third].map((one) => one?.status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
    expect(String((second as PromiseRejectedResult).reason)).toMatch(/larger than the max message size/);
    await bus.publish(EVENTS_TOPIC, [message('a', Buffer.alloc(12))]);
    const read = await bus.read(EVENTS_TOPIC, partition, 0, 9);
    expect(read.map(({ value }) => value.length)).toEqual([10, 11, 12]);
    await here.cleanUp();
  });

  (canWriteZstd ? test.skip : test)(
    'a compression that this Node cannot write is refused at once',
    async () => {
      await expect(open({ brokers: [broker], compression: 'zstd' })).rejects.toMatchObject({
        code: 'config-invalid',
        message: expect.stringContaining('kafka.compression'),
      });
    },
  );

  test('a topic with another number of partitions is refused by name', async () => {
    const here = await site();
    const admin = await kafkaAdmin(here.place);
    const topic = `${here.place.prefix}${EVENTS_TOPIC}`;
    await admin.createTopics({ waitForLeaders: true, topics: [{ topic, numPartitions: 3 }] });
    await expect(here.open()).rejects.toMatchObject({
      code: 'config-invalid',
      message: expect.stringMatching(/3 partitions.*12/),
    });
    await admin.disconnect();
    await here.cleanUp();
  });

  test('a broker that is not there, and an address that is none, are named', async () => {
    await expect(open({ brokers: ['127.0.0.1:1'] })).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('127.0.0.1:1'),
    });
    await expect(open({ brokers: ['kafka'] })).rejects.toMatchObject({ code: 'config-invalid' });
  });

  test('partitions are given back before anybody else opens them, however slowly', async () => {
    const here = await site();
    const order: string[] = [];
    const member = async (name: string) =>
      (await here.open()).subscribe({
        topics: [EVENTS_TOPIC],
        group: 'readers',
        onBatch: async () => undefined,
        onAssigned: async (_, number) => void order.push(`${name} opens ${number}`),
        onRevoked: async (_, number) => {
          await new Promise((resolve) => setTimeout(resolve, 50));
          order.push(`${name} leaves ${number}`);
        },
      });
    await member('a');
    await member('b');
    await eventually('b has its half', () => order.filter((one) => one.startsWith('b opens')).length >= 6);
    const held = new Set<string>();
    for (const step of order) {
      const [, verb = '', number = ''] = step.split(' ');
      if (verb === 'leaves') held.delete(number);
      else {
        expect(held.has(number)).toBe(false);
        held.add(number);
      }
    }
    await here.cleanUp();
  });
}
