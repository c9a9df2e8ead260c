import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { SCORE_QUEUE, type ScoreJob } from '../contracts/batch.ts';
import { deadLetterSchema } from '../contracts/dead-letter.ts';
import type { Platform } from '../contracts/event.ts';
import { encodeGraphBatch } from '../contracts/graph-batch.ts';
import { idOf } from '../contracts/ids.ts';
import { type InferenceResult, inferenceResultSchema } from '../contracts/inference.ts';
import type { Stage } from '../contracts/stage.ts';
import { DEAD_LETTER_TOPIC, RESULTS_TOPIC, type Topic } from '../contracts/topics.ts';
import { encodeModel, goldenOf } from '../models/artifact.ts';
import type { Model } from '../models/engine.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../models/synthetic.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { eventually } from '../ports/eventually.ts';
import { embeddedQueue } from '../ports/queue/embedded.ts';
import { folderRegistry } from '../ports/registry/embedded.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import { systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { modelNameOf } from './champions.ts';
import { serve } from './serve.ts';

const scorerScript = join(import.meta.dirname, '..', 'dist', 'serve', 'scorer.js');
const suite = existsSync(scorerScript) ? describe : describe.skip;

async function proven(platform: Platform, seed: number): Promise<Model> {
  const model = syntheticModel(platform, seed);
  const engine = wasmEngine(model);
  const golden = await goldenOf(engine, syntheticBatch(platform, syntheticSizes(2, seed), seed));
  engine.close();
  return { ...model, golden };
}

