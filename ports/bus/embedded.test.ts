import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { EVENTS_TOPIC, TOPICS } from '../../contracts/topics.ts';
import { eventually } from '../eventually.ts';
import { fakeClock } from '../telemetry/clock.ts';
import { recordedTelemetry } from '../telemetry/embedded.ts';
import { type BusSite, busContract } from './bus.contract.ts';
import type { Bus, Received } from './bus.ts';
import { type EmbeddedBusOptions, embeddedBus } from './embedded.ts';
import { murmur2, partitionOf } from './partition-of.ts';

async function site(options: Partial<EmbeddedBusOptions> = {}): Promise<BusSite & { open(): Promise<Bus> }> {
  const directory = await mkdtemp(join(tmpdir(), 'bus-'));
  const handles: Bus[] = [];
  return {
    async open() {
      const bus = embeddedBus({ directory, ...options });
      handles.push(bus);
      return bus;
    },
    async cleanUp() {
      for (const bus of handles) await bus.close();
      await rm(directory, { recursive: true });
    },
  };
}

describe('embedded bus', () => busContract(site));

describe('partitionOf()', () => {
  // Expected values from Apache Kafka's own UtilsTest.testMurmur2
  test.each([
    ['21', -973932308],
    ['foobar', -790332482],
    ['a-little-bit-long-string', -985981536],
    ['a-little-bit-longer-string', -1486304829],
    ['lkjh234lh9fiuh90y23oiuhsafujhadof229phr9h19h89h8', -58897971],
    ['abc', 479470107],
  ])('hashes %s as Kafka does', (key, hash) => {
    expect(murmur2(Buffer.from(key))).toBe(hash);
    expect(partitionOf(key, 12)).toBe((hash & 0x7fffffff) % 12);
  });
});

describe('embedded bus, by the clock', () => {
  const partition = partitionOf('a', TOPICS[EVENTS_TOPIC].partitions);
  const fill = async (bus: Bus, messages: number, bytes: number) => {
    for (let index = 0; index < messages; index += 1) {
      await bus.publish(EVENTS_TOPIC, [{ key: 'a', value: Buffer.alloc(bytes, index) }]);
    }
  };

  test('messages past the retention go, the others stay, offsets go on', async () => {
    const timers = fakeClock();
    let leap = 0; // hours pass at once: nobody needs the polls between
    const here = await site({ clock: { ...timers, now: () => timers.now() + leap } });
    const bus = await here.open();
    await fill(bus, 3, 10);
    leap = (TOPICS[EVENTS_TOPIC].retentionHours - 1) * 3_600;
    await fill(bus, 2, 10);
    await timers.advance(10_000);
    expect((await bus.offsets(EVENTS_TOPIC))[partition]).toEqual({ first: 0, next: 5 });
    leap += 3_600;
    await timers.advance(10_000);
    await eventually('three are gone', async () => (await bus.offsets(EVENTS_TOPIC))[partition]?.first === 3);
    expect((await bus.offsets(EVENTS_TOPIC))[partition]).toEqual({ first: 3, next: 5 });
    expect((await bus.read(EVENTS_TOPIC, partition, 0, 9)).map(({ offset }) => offset)).toEqual([3, 4]);
    await here.cleanUp();
  });

  test('above its byte limit a topic loses the oldest, and what a group had not committed is counted', async () => {
    const clock = fakeClock();
    const telemetry = recordedTelemetry();
    const here = await site({ clock, telemetry, topicBytes: 10_000 });
    const bus = await here.open();
    const seen: Received[] = [];
    const subscription = await bus.subscribe({
      topics: [EVENTS_TOPIC],
      group: 'slow',
      onBatch: async ({ messages }) => void seen.push(...messages),
    });
    await fill(bus, 20, 1_000);
    await eventually('all came', () => seen.length === 20);
    await subscription.commit(EVENTS_TOPIC, partition, 5);
    await clock.advance(10_000);
    await eventually(
      'the oldest went',
      async () => ((await bus.offsets(EVENTS_TOPIC))[partition]?.first ?? 0) > 5,
    );
    const { first } = (await bus.offsets(EVENTS_TOPIC))[partition]!;
    expect(first).toBeGreaterThan(10);
    expect(telemetry.counted('bus_trimmed_uncommitted_total', { group: 'slow' })).toBe(first - 5);
    expect((await bus.lag('slow', EVENTS_TOPIC))[partition]).toBe(20 - first);
    await here.cleanUp();
  });

  test('a batch ends at its byte limit but has at least one message', async () => {
    const here = await site({ batchBytes: 2_500 });
    const bus = await here.open();
    await bus.publish(
      EVENTS_TOPIC,
      Array.from({ length: 7 }, () => ({ key: 'a', value: Buffer.alloc(1_000) })),
    );
    await bus.publish(EVENTS_TOPIC, [{ key: 'a', value: Buffer.alloc(400_000) }]);
    const sizes: number[] = [];
    await bus.subscribe({
      topics: [EVENTS_TOPIC],
      group: 'g',
      onBatch: async ({ messages }) => void sizes.push(messages.length),
    });
    await eventually('all came', () => sizes.reduce((sum, size) => sum + size, 0) === 8);
    expect(sizes).toEqual([3, 3, 2]);
    await here.cleanUp();
  });

  test('a message wakes its reader in this process without the clock moving', async () => {
    const here = await site({ clock: fakeClock() });
    const bus = await here.open();
    let came = 0;
    const onBatch = async () => {
      came += 1;
    };
    await bus.subscribe({ topics: [EVENTS_TOPIC], group: 'g', onBatch });
    for (let index = 1; index <= 50; index += 1) {
      await fill(bus, 1, 100);
      await eventually('it came', () => came === index); // a reader that waits for the clock never gets it
    }
    await here.cleanUp();
  });

  test('values survive many reads and rounds of trimming', async () => {
    const here = await site();
    const bus = await here.open();
    const value = (index: number) => Buffer.alloc(3_000 + (index % 7) * 20_000, index % 251);
    await bus.publish(
      EVENTS_TOPIC,
      Array.from({ length: 60 }, (_, index) => ({ key: 'a', value: value(index) })),
    );
    const all = await bus.read(EVENTS_TOPIC, partition, 0, 60);
    for (let offset = 0; offset < 60; offset += 1) await bus.read(EVENTS_TOPIC, partition, offset, 2);
    await bus.publish(
      EVENTS_TOPIC,
      Array.from({ length: 60 }, () => ({ key: 'a', value: Buffer.alloc(9_000, 252) })),
    );
    expect(all.length).toBeGreaterThan(40);
    for (const { offset, value: bytes } of all) expect(bytes.equals(value(offset))).toBe(true);
    await here.cleanUp();
  });
});
