import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import type { ScoreJob } from '../contracts/batch.ts';
import { LogsterError } from '../contracts/errors.ts';
import { type EventData, endpointKey, type NormalizedEvent } from '../contracts/event.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { idOf } from '../contracts/ids.ts';
import { inferenceResultSchema } from '../contracts/inference.ts';
import type { Stage } from '../contracts/stage.ts';
import {
  DEAD_LETTER_TOPIC,
  EVENTS_TOPIC,
  GROUPS,
  HEADERS,
  RESULTS_TOPIC,
  type Topic,
} from '../contracts/topics.ts';
import type { Bus, Message, Received } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { embeddedQueue } from '../ports/queue/embedded.ts';
import type { Queue, QueueLimits } from '../ports/queue/queue.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import type { State } from '../ports/state/state.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { buildGraph } from './build-graph.ts';
import { type FeaturizeOptions, featurize } from './featurize.ts';
import { slidingWindows } from './window.ts';

const START = 1_700_000_000;
const QUICK: FeaturizeOptions = { batchWaitMs: 5, idleMs: 20, checkpointSeconds: 0.05, drainMs: 1000 };

interface Place {
  readonly directory: string;
  readonly bus: Bus;
  readonly queue: Queue<ScoreJob>;
  readonly state: State;
  close(): Promise<void>;
}

