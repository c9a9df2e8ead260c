import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult } from '../../contracts/bench.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { EVENTS_TOPIC, type Topic } from '../../contracts/topics.ts';
import type { Bus, Message } from '../../ports/bus/bus.ts';
import { ROUNDS, type Rounds, rowsOf } from './rounds.ts';

const EVENTS = 50_000;
const EVENT_BYTES = 1_024;
const ENDPOINTS = 200;
/** As ingest publishes: what came of one batch, several batches at a time. */
const EVENTS_A_PUBLISH = 500;
const PUBLISHES_AT_ONCE = 4;
/** Compilers and connections warm up. */
const WARM_UP_ROUNDS = 1;
const UNIT = 'events/CPU-second';

/** What a Kafka adapter needs to know; ports/bus/kafka-place.ts has the rest. */
interface Place {
  readonly brokers: readonly string[];
  readonly prefix: string;
  readonly topics: readonly Topic[];
}

/** The buses that are compared, and how to be rid of a round's topics. */
export interface BusEngines {
  readonly kafkajs: (place: Place) => Promise<Bus>;
  readonly platformatic: (place: Place) => Promise<Bus>;
  readonly embedded: (options: { readonly directory: string }) => Bus;
  readonly removeTopics: (place: Place) => Promise<void>;
}

/** A bus with a log of its own, empty. */
interface Site {
  readonly bus: Bus;
  cleanUp(): Promise<void>;
}

/**
 * Events of 1 KB per CPU-second of this process, published and consumed through both Kafka adapters and the embedded
 * lmdb bus, which all take turns. A broker's own work is not counted; the embedded bus does all of its work here, and
 * does not compress. Throws `config-invalid` without the address of a broker.
 */
export async function benchBus(
  { kafkajs, platformatic, embedded, removeTopics }: BusEngines,
  broker: string | undefined,
): Promise<readonly BenchResult[]> {
  if (!broker)
    throw new LogsterError('config-invalid', 'The bus benchmark needs TEST_KAFKA, the host:port of a broker');
  const inKafka = (open: (place: Place) => Promise<Bus>) => async (): Promise<Site> => {
    const place = { brokers: [broker], prefix: `bench-${randomUUID()}-`, topics: [EVENTS_TOPIC] as const };
    return { bus: await open(place), cleanUp: () => removeTopics(place) };
  };
  const sites = new Map<string, () => Promise<Site>>([
    ['kafkajs', inKafka(kafkajs)],
    ['platformatic', inKafka(platformatic)],
    ['embedded', () => embeddedSite(embedded)],
  ]);
  const { published, consumed } = await measure(sites, events());
  return [
    ...rows(published, 'publish 1 KB, acknowledged by all'),
    ...rows(consumed, 'consume 1 KB, with commits'),
  ];
}

async function embeddedSite(open: BusEngines['embedded']): Promise<Site> {
  const directory = await mkdtemp(join(tmpdir(), 'logster-bench-bus-'));
  return { bus: open({ directory }), cleanUp: () => rm(directory, { recursive: true, force: true }) };
}

/** Each adapter beside the embedded bus, and the two beside each other. */
function rows(rounds: Rounds, name: string): readonly BenchResult[] {
  return [
    ...rowsOf(rounds, 'kafkajs', ['embedded'], { name: `kafkajs, ${name}`, unit: UNIT }),
    ...rowsOf(rounds, 'platformatic', ['embedded', 'kafkajs'], { name: `platformatic, ${name}`, unit: UNIT }),
  ];
}

/** The order moves on by one every round, so that whatever else the machine does falls on all. */
async function measure(sites: ReadonlyMap<string, () => Promise<Site>>, messages: readonly Message[]) {
  const published = new Map<string, number[]>([...sites.keys()].map((name) => [name, []]));
  const consumed = new Map<string, number[]>([...sites.keys()].map((name) => [name, []]));
  const names = [...sites.keys()];
  for (let round = -WARM_UP_ROUNDS; round < ROUNDS; round += 1) {
    const first = Math.max(round, 0) % names.length;
    for (const name of [...names.slice(first), ...names.slice(0, first)]) {
      const site = await sites.get(name)?.();
      if (!site) continue;
      const figures = await publishAndConsume(site, messages);
      if (round < 0) continue;
      published.get(name)?.push(figures.published);
      consumed.get(name)?.push(figures.consumed);
    }
  }
  return { published, consumed };
}

async function publishAndConsume({ bus, cleanUp }: Site, messages: readonly Message[]) {
  try {
    const published = await eventsPerCpuSecond(() => publishAll(bus, messages));
    const consumed = await eventsPerCpuSecond(() => consumeAll(bus, messages.length));
    return { published, consumed };
  } finally {
    await bus.close();
    await cleanUp();
  }
}

async function eventsPerCpuSecond(work: () => Promise<void>): Promise<number> {
  const before = process.cpuUsage();
  await work();
  const { user, system } = process.cpuUsage(before);
  return (EVENTS * 1e6) / (user + system);
}

async function publishAll(bus: Bus, messages: readonly Message[]): Promise<void> {
  let at = 0;
  const publishSome = async (): Promise<void> => {
    while (at < messages.length) {
      const some = messages.slice(at, at + EVENTS_A_PUBLISH);
      at += some.length;
      await bus.publish(EVENTS_TOPIC, some);
    }
  };
  await Promise.all(Array.from({ length: PUBLISHES_AT_ONCE }, publishSome));
}

/** Joins a group, reads every value, and commits after each batch. */
async function consumeAll(bus: Bus, count: number): Promise<void> {
  let left = count;
  let finish: () => void = () => undefined;
  const finished = new Promise<void>((resolve) => {
    finish = resolve;
  });
  const subscribing = bus.subscribe({
    topics: [EVENTS_TOPIC],
    group: 'bench',
    onBatch: async ({ partition, messages }) => {
      for (const { value } of messages) if (value.length !== EVENT_BYTES) throw new RangeError('wrong event');
      const subscription = await subscribing; // the first batches may be here before it is
      await subscription.commit(EVENTS_TOPIC, partition, (messages.at(-1)?.offset ?? 0) + 1);
      left -= messages.length;
      if (left <= 0) finish();
    },
  });
  await Promise.race([finished, (await subscribing).failed]);
}

/** Half of an event repeats itself and half does not, as JSON with hashes and identifiers does. */
function events(): readonly Message[] {
  return Array.from({ length: EVENTS }, (_, index) => {
    const own = Array.from({ length: 8 }, (_part, part) => sha256(`${index}/${part}`)).join('');
    const value = Buffer.alloc(
      EVENT_BYTES,
      '{"action":"process-create","platform":"windows","tenant":"default"}',
    );
    value.write(own, EVENT_BYTES / 2);
    return { key: `default:host-${index % ENDPOINTS}`, value };
  });
}

const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');
