import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { decodeBatch, encodeGraphBatch } from '../contracts/graph-batch.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import { encodeModel, goldenOf } from '../models/artifact.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../models/synthetic.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { createExplainer } from '../models/wasm/explainer.ts';
import { type EngineThread, startEngineThread } from './engine-thread.ts';
import { scorerProcess } from './scorer-process.ts';
import { sharedBytes } from './shared-bytes.ts';

const compiled = join(import.meta.dirname, '..', 'dist', 'serve');
const suite = existsSync(join(compiled, 'engine-thread-main.js')) ? describe : describe.skip;

const model = syntheticModel('windows', 5);

async function files(): Promise<Record<string, Buffer>> {
  return encodeModel({ ...model, golden: await goldenOf(wasmEngine(model), batchOf(2, 1)) });
}

const batchOf = (graphs: number, seed: number) =>
  syntheticBatch('windows', syntheticSizes(graphs, seed), seed);

const shared = (graphs: number, seed: number) =>
  decodeBatch(sharedBytes(1).lay(encodeGraphBatch(batchOf(graphs, seed))));

suite('the engine thread (needs dist/, which `npm test` builds)', () => {
  let thread: EngineThread;
  beforeAll(async () => {
    thread = await startEngineThread(join(compiled, 'engine-thread-main.js'), { backend: 'wasm' }, (lost) => {
      throw lost;
    });
  });
  afterAll(() => thread.close());

  test('gives the scores of the engine called directly, to the bit, with calls under way together', async () => {
    const engine = await thread.open(await files());
    expect(engine).toMatchObject({ name: 'wasm', model: { featureSchema: 'synthetic' } });
    const batches = [shared(9, 2), shared(30, 3), selectGraphs(shared(9, 4), [6, 2]), batchOf(4, 5)];
    const answers = await Promise.all(batches.map((batch) => engine.score(batch)));
    const direct = wasmEngine(model);
    for (const [place, batch] of batches.entries()) {
      const { computeMs, ...scores } = answers[place]!;
      expect(scores).toEqual(await direct.score(batch));
      expect(computeMs).toBeGreaterThan(0);
      expect(batch.features.length).toBeGreaterThan(0); // nothing was taken away from the caller
    }
  });

  test('explains single graphs as the explainer called directly does, in turn with scores', async () => {
    const engine = await thread.open(await files());
    const one = selectGraphs(shared(9, 2), [4]);
    const [explanation] = await Promise.all([engine.explain(one), engine.score(shared(9, 2))]);
    expect(explanation).toEqual(createExplainer(model).explain(one));
    await expect(engine.explain(batchOf(2, 1))).rejects.toMatchObject({ code: 'input-invalid' });
  });

  test('what is said against a batch or a model comes back with its code and reason', async () => {
    const engine = await thread.open(await files());
    const foreign = syntheticBatch('linux', syntheticSizes(2, 1), 1);
    await expect(engine.score(foreign)).rejects.toMatchObject({
      code: 'input-invalid',
      message: expect.stringContaining('windows network got a batch of linux'),
    });
    const { 'golden.json': _, ...unproven } = await files();
    await expect(thread.open(unproven)).rejects.toMatchObject({ code: 'model-invalid' });
    engine.close();
    await expect(engine.score(batchOf(1, 1))).rejects.toMatchObject({ code: 'closed' });
  });
});

suite('a thread that dies (needs dist/)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-thread-'));
  afterAll(() => rmSync(folder, { recursive: true }));

  /** A thread that comes up and dies of the first question. */
  const dying = (): string => {
    const script = join(folder, 'engine-thread-main.js');
    writeFileSync(
      script,
      `const { parentPort } = require('node:worker_threads');
       parentPort.on('message', () => { throw new Error('the device is lost'); });
       parentPort.postMessage({ kind: 'up' });`,
    );
    return script;
  };

  test('is told of once, and what it was asked is refused', async () => {
    const told: Error[] = [];
    const thread = await startEngineThread(dying(), { backend: 'wasm' }, (lost) => told.push(lost));
    await expect(thread.open({})).rejects.toThrow('the device is lost');
    await thread.close();
    expect(told.map((lost) => lost.message)).toEqual(['the device is lost']);
  });

  test('takes its scorer process along, so that the pool starts another', async () => {
    dying();
    // the compiled scorer beside the dying thread: it finds the thread in its own folder
    const compiledScorer = pathToFileURL(join(compiled, 'scorer.js'));
    const script = join(folder, 'scorer.mjs');
    const source = readFileSync(compiledScorer, 'utf8');
    const elsewhere = (_: string, path: string) => `from '${new URL(path, compiledScorer).href}'`;
    writeFileSync(script, source.replace(/from ["'](\.[^"']*)["']/g, elsewhere));
    const ends: (number | null)[] = [];
    const scorer = scorerProcess({
      script,
      settings: { backend: 'wasm' },
      timeoutMs: 20_000,
      onHung: () => undefined,
      onEnd: (code) => ends.push(code),
    });
    await scorer.ready;
    const model = { platform: 'windows', name: 'any', version: '1', files: {} } as const;
    await expect(scorer.ask({ kind: 'load', model })).rejects.toMatchObject({ code: 'unavailable' });
    expect(ends).toEqual([1]);
  });
});
