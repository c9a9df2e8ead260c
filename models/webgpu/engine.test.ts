import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { Worker } from 'node:worker_threads';
import * as tf from '@tensorflow/tfjs-core';
import { PLATFORMS } from '../../contracts/event.ts';
import { selectGraphs } from '../../contracts/select-graphs.ts';
import { PARAMETER_LIMIT } from '../architecture.ts';
import { cpuEngine, useCpu } from '../cpu-engine.ts';
import type { Scores } from '../engine.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../synthetic.ts';
import { openBackend, SMALL, SOFTWARE, stirred, whyNoAdapter } from './adapter-fixtures.ts';
import { adapterName, webgpuEngine } from './engine.ts';
import { loadPackages } from './load-packages.ts';

const missing = await whyNoAdapter();
const suite = missing ? describe.skip : describe;

const rowOf = ({ attackProb, rawProb, logit }: Scores, g: number) => [attackProb[g], rawProb[g], logit[g]];

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

suite(`webgpuEngine()${missing ? ` (${missing})` : ''}`, () => {
  beforeAll(useCpu);
  afterEach(() => expect(openBackend() === null).toBe(true)); // every test closed what it opened

  describe.each(PLATFORMS)('on %s', (platform) => {
    test('gives the reference’s probabilities, node scores and edge scores to 1e-5', async () => {
      const batch = syntheticBatch(platform, SMALL, 4);
      const gpu = await webgpuEngine(stirred(platform), SOFTWARE);
      const ours = await gpu.score(batch);
      gpu.close();
      const cpu = cpuEngine(stirred(platform));
      const reference = await cpu.score(batch);
      cpu.close();
      expect(largestDifference(ours.rawProb, reference.rawProb)).toBeLessThan(1e-5);
      expect(largestDifference(ours.attackProb, reference.attackProb)).toBeLessThan(1e-5);
      const scale = 1 + Math.max(...Array.from(reference.logit, Math.abs));
      expect(largestDifference(ours.nodeScore, reference.nodeScore) / scale).toBeLessThan(1e-5);
      expect(largestDifference(ours.edgeScore, reference.edgeScore) / scale).toBeLessThan(1e-5);
      expect(Math.max(...ours.edgeScore)).toBeGreaterThan(0);
    });

    test('gives a graph the same score to the bit in any batch, order and run', async () => {
      const batch = syntheticBatch(platform, [...SMALL, ...syntheticSizes(4, 2)], 6);
      const gpu = await webgpuEngine(stirred(platform), SOFTWARE);
      const together = await gpu.score(batch);
      expect(await gpu.score(batch)).toEqual(together);
      const order = [7, 2, 0, 4, 1, 3, 8, 5, 6];
      const shuffled = await gpu.score(selectGraphs(batch, order));
      for (const [place, graph] of order.entries()) {
        expect(rowOf(shuffled, place)).toEqual(rowOf(together, graph));
        expect(rowOf(await gpu.score(selectGraphs(batch, [graph])), 0)).toEqual(rowOf(together, graph));
      }
      gpu.close();
    });

    test.each([PARAMETER_LIMIT, -PARAMETER_LIMIT])(
      'gives finite scores with every parameter at its limit (%s) and wild features',
      async (parameter) => {
        const model = syntheticModel(platform);
        const gpu = await webgpuEngine({ ...model, parameters: model.parameters.fill(parameter) }, SOFTWARE);
        const batch = syntheticBatch(
          platform,
          [...SMALL, { nodesPerType: [60, 40, 9, 9, 9], edges: 900 }],
          7,
        );
        const wild = [
          3.4e38,
          -3.4e38,
          Number.NaN,
          Number.POSITIVE_INFINITY,
          Number.NEGATIVE_INFINITY,
          -1e-45,
        ];
        batch.features.forEach((_, i) => {
          batch.features[i] = wild[i % wild.length]!;
        });
        for (const values of Object.values(await gpu.score(batch))) {
          expect(Array.from(values as Float32Array).every(Number.isFinite)).toBe(true);
        }
        gpu.close();
      },
    );
  });

  test('scores graphs without nodes by the output bias alone, and a batch without graphs by nothing', async () => {
    const model = stirred('linux');
    const bias = tensorOf(parameterLayout('linux'), model.parameters, 'output.bias');
    const gpu = await webgpuEngine(model, SOFTWARE);
    const { logit } = await gpu.score(syntheticBatch('linux', [SMALL[3]!, SMALL[3]!], 1));
    expect([...logit]).toEqual([Math.fround(bias[1]! - bias[0]!), Math.fround(bias[1]! - bias[0]!)]);
    expect((await gpu.score(syntheticBatch('linux', [], 1))).logit).toEqual(new Float32Array(0));
    gpu.close();
  });

  test('two of them and a cpu engine, all at once, do not disturb each other', async () => {
    const engines = [
      await webgpuEngine(stirred('windows'), SOFTWARE),
      await webgpuEngine(stirred('linux'), SOFTWARE),
      cpuEngine(stirred('windows')),
    ];
    const batchOf = (['windows', 'linux', 'windows'] as const).map((platform) =>
      syntheticBatch(platform, SMALL, 5),
    );
    const alone = [];
    for (const [place, engine] of engines.entries()) alone.push(await engine.score(batchOf[place]!));
    for (let round = 0; round < 3; round++) {
      const together = await Promise.all(engines.map((engine, place) => engine.score(batchOf[place]!)));
      expect(together).toEqual(alone);
    }
    engines[0]!.close();
    expect(await engines[1]!.score(batchOf[1]!)).toEqual(alone[1]);
    engines[1]!.close();
    expect(await engines[2]!.score(batchOf[2]!)).toEqual(alone[2]);
    engines[2]!.close();
  });

  test('leaves no tensor behind in 200 batches', async () => {
    const before = tf.memory().numTensors;
    const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
    const open = tf.memory().numTensors;
    for (let i = 0; i < 200; i++) {
      const graph = { nodesPerType: [2 + (i % 7), 1, 1, 1, 1], edges: i % 11 };
      await gpu.score(syntheticBatch('linux', [graph], i));
      expect(tf.memory().numTensors).toBe(open);
    }
    gpu.close();
    expect(tf.memory().numTensors).toBe(before);
  }, 120_000); // ten seconds on a quiet machine

  test('a closed one refuses to score, even what it had begun', async () => {
    const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
    const begun = gpu.score(syntheticBatch('linux', SMALL, 5));
    gpu.close();
    await expect(begun).rejects.toMatchObject({ code: 'closed' });
    await expect(gpu.score(syntheticBatch('linux', SMALL, 5))).rejects.toMatchObject({ code: 'closed' });
  });

  test('says on which adapter it runs, and refuses a software one that nobody allowed', async () => {
    const name = await adapterName();
    const gpu = await webgpuEngine(stirred('linux'), SOFTWARE);
    expect(gpu.detail).toBe(`${name}, up to 131072 messages at once`);
    gpu.close();
    if (!/swiftshader|llvmpipe/i.test(name)) return;
    await expect(webgpuEngine(stirred('linux'))).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('computes on the processor'),
    });
  });

  test('gives the same scores in a worker thread', async () => {
    const batch = syntheticBatch('linux', SMALL, 5);
    const gpu = await webgpuEngine(syntheticModel('linux'), SOFTWARE);
    const { logit } = await gpu.score(batch);
    const compiled = pathToFileURL(join(import.meta.dirname, '../../dist/models/')).href;
    const program = `
      const { webgpuEngine } = await import('${compiled}webgpu/engine.js');
      const { syntheticBatch, syntheticModel } = await import('${compiled}synthetic.js');
      const { parentPort } = await import('node:worker_threads');
      const gpu = await webgpuEngine(syntheticModel('linux'), { software: true });
      const { logit } = await gpu.score(syntheticBatch('linux', ${JSON.stringify(SMALL)}, 5));
      gpu.close();
      parentPort.postMessage([...logit]);`;
    const worker = new Worker(new URL(`data:text/javascript,${encodeURIComponent(program)}`));
    const [[there], exited] = await Promise.all([once(worker, 'message'), once(worker, 'exit')]);
    expect(there).toEqual([...logit]);
    expect(exited).toEqual([0]);
    gpu.close();
  });
});

test('loadPackages() names the command that brings them where they are missing', async () => {
  await expect(loadPackages(tmpdir())).rejects.toMatchObject({
    code: 'unavailable',
    message: expect.stringContaining('npm run setup:native -- --webgpu'),
  });
});
