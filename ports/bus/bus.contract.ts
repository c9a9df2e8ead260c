import { EVENTS_TOPIC, TOPICS } from '../../contracts/topics.ts';
import { eventually } from '../eventually.ts';
import type { Batch, Bus, Consumer, Message, Received } from './bus.ts';
import { partitionOf } from './partition-of.ts';

/** One storage of its own for a test: any number of handles on it, as if each were a process. */
export interface BusSite {
  open(): Promise<Bus>;
  /** Closes what is open and removes the storage. */
  cleanUp(): Promise<void>;
}

const TOPIC = EVENTS_TOPIC;
const PARTITIONS = TOPICS[TOPIC].partitions;

const message = (key: string, text: string): Message => ({ key, value: Buffer.from(text) });
const texts = (messages: readonly Received[]) => messages.map(({ value }) => value.toString());
const numbered = (count: number, keys = 24) =>
  Array.from({ length: count }, (_, index) => message(`default:host-${index % keys}`, String(index)));

/** What every implementation of the bus promises. */
export function busContract(site: () => Promise<BusSite>): void {
  let here: BusSite;
  let bus: Bus;
  beforeEach(async () => {
    here = await site();
    bus = await here.open();
  });
  afterEach(() => here.cleanUp());

  const collect = (on: Bus, seen: Received[], more: Partial<Consumer> = {}) =>
    on.subscribe({
      topics: [TOPIC],
      group: 'readers',
      onBatch: async ({ messages }) => void seen.push(...messages),
      ...more,
    });

  test('delivers messages of one key in order, with contiguous offsets from 0', async () => {
    const seen: Received[] = [];
    await bus.publish(TOPIC, numbered(300));
    await collect(bus, seen);
    await bus.publish(TOPIC, numbered(300));
    await eventually('all messages came', () => seen.length === 600);
    for (let partition = 0; partition < PARTITIONS; partition += 1) {
      const offsets = seen.filter((one) => one.partition === partition).map(({ offset }) => offset);
      expect(offsets).toEqual(offsets.map((_, index) => index));
    }
    const ofOne = texts(seen.filter(({ key }) => key === 'default:host-7')).map(Number);
    const once = Array.from({ length: 13 }, (_, index) => 7 + 24 * index).filter((number) => number < 300);
    expect(ofOne).toEqual([...once, ...once]);
  });

  test('gives back key, headers, bytes and time as published', async () => {
    const value = Buffer.from([0, 255, 10, 0]);
    await bus.publish(TOPIC, [
      { key: 'ключ:é', value, headers: { traceparent: '00-ü' } },
      message('ключ:é', ''),
    ]);
    const [first, second] = await bus.read(TOPIC, partitionOf('ключ:é', PARTITIONS), 0, 10);
    expect(first).toMatchObject({ key: 'ключ:é', headers: { traceparent: '00-ü' }, offset: 0 });
    expect(first!.value.equals(value)).toBe(true);
    expect(first!.publishedAt).toBeGreaterThan(1_600_000_000);
    expect(second).toMatchObject({ headers: {}, offset: 1 });
    expect(second!.value.length).toBe(0);
  });

  test('goes on from the committed offset', async () => {
    await bus.publish(TOPIC, [message('a', '0'), message('a', '1'), message('a', '2')]);
    const partition = partitionOf('a', PARTITIONS);
    const first: Received[] = [];
    const subscription = await collect(bus, first);
    await eventually('the first reader has all', () => first.length === 3);
    await subscription.commit(TOPIC, partition, 2);
    await subscription.close();
    expect((await bus.lag('readers', TOPIC))[partition]).toBe(1);
    const second: Received[] = [];
    await collect(bus, second);
    await eventually('the second reader has the rest', () => second.length === 1);
    expect(texts(second)).toEqual(['2']);
  });

  test('delivers again what was not committed', async () => {
    await bus.publish(TOPIC, [message('a', '0')]);
    for (const _ of [1, 2]) {
      const seen: Received[] = [];
      const subscription = await collect(bus, seen);
      await eventually('the message came', () => seen.length === 1);
      await subscription.close();
    }
  });

  test('onAssigned() decides where a partition begins', async () => {
    await bus.publish(TOPIC, [message('a', '0'), message('a', '1'), message('a', '2')]);
    const seen: Received[] = [];
    const mine = partitionOf('a', PARTITIONS);
    await collect(bus, seen, { onAssigned: async (_, partition) => (partition === mine ? 1 : undefined) });
    await eventually('two messages came', () => seen.length === 2);
    expect(texts(seen)).toEqual(['1', '2']);
  });

  test('every group gets every message', async () => {
    const one: Received[] = [];
    const other: Received[] = [];
    await collect(bus, one, { group: 'one' });
    await collect(bus, other, { group: 'other' });
    await bus.publish(TOPIC, numbered(50));
    await eventually('both groups have all', () => one.length === 50 && other.length === 50);
  });

  test('consumers of a group share the partitions, one consumer each, and hand them over on close', async () => {
    const second = await here.open();
    const held = new Map<number, string>();
    const doubles: number[] = [];
    const member = (name: string, seen: Received[], on: Bus) =>
      collect(on, seen, {
        onAssigned: async (_, partition) => {
          if (held.has(partition)) doubles.push(partition);
          held.set(partition, name);
          return undefined;
        },
        onRevoked: async (_, partition) => void held.delete(partition),
      });
    const count = (name: string) => [...held.values()].filter((one) => one === name).length;
    const byA: Received[] = [];
    const byB: Received[] = [];
    const a = await member('a', byA, bus);
    await eventually('a has all partitions', () => count('a') === PARTITIONS);
    await member('b', byB, second);
    await eventually('each has half', () => count('a') === PARTITIONS / 2 && count('b') === PARTITIONS / 2);
    await a.close();
    await eventually('b has all', () => count('b') === PARTITIONS);
    await bus.publish(TOPIC, numbered(100));
    await eventually('b got all', () => byB.length === 100);
    expect(doubles).toEqual([]);
  });

  test('remaining counts what lies behind the batch; a batch has at most maxMessages', async () => {
    await bus.publish(
      TOPIC,
      Array.from({ length: 10 }, (_, index) => message('a', String(index))),
    );
    const batches: Batch[] = [];
    await collect(bus, [], { maxMessages: 4, onBatch: async (batch) => void batches.push(batch) });
    await eventually(
      'all batches came',
      () => batches.reduce((sum, { messages }) => sum + messages.length, 0) === 10,
    );
    for (const { messages, remaining } of batches) {
      expect(messages.length).toBeLessThanOrEqual(4);
      expect(remaining).toBe(9 - messages.at(-1)!.offset);
    }
  });

  test('what is given back comes again, and the rest after it', async () => {
    await bus.publish(
      TOPIC,
      ['0', '1', '2', '3', '4', '5'].map((text) => message('a', text)),
    );
    const seen: string[] = [];
    let tries = 0;
    await collect(bus, [], {
      onBatch: async ({ messages, giveBackFrom }) => {
        tries += 1;
        const count = tries === 1 ? 0 : Math.min(2, messages.length);
        seen.push(...texts(messages.slice(0, count)));
        const next = messages[count];
        if (next) giveBackFrom(next.offset);
      },
    });
    await eventually('all came', () => seen.length === 6);
    expect(seen).toEqual(['0', '1', '2', '3', '4', '5']);
  });

  test('a pause holds batches back until resume()', async () => {
    const seen: Received[] = [];
    const subscription = await collect(bus, seen);
    await bus.publish(TOPIC, [message('a', '0')]);
    await eventually('the first came', () => seen.length === 1);
    subscription.pause();
    await bus.publish(TOPIC, [message('a', '1')]);
    await new Promise((resolve) => setTimeout(resolve, 100));
    expect(seen.length).toBe(1);
    subscription.resume();
    await eventually('the second came', () => seen.length === 2);
  });

  test('what onBatch() throws ends the consumer with it; others go on', async () => {
    const seen: Received[] = [];
    const broken = await collect(bus, [], {
      group: 'broken',
      onBatch: async () => {
        throw new Error('cannot read this');
      },
    });
    await collect(bus, seen);
    await bus.publish(TOPIC, [message('a', '0')]);
    await expect(broken.failed).rejects.toThrow('cannot read this');
    await eventually('the other group got it', () => seen.length === 1);
    expect((await bus.lag('broken', TOPIC))[partitionOf('a', PARTITIONS)]).toBe(1);
  });

  test('close() waits for the running batch, and its commit holds', async () => {
    await bus.publish(TOPIC, [message('a', '0')]);
    const partition = partitionOf('a', PARTITIONS);
    let goOn = (): void => undefined;
    let begun = false;
    const subscription = await collect(bus, [], {
      onBatch: async () => {
        begun = true;
        await new Promise<void>((resolve) => {
          goOn = resolve;
        });
        await subscription.commit(TOPIC, partition, 1);
      },
    });
    await eventually('the batch runs', () => begun);
    const closing = subscription.close();
    goOn();
    await closing;
    await subscription.failed;
    expect((await bus.lag('readers', TOPIC))[partition]).toBe(0);
  });

  test('a commit after the partition has gone changes nothing', async () => {
    await bus.publish(TOPIC, [message('a', '0')]);
    const seen: Received[] = [];
    const subscription = await collect(bus, seen);
    await eventually('it came', () => seen.length === 1);
    await subscription.close();
    await subscription.commit(TOPIC, partitionOf('a', PARTITIONS), 1);
    expect((await bus.lag('readers', TOPIC))[partitionOf('a', PARTITIONS)]).toBe(1);
  });

  test('read() and offsets() need no group', async () => {
    await bus.publish(
      TOPIC,
      Array.from({ length: 5 }, (_, index) => message('a', String(index))),
    );
    const partition = partitionOf('a', PARTITIONS);
    expect((await bus.offsets(TOPIC))[partition]).toEqual({ first: 0, next: 5 });
    expect(texts(await bus.read(TOPIC, partition, 3, 10))).toEqual(['3', '4']);
    expect(texts(await bus.read(TOPIC, partition, 0, 2))).toEqual(['0', '1']);
    expect(await bus.read(TOPIC, partition, 5, 10)).toEqual([]);
  });

  test('a second handle sees what the first published', async () => {
    const seen: Received[] = [];
    await collect(await here.open(), seen);
    await bus.publish(TOPIC, numbered(20));
    await eventually('all came', () => seen.length === 20);
  });

  test('is closed after close()', async () => {
    await bus.close();
    await expect(bus.publish(TOPIC, [message('a', '0')])).rejects.toMatchObject({ code: 'closed' });
  });
}