async function openPlace(limits: QueueLimits = { jobs: 1000, bytes: 2 ** 28 }): Promise<Place> {
  const directory = await mkdtemp(join(tmpdir(), 'featurize-'));
  const bus = embeddedBus({ directory: join(directory, 'bus') });
  const state = embeddedState({ directory: join(directory, 'state') });
  const queue = embeddedQueue<ScoreJob>({
    directory: join(directory, 'queue'),
    name: 'score-windows',
    limits,
  });
  return {
    directory,
    bus,
    queue,
    state,
    async close() {
      await queue.close();
      await bus.close();
      await state.close();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

function eventOf(endpoint: string, seconds: number, id: string, data: EventData = {}): NormalizedEvent {
  const [tenant = '', host = ''] = endpoint.split(':');
  const kind = Math.trunc(seconds) % 7;
  return {
    schema_version: 1,
    event_id: idOf('event', endpoint, id),
    tenant_id: tenant,
    endpoint_id: host,
    hostname: host,
    platform: 'linux',
    source: 'auditd',
    event_type: 'process_create',
    timestamp: START + seconds,
    ingested_at: START,
    data: { image: `/usr/bin/tool-${kind}`, command_line: `tool-${kind} -v`, process_id: 50 + kind, ...data },
    warnings: [],
  };
}

const messageOf = (event: NormalizedEvent): Message => ({
  key: endpointKey(event.tenant_id, event.endpoint_id),
  value: Buffer.from(`${JSON.stringify(event).slice(0, -1)},"raw_event":{"type":"EXECVE"}}`),
});

const watermarkOf = (endpoint: string, seconds: number): Message => ({
  key: endpoint,
  value: Buffer.alloc(0),
  headers: { [HEADERS.watermark]: String(START + seconds), [HEADERS.platform]: 'linux' },
});

/** A made-up afternoon: steady endpoints, a sparse one, some disorder. Always the same for one seed. */
function afternoon(seed: number, count: number): NormalizedEvent[] {
  let random = seed;
  const next = () => {
    random = (Math.imul(random, 1_664_525) + 1_013_904_223) >>> 0;
    return random / 2 ** 32;
  };
  const endpoints = ['acme:web', 'acme:db', 'bolt:mail', 'bolt:files', 'core:gate'];
  const at = endpoints.map(() => 100);
  return Array.from({ length: count }, (_, place) => {
    const who = Math.trunc(next() * endpoints.length);
    at[who] = (at[who] ?? 0) + next() * (who === 4 ? 200 : 12);
    return eventOf(endpoints[who] ?? '', (at[who] ?? 0) - next() * 5, `${seed}/${place}`);
  });
}

/** The windows of the events as `window id -> content`, without any stage. */
function expectedOf(events: readonly NormalizedEvent[]): Map<string, string> {
  const windows = slidingWindows();
  for (const event of events) windows.add(event, START);
  windows.finish();
  return new Map(
    windows.closed().map(({ window, panes }) => {
      const graph = buildGraph(window, panes);
      return [graph.windowId, `${graph.eventCount} ${graph.contentHash}`];
    }),
  );
}

/** Does the queue's jobs: notes every window's content and fails on two contents of one id. */
function collect({ queue, state }: Pick<Place, 'queue' | 'state'>) {
  const windows = new Map<string, string>();
  const conflicts: string[] = [];
  const worker = queue.work(
    async ({ data }) => {
      const bytes = await state.get(data.key);
      if (!bytes) throw new Error(`no bytes under ${data.key}`);
      const batch = decodeBatch(bytes);
      expect(batch.graphs).toHaveLength(data.graphs);
      for (const graph of batch.graphs) {
        const content = `${graph.eventCount} ${graph.contentHash}`;
        if ((windows.get(graph.windowId) ?? content) !== content) conflicts.push(graph.windowId);
        windows.set(graph.windowId, content);
      }
    },
    { concurrency: 1, stalledAfterMs: 30_000, attempts: 1 },
  );
  return { windows, conflicts, close: () => worker.close() };
}

async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  deadlineMs = 10_000,
): Promise<void> {
  const end = Date.now() + deadlineMs;
  while (!(await holds())) {
    if (Date.now() > end) throw new Error(`waited ${deadlineMs} ms in vain until ${what}`);
    await pause(5);
  }
}

const caughtUp = async (bus: Bus): Promise<boolean> =>
  (await bus.lag(GROUPS.featurize, EVENTS_TOPIC)).every((behind) => behind === 0);

async function readAll(bus: Bus, topic: Topic): Promise<Received[]> {
  const ends = await bus.offsets(topic);
  return (await Promise.all(ends.map(({ next }, partition) => bus.read(topic, partition, 0, next)))).flat();
}

const sorted = (windows: ReadonlyMap<string, string>) => [...windows].sort();

describe('featurize()', () => {
  let place: Place;
  let stage: Stage | undefined;

  afterEach(async () => {
    await stage?.close();
    stage = undefined;
    await place.close();
  });

  test('turns events into batches of windows, all of them and each once', async () => {
    place = await openPlace();
    const events = afternoon(1, 600);
    const telemetry = recordedTelemetry();
    const collected = collect(place);
    stage = await featurize({ ...place, telemetry, clock: systemClock, options: QUICK });
    await place.bus.publish(EVENTS_TOPIC, events.map(messageOf));
    const endpoints = new Set(events.map((event) => endpointKey(event.tenant_id, event.endpoint_id)));
    await place.bus.publish(
      EVENTS_TOPIC,
      [...endpoints].map((endpoint) => watermarkOf(endpoint, 90_000)),
    );
    await until('everything is committed', () => caughtUp(place.bus));
    const expected = expectedOf(events);
    await until('every window is scored', () => collected.windows.size >= expected.size);
    expect(sorted(collected.windows)).toEqual(sorted(expected));
    expect(telemetry.counted('windows_built_total')).toBe(expected.size);
    expect(telemetry.counted('window_events_total')).toBe(events.length);
    await collected.close();
  });

  test('scores the last windows of an endpoint that fell silent', async () => {
    place = await openPlace();
    const collected = collect(place);
    const telemetry = recordedTelemetry();
    const options = {
      ...QUICK,
      windowSeconds: 3,
      intervalSeconds: 1,
      latenessSeconds: 0.2,
      silenceSeconds: 0.3,
    };
    stage = await featurize({ ...place, telemetry, clock: systemClock, options });
    await place.bus.publish(EVENTS_TOPIC, [messageOf(eventOf('acme:web', 0, 'only'))]);
    await until('three partial windows came', () => collected.windows.size === 3);
    expect(new Set(collected.windows.values()).size).toBe(1);
    await collected.close();
  });

  test('gives a result of its own to idle daemons and none of them to the queue', async () => {
    place = await openPlace();
    const collected = collect(place);
    const telemetry = recordedTelemetry();
    stage = await featurize({ ...place, telemetry, clock: systemClock, options: QUICK });
    const cron = { image: '/usr/sbin/cron', command_line: '/usr/sbin/cron -f', parent_process_id: 1 };
    await place.bus.publish(EVENTS_TOPIC, [
      ...[0, 1, 2].map((seconds) => messageOf(eventOf('acme:idle', seconds, `${seconds}`, cron))),
      ...[0, 1, 2].map((seconds) => messageOf(eventOf('acme:busy', seconds, `${seconds}`))),
      watermarkOf('acme:idle', 400),
      watermarkOf('acme:busy', 400),
    ]);
    await until('the busy windows are scored', () => collected.windows.size === 6);
    await until('everything is committed', () => caughtUp(place.bus));
    const results = (await readAll(place.bus, RESULTS_TOPIC)).map(({ value }) =>
      inferenceResultSchema.parse(JSON.parse(value.toString())),
    );
    expect(results).toHaveLength(6);
    for (const result of results) {
      expect(result).toMatchObject({
        endpoint_id: 'idle',
        prefiltered: true,
        attack_prob: 0,
        confidence: 1,
        model_name: 'prefilter',
        backend: 'none',
        event_count: 3,
      });
    }
    expect(telemetry.counted('prefiltered_total')).toBe(6);
    expect(telemetry.counted('windows_built_total')).toBe(12);
    await collected.close();
  });

  test('what cannot be used goes to dead letters, and in = events + dead', async () => {
    place = await openPlace();
    const telemetry = recordedTelemetry();
    stage = await featurize({ ...place, telemetry, clock: systemClock, options: QUICK });
    const good = eventOf('acme:web', 1, 'good');
    const bad = [
      'no json',
      '[]',
      'null',
      JSON.stringify({ ...good, schema_version: 2 }),
      JSON.stringify({ ...good, tenant_id: 'a:b' }),
      JSON.stringify({ ...good, timestamp: 'now' }),
      JSON.stringify({ ...good, timestamp: 1e300 }),
      JSON.stringify({ ...good, event_type: '__proto__' }),
      JSON.stringify({ ...good, data: { image: 7 } }),
      JSON.stringify({ ...good, data: { hashes: [] } }),
    ];
    await place.bus.publish(EVENTS_TOPIC, [
      messageOf(good),
      ...bad.map((text) => ({ key: 'acme:web', value: Buffer.from(text) })),
      { key: 'nobody', value: Buffer.alloc(0), headers: { [HEADERS.watermark]: '5' } },
    ]);
    await until('everything is committed', () => caughtUp(place.bus));
    const letters = (await readAll(place.bus, DEAD_LETTER_TOPIC)).map(({ value }) =>
      JSON.parse(value.toString()),
    );
    expect(letters).toHaveLength(bad.length + 1);
    expect(Buffer.from(letters[0].payload, 'base64').toString()).toBe('no json');
    expect(letters.map(({ reason }) => reason)).toContain('an event whose data.image is no string');
    expect(telemetry.counted('window_events_dead_total')).toBe(bad.length + 1);
    expect(telemetry.counted('window_events_total')).toBe(1);
  });

  test('a full queue holds the source up and nothing is lost', async () => {
    place = await openPlace({ jobs: 2, bytes: 2 ** 28 });
    const events = afternoon(2, 900);
    const telemetry = recordedTelemetry();
    stage = await featurize({
      ...place,
      telemetry,
      clock: systemClock,
      options: { ...QUICK, maxMessages: 20 },
    });
    for (let from = 0; from < events.length; from += 90) {
      await place.bus.publish(EVENTS_TOPIC, events.slice(from, from + 90).map(messageOf));
      await pause(10);
    }
    await until('the queue is full', async () => (await stage?.health())?.detail.queueFull === true);
    const lag = await place.bus.lag(GROUPS.featurize, EVENTS_TOPIC);
    expect(lag.reduce((sum, one) => sum + one, 0)).toBeGreaterThan(0);
    expect((await place.queue.stats()).waiting).toBe(2);
    const endpoints = new Set(events.map((event) => endpointKey(event.tenant_id, event.endpoint_id)));
    await place.bus.publish(
      EVENTS_TOPIC,
      [...endpoints].map((endpoint) => watermarkOf(endpoint, 90_000)),
    );
    const collected = collect(place);
    await until('everything is committed', () => caughtUp(place.bus));
    const expected = expectedOf(events);
    await until('every window is scored', () => collected.windows.size >= expected.size);
    expect(sorted(collected.windows)).toEqual(sorted(expected));
    await collected.close();
  });

  test('stops in time while the queue is full, and goes on later without loss', async () => {
    place = await openPlace({ jobs: 1, bytes: 2 ** 28 });
    const events = afternoon(3, 400);
    const needs = { ...place, telemetry: recordedTelemetry(), clock: systemClock };
    const first = await featurize({ ...needs, options: { ...QUICK, drainMs: 200 } });
    await place.bus.publish(EVENTS_TOPIC, events.map(messageOf));
    const endpoints = new Set(events.map((event) => endpointKey(event.tenant_id, event.endpoint_id)));
    await place.bus.publish(
      EVENTS_TOPIC,
      [...endpoints].map((endpoint) => watermarkOf(endpoint, 90_000)),
    );
    await until('a job waits', async () => (await place.queue.stats()).waiting === 1);
    await first.close(); // within the test's own limit of time, though its queue stays full
    const collected = collect(place);
    stage = await featurize({ ...needs, options: QUICK });
    await until('everything is committed', () => caughtUp(place.bus));
    const expected = expectedOf(events);
    await until('every window is scored', () => collected.windows.size >= expected.size);
    expect(sorted(collected.windows)).toEqual(sorted(expected));
    await collected.close();
  });

  /** The ports as a process sees them that dies at its `after`-th write: from then on nothing gets through. */
  function mortal(ports: Place, after: number) {
    let writes = 0;
    let dead = false;
    const alive = () => {
      writes += 1;
      if (writes < after) return;
      dead = true;
      throw new LogsterError('closed', 'killed');
    };
    const state: State = {
      ...ports.state,
      get: (key) => ports.state.get(key),
      delete: (key) => ports.state.delete(key),
      set: async (...args) => {
        alive();
        return ports.state.set(...args);
      },
    };
    const queue: Queue<ScoreJob> = {
      ...ports.queue,
      room: () => ports.queue.room(),
      add: async (job) => {
        alive();
        return ports.queue.add(job);
      },
    };
    const bus: Bus = {
      ...ports.bus,
      lag: (group, topic) => ports.bus.lag(group, topic),
      offsets: (topic) => ports.bus.offsets(topic),
      publish: async (topic, messages) => {
        alive();
        return ports.bus.publish(topic, messages);
      },
      subscribe: async (consumer) => {
        const subscription = await ports.bus.subscribe(consumer);
        return {
          failed: subscription.failed,
          pause: () => subscription.pause(),
          resume: () => subscription.resume(),
          close: () => subscription.close(),
          commit: async (...args) => {
            alive();
            return subscription.commit(...args);
          },
        };
      },
    };
    return { ports: { bus, queue, state }, isDead: () => dead };
  }

  test.each([11, 12, 13, 14, 15, 16, 17, 18, 19, 20])(
    'kills at random moments change nothing in the windows that come out (seed %i)',
    async (seed) => {
      place = await openPlace();
      const events = afternoon(seed, 400);
      const collected = collect(place);
      const options = { ...QUICK, checkpointSeconds: 0, maxMessages: 25 };
      const endpoints = new Set(events.map((event) => endpointKey(event.tenant_id, event.endpoint_id)));
      await place.bus.publish(EVENTS_TOPIC, events.map(messageOf));
      await place.bus.publish(
        EVENTS_TOPIC,
        [...endpoints].map((endpoint) => watermarkOf(endpoint, 90_000)),
      );
      let kills = 0;
      for (let kill = 0; kill < 4; kill++) {
        const { ports, isDead } = mortal(place, 1 + ((seed * 7 + kill * 5) % 23));
        const victim = await featurize({
          ...ports,
          telemetry: recordedTelemetry(),
          clock: systemClock,
          options,
        });
        await until('it died or was done', async () => isDead() || (await caughtUp(place.bus)));
        await victim.close().catch((thrown) => expect(thrown).toBeInstanceOf(LogsterError));
        kills += isDead() ? 1 : 0;
      }
      expect(kills).toBeGreaterThan(1);
      stage = await featurize({ ...place, telemetry: recordedTelemetry(), clock: systemClock, options });
      await until('everything is committed', () => caughtUp(place.bus));
      const expected = expectedOf(events);
      await until('every window is scored', () => collected.windows.size >= expected.size);
      expect(sorted(collected.windows)).toEqual(sorted(expected));
      expect(collected.conflicts).toEqual([]);
      await collected.close();
    },
  );
});
