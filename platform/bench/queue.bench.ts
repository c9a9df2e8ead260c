import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Queue as BullQueue, type ConnectionOptions, Worker } from 'bullmq';
import type { BenchResult } from '../../contracts/bench.ts';
import { LogsterError } from '../../contracts/errors.ts';
import type { Job, Queue } from '../../ports/queue/queue.ts';
import type { State } from '../../ports/state/state.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { readConfig } from '../config.ts';
import { distributedSite } from '../distributed-site.ts';
import { openPorts } from '../open-ports.ts';
import { asideSettings } from '../product-process.ts';
import { type Rounds, rowsOf } from './rounds.ts';

const JOBS = 1500;
const ROUNDS = 5;
const CONCURRENCY = 8;
/** A middling batch of windows as an Arrow stream. */
const BATCH_BYTES = 64 * 1024;
const OPTIONS = { concurrency: CONCURRENCY, stalledAfterMs: 30_000, attempts: 3 };

/** One way to hand batches from featurizers to scorers; answers jobs per second of this process's processor time. */
interface Contestant {
  readonly name: string;
  run(jobs: number): Promise<void>;
  close(): Promise<void>;
}

/**
 * Batches through the queue and the state store, end to end: store the bytes, add the job, take it, read the bytes,
 * delete them, end it. Ours on Redis, ours on lmdb, and BullMQ alone with the bytes as base64 in the job. Processor time
 * is this process's; the server's own is the same for both that use it.
 */
export async function benchQueue(root: string): Promise<BenchResult[]> {
  const url = process.env['TEST_REDIS'];
  if (!url)
    throw new LogsterError(
      'unavailable',
      'The queue benchmark needs a Redis: set TEST_REDIS to redis://host:port',
    );
  const site = distributedSite({ TEST_REDIS: url });
  const redis = Object.fromEntries(Object.entries(site.settings).filter(([name]) => name.includes('REDIS')));
  const contestants = [
    await ownQueue('ours on Redis', root, redis),
    await ownQueue('ours on lmdb', root, {}),
    bareBullmq(url),
  ];
  const perSecond = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  const elapsed = new Map<string, number[]>(contestants.map(({ name }) => [name, []]));
  for (let round = 0; round < ROUNDS; round += 1)
    for (const contestant of contestants) {
      const cpu = process.cpuUsage();
      const begun = performance.now();
      await contestant.run(JOBS);
      const { user, system } = process.cpuUsage(cpu);
      perSecond.get(contestant.name)?.push(JOBS / ((user + system) / 1e6));
      elapsed.get(contestant.name)?.push(JOBS / ((performance.now() - begun) / 1000));
    }
  for (const contestant of contestants) await contestant.close();
  await site.cleanUp();
  const peers = ['BullMQ alone, base64', 'ours on lmdb'];
  const cpu = rowsOf(perSecond as Rounds, 'ours on Redis', peers, {
    name: 'batches of 64 KiB',
    unit: 'batches/CPU s',
  });
  return [
    ...cpu,
    ...rowsOf(elapsed as Rounds, 'ours on Redis', peers, { name: 'batches of 64 KiB', unit: 'batches/s' }),
  ];
}

async function ownQueue(
  name: string,
  root: string,
  settings: Readonly<Record<string, string>>,
): Promise<Contestant> {
  const directory = mkdtempSync(join(tmpdir(), 'logster-queue-'));
  const config = readConfig({ ...asideSettings(directory), ...settings }, root);
  const { queue, state, close } = await openPorts(config, recordedTelemetry(), { only: ['queue', 'state'] });
  const bytes = Buffer.alloc(BATCH_BYTES, 'logster');
  const plain = queue as unknown as Queue<{ key: string }>;
  return {
    name,
    run: (jobs) => throughOurs(plain, state, bytes, jobs),
    async close() {
      await close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

async function throughOurs(
  queue: Queue<{ key: string }>,
  state: State,
  bytes: Buffer,
  jobs: number,
): Promise<void> {
  let left = jobs;
  await new Promise<void>((resolve, reject) => {
    const worker = queue.work(async ({ data }) => {
      const found = await state.get(data.key);
      if (found?.length !== bytes.length) throw new Error(`The bytes of ${data.key} are gone`);
      await state.delete(data.key);
      left -= 1;
      if (left === 0) setImmediate(() => void worker.close().then(resolve, reject));
    }, OPTIONS);
    const add = async (): Promise<void> => {
      for (let n = 0; n < jobs; n += 1) {
        const id = randomUUID();
        const key = `batch/${id}`;
        await state.set(key, bytes, 60);
        const job: Job<{ key: string }> = { id, tenant: 'default', sizeBytes: bytes.length, data: { key } };
        while ((await queue.add(job)) === 'full') await queue.room();
      }
    };
    add().catch(reject);
  });
}

/** What the queue's documentation shows first: the payload in the job. */
function bareBullmq(url: string): Contestant {
  const { hostname: host, port } = new URL(url);
  const connection = { host, port: Number(port), maxRetriesPerRequest: null } as ConnectionOptions;
  const prefix = `{bench-${randomUUID()}}`;
  const queue = new BullQueue('bare', { connection, prefix, defaultJobOptions: { removeOnComplete: true } });
  const bytes = Buffer.alloc(BATCH_BYTES, 'logster').toString('base64');
  return {
    name: 'BullMQ alone, base64',
    async run(jobs) {
      let left = jobs;
      await new Promise<void>((resolve, reject) => {
        const worker = new Worker(
          'bare',
          async (job) => {
            Buffer.from((job.data as { bytes: string }).bytes, 'base64');
            left -= 1;
            if (left === 0) setImmediate(() => void worker.close().then(resolve, reject));
          },
          { connection, prefix, concurrency: CONCURRENCY },
        );
        const add = async (): Promise<void> => {
          for (let n = 0; n < jobs; n += 1) await queue.add('bare', { bytes });
        };
        add().catch(reject);
      });
    },
    async close() {
      await queue.obliterate({ force: true });
      await queue.close();
    },
  };
}
