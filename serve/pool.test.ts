import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { encodeGraphBatch } from '../contracts/graph-batch.ts';
import { encodeModel, goldenOf } from '../models/artifact.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../models/synthetic.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { type Pool, type PoolOptions, type ScoreRequest, scorerPool } from './pool.ts';

const script = join(import.meta.dirname, '..', 'dist', 'serve', 'scorer.js');
const suite = existsSync(script) ? describe : describe.skip;

const model = syntheticModel('linux', 3);

function batchOf(seed: number, graphs: number) {
  const batch = syntheticBatch('linux', syntheticSizes(graphs, seed), seed);
  const named = batch.graphs.map((graph, place) => ({ ...graph, contentHash: `${seed}/${place}` }));
  return { ...batch, graphs: named };
}

function request(seed: number, graphs = 32): ScoreRequest {
  const bytes = encodeGraphBatch(batchOf(seed, graphs));
  return { platform: 'linux', version: '1', bytes, from: 0, to: graphs };
}

suite('scorerPool() (needs dist/, which `npm test` builds)', () => {
  let pool: Pool;
  const telemetry = recordedTelemetry();

  async function start(options: Partial<PoolOptions> = {}): Promise<void> {
    pool = await scorerPool({ scorers: 1, settings: { backend: 'wasm' }, script, telemetry, ...options });
    const golden = await goldenOf(wasmEngine(model), batchOf(1, 2));
    const files = encodeModel({ ...model, golden });
    await pool.load({ platform: 'linux', name: 'logster-linux-gat', version: '1', files });
  }
  const endings = async (asked: readonly Promise<unknown>[]) =>
    (await Promise.allSettled(asked)).map(({ status }) => status);
  const killScorers = () => {
    for (const pid of pool.processIds()) process.kill(pid, 'SIGKILL');
  };

  afterEach(() => pool.close());

  test('batches that are in a scorer together get the scores of the engine called directly', async () => {
    await start();
    const sizes = [40, 3, 25, 1, 33, 8];
    const answers = await Promise.all(sizes.map((graphs, seed) => pool.score(request(seed, graphs))));
    const engine = wasmEngine(model);
    for (const [seed, windows] of answers.entries()) {
      const batch = batchOf(seed, sizes[seed]!);
      expect(windows.map((one) => one.window_id)).toEqual(batch.graphs.map((one) => one.windowId));
      const { attackProb } = await engine.score(batch);
      expect(windows.map((one) => one.attack_prob)).toEqual([...attackProb]);
    }
  });

  test('a scorer has two batches at a time, and both are refused when it dies', async () => {
    await start();
    const asked = [1, 2, 3, 4].map((seed) => pool.score(request(seed)));
    killScorers();
    expect(await endings(asked)).toEqual(['rejected', 'rejected', 'fulfilled', 'fulfilled']);
    await expect(asked[1]).rejects.toMatchObject({ code: 'unavailable' });
  });

  test('a batch that must be alone waits for the others and lets none in', async () => {
    await start();
    const before = [1, 2].map((seed) => pool.score(request(seed)));
    const alone = pool.score({ ...request(3, 256), alone: true });
    const after = [4, 5].map((seed) => pool.score(request(seed)));
    expect(await endings(before)).toEqual(['fulfilled', 'fulfilled']);
    killScorers();
    expect(await endings([alone, ...after])).toEqual(['rejected', 'fulfilled', 'fulfilled']);
  });

  test('a scorer that outgrows its memory answers what it has and is replaced', async () => {
    const before = telemetry.counted('scorer_restarts_total');
    await start({ maxMemoryBytes: 1 });
    const asked = [1, 2, 3, 4, 5].map((seed) => pool.score(request(seed)));
    expect(await endings(asked)).toEqual(Array(5).fill('fulfilled'));
    expect(telemetry.counted('scorer_restarts_total') - before).toBeGreaterThanOrEqual(2);
  });

  test('a scorer that gives no answer in time is replaced', async () => {
    const before = telemetry.counted('scorer_restarts_total');
    await start({ timeoutMs: 5000 }); // loading takes a part of it
    const [pid] = pool.processIds();
    process.kill(pid!, 'SIGSTOP');
    expect(await endings([1, 2, 3].map((seed) => pool.score(request(seed, 2))))).toEqual([
      'rejected',
      'rejected',
      'fulfilled',
    ]);
    expect(telemetry.counted('scorer_restarts_total') - before).toBe(1);
  });
});