async function bench() {
  const directory = mkdtempSync(join(tmpdir(), 'logster-serve-'));
  const telemetry = recordedTelemetry();
  const below = (name: string) => ({ directory: join(directory, name) });
  const bus = embeddedBus(below('bus'));
  const state = embeddedState(below('state'));
  const queue = embeddedQueue<ScoreJob>({
    ...below('queue'),
    name: SCORE_QUEUE,
    limits: { jobs: 100, bytes: 1 << 28 },
  });
  const registry = folderRegistry(below('registry'));
  const promote = async (
    platform: Platform,
    seed: number,
    spoil?: (files: Record<string, Buffer>) => void,
  ) => {
    const files = encodeModel(await proven(platform, seed));
    spoil?.(files);
    const { version } = await registry.register(modelNameOf(platform), { files, tags: {}, metrics: {} });
    await registry.setAlias(modelNameOf(platform), 'champion', version);
  };
  await promote('windows', 1);
  await promote('linux', 1);
  let stage: Stage | undefined;
  return {
    telemetry,
    state,
    queue,
    promote,
    async start(backend: 'auto' | 'native' | 'wasm' = 'wasm', scorers = 1) {
      stage = await serve({
        queue,
        state,
        bus,
        registry,
        telemetry,
        clock: systemClock,
        options: { scorers, backend, scorerScript, registryPollMs: 50 },
      });
      return stage;
    },
    async add(seed: number, graphs = 4, keepBytes = true): Promise<ScoreJob> {
      const batch = syntheticBatch('windows', syntheticSizes(graphs, seed), seed);
      const named = {
        ...batch,
        graphs: batch.graphs.map((graph, place) => ({
          ...graph,
          windowId: idOf('window', `${seed}/${place}`),
          contentHash: `${seed}/${place}`,
        })),
      };
      const bytes = encodeGraphBatch(named);
      const job: ScoreJob = {
        batch_id: idOf('batch', String(seed)),
        platform: 'windows',
        key: `batch/${seed}`,
        feature_schema: 'synthetic',
        tenants: ['default'],
        graphs,
        nodes: 0,
        edges: batch.source.length,
        bytes: bytes.length,
        created_at: systemClock.now(),
      };
      if (keepBytes) await state.set(job.key, bytes);
      await queue.add({ id: job.batch_id, tenant: 'default', sizeBytes: bytes.length, data: job });
      return job;
    },
    async messages(topic: Topic): Promise<unknown[]> {
      const offsets = await bus.offsets(topic);
      const pages = await Promise.all(
        offsets.map(({ first, next }, partition) => bus.read(topic, partition, first, next - first || 1)),
      );
      return pages.flat().map(({ value }) => JSON.parse(value.toString()) as unknown);
    },
    async results(): Promise<InferenceResult[]> {
      return (await this.messages(RESULTS_TOPIC)).map((message) => inferenceResultSchema.parse(message));
    },
    async close() {
      await stage?.close();
      await bus.close();
      await state.close();
      await queue.close();
      await registry.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

suite('serve (needs dist/, which `npm test` builds)', () => {
  let at: Awaited<ReturnType<typeof bench>>;
  beforeEach(async () => {
    at = await bench();
  });
  afterEach(() => at.close());

  test('one result per window names model, version and engine, and the batch is gone afterwards', async () => {
    await at.start();
    const job = await at.add(7, 5);
    await eventually('five results', async () => (await at.results()).length === 5);
    for (const result of await at.results()) {
      expect(result).toMatchObject({
        model_name: 'logster-windows-gat',
        model_version: '1',
        backend: 'wasm',
        prefiltered: false,
      });
    }
    await eventually('the bytes are deleted', async () => (await at.state.get(job.key)) === undefined);
  });

  test('a batch goes on when its scorer is killed', async () => {
    const stage = await at.start('wasm', 1);
    for (let seed = 1; seed <= 12; seed++) await at.add(seed, 20);
    await eventually('the first results', async () => (await at.results()).length > 0);
    const { detail } = await stage.health();
    for (const pid of detail.scorers as number[]) process.kill(pid, 'SIGKILL');
    await eventually(
      'all results',
      async () => new Set((await at.results()).map((one) => one.window_id)).size === 240,
      20_000,
    );
    expect((await at.results()).filter((one) => one.prediction === 'error')).toEqual([]);
    expect(at.telemetry.counted('scorer_restarts_total')).toBeGreaterThan(0);
  });

  test('a batch whose bytes are gone is tried again and then told of in the dead letters', async () => {
    await at.start();
    const job = await at.add(3, 4, false);
    await eventually(
      'a dead letter',
      async () => (await at.messages(DEAD_LETTER_TOPIC)).length === 1,
      20_000,
    );
    const [letter] = (await at.messages(DEAD_LETTER_TOPIC)).map((message) => deadLetterSchema.parse(message));
    expect(letter).toMatchObject({ stage: 'serve', reason: 'reference-expired', source_topic: SCORE_QUEUE });
    expect(await at.results()).toEqual([]);
    expect((await at.queue.failed(10)).map((failed) => failed.id)).toEqual([job.batch_id]);
  });

  test('a new champion takes over between two batches, without a restart', async () => {
    await at.start();
    await at.add(1);
    await eventually('results of version 1', async () => (await at.results()).length === 4);
    await at.promote('windows', 2);
    await eventually('version 2 serves', () =>
      Promise.resolve(at.telemetry.lines.some(({ sentence }) => sentence === 'A new champion took over')),
    );
    await at.add(2);
    await eventually(
      'results of version 2',
      async () => (await at.results()).filter((one) => one.model_version === '2').length === 4,
    );
  });

  test('a broken champion never serves: the old one goes on and health says why', async () => {
    const stage = await at.start();
    await at.promote('windows', 2, (files) => files['weights.bin']?.writeFloatLE(1e9, 0));
    await eventually(
      'the refusal',
      async () => ((await stage.health()).detail.refused as string[]).length > 0,
    );
    await at.add(5);
    await eventually('results of the old version', async () => (await at.results()).length === 4);
    expect((await at.results())[0]?.model_version).toBe('1');
  });

  test('asking for a backend that is not there stops the start with the way out', async () => {
    await expect(at.start('native')).rejects.toMatchObject({
      message: expect.stringContaining('LOGSTER_BACKEND=auto'),
    });
  });
});
