import { PLATFORMS } from '../../contracts/event.ts';
import { CAPS, FEATURES, type GraphBatch, NODE_TYPES } from '../../contracts/graph.ts';
import { selectGraphs } from '../../contracts/select-graphs.ts';
import { PARAMETER_LIMIT } from '../architecture.ts';
import { cpuEngine } from '../cpu-engine.ts';
import type { Scores } from '../engine.ts';
import { parameterLayout, tensorOf } from '../parameters.ts';
import { randomFrom } from '../random.ts';
import { type SyntheticGraph, syntheticBatch, syntheticModel, syntheticSizes } from '../synthetic.ts';
import { wasmEngine } from './engine.ts';
import { type KernelBuild, runs } from './kernels.ts';

const BUILDS: KernelBuild[] = runs('fused') ? ['plain', 'fused'] : ['plain'];

const SMALL: SyntheticGraph[] = [
  { nodesPerType: [6, 4, 1, 3, 2], edges: 24 },
  { nodesPerType: [1, 0, 0, 0, 0], edges: 0 }, // one node
  { nodesPerType: [2, 3, 1, 1, 1], edges: 0 }, // no edges at all
  { nodesPerType: [9, 0, 0, 0, 0], edges: 5 }, // relations to other types are empty, some nodes isolated
  { nodesPerType: [3, 17, 2, 0, 5], edges: 60 },
  { nodesPerType: [1, 20, 3, 2, 0], edges: 40 }, // a star
];

function largestDifference(a: ArrayLike<number>, b: ArrayLike<number>): number {
  expect(a.length).toBe(b.length);
  return Array.from(a).reduce((most, value, i) => Math.max(most, Math.abs(value - b[i]!)), 0);
}

/** Everything said of one graph. */
function scoreOf({ graphs }: GraphBatch, scores: Scores, place: number): number[] {
  const { nodeOffset, edgeOffset, nodesPerType, edges } = graphs[place]!;
  return [
    ...[scores.attackProb[place]!, scores.rawProb[place]!, scores.logit[place]!],
    ...scores.nodeScore.subarray(nodeOffset, nodeOffset + nodesPerType.reduce((a, b) => a + b, 0)),
    ...scores.edgeScore.subarray(edgeOffset, edgeOffset + edges),
  ];
}

/** The batch with most features of every other graph 0, as they are in real windows; -0 among them. */
function thinned(batch: GraphBatch): GraphBatch {
  const features = batch.features.slice();
  batch.graphs.forEach(({ nodeOffset, nodesPerType }, g) => {
    const end = nodeOffset + nodesPerType.reduce((a, b) => a + b, 0);
    for (let i = nodeOffset * FEATURES; g % 2 === 0 && i < end * FEATURES; i++) {
      if (i % 7 > 0) features[i] = i % 2 ? 0 : -0;
    }
  });
  return { ...batch, features };
}

/** Parameters away from their first values, so that biases and edge kinds take part. */
function stirred(platform: 'windows' | 'linux', by: number) {
  const model = syntheticModel(platform, 3);
  const random = randomFrom(9);
  return { ...model, parameters: model.parameters.map((value) => value + (random.next() * 2 - 1) * by) };
}

const COMBINATIONS = PLATFORMS.flatMap((platform) => BUILDS.map((build) => ({ platform, build })));

describe.each(COMBINATIONS)('wasmEngine(), $build build, on $platform', ({ platform, build }) => {
  test('gives the reference’s probabilities, node scores and edge scores to 1e-5', async () => {
    const model = stirred(platform, 0.1);
    const batch = thinned(syntheticBatch(platform, SMALL, 4));
    const wasm = wasmEngine(model, build);
    const cpu = cpuEngine(model);
    const ours = await wasm.score(batch);
    const reference = await cpu.score(batch);
    expect(largestDifference(ours.rawProb, reference.rawProb)).toBeLessThan(1e-5);
    expect(largestDifference(ours.attackProb, reference.attackProb)).toBeLessThan(1e-5);
    const scale = 1 + Math.max(...Array.from(reference.logit, Math.abs));
    expect(largestDifference(ours.nodeScore, reference.nodeScore) / scale).toBeLessThan(1e-5);
    expect(largestDifference(ours.edgeScore, reference.edgeScore) / scale).toBeLessThan(1e-5);
    expect(Math.max(...ours.edgeScore)).toBeGreaterThan(0);
    wasm.close();
    cpu.close();
  });

  test('node scores and the output bias add up to the logit', async () => {
    const model = stirred(platform, 0.1);
    const bias = tensorOf(parameterLayout(platform), model.parameters, 'output.bias');
    const batch = syntheticBatch(platform, SMALL, 5);
    const { logit, nodeScore } = await wasmEngine(model, build).score(batch);
    batch.graphs.forEach((graph, g) => {
      const nodes = graph.nodesPerType.reduce((a, b) => a + b, 0);
      const own = nodeScore.slice(graph.nodeOffset, graph.nodeOffset + nodes);
      expect(own.reduce((a, b) => a + b, 0) + bias[1]! - bias[0]!).toBeCloseTo(logit[g]!, 4);
    });
  });

  test('gives a graph the same score to the bit in any batch and order', async () => {
    const engine = wasmEngine(stirred(platform, 0.1), build);
    const batch = thinned(syntheticBatch(platform, [...SMALL, ...syntheticSizes(6, 2)], 6));
    const together = await engine.score(batch);
    const order = [7, 2, 10, 0, 4, 9, 1, 11, 3, 8, 5, 6];
    const another = selectGraphs(batch, order);
    const shuffled = await engine.score(another);
    for (const [place, graph] of order.entries()) {
      const alone = selectGraphs(batch, [graph]);
      expect(scoreOf(another, shuffled, place)).toEqual(scoreOf(batch, together, graph));
      expect(scoreOf(alone, await engine.score(alone), 0)).toEqual(scoreOf(batch, together, graph));
    }
  });

  test.each([PARAMETER_LIMIT, -PARAMETER_LIMIT])(
    'gives finite scores with every parameter at its limit (%s) and wild features',
    async (parameter) => {
      const model = syntheticModel(platform);
      const engine = wasmEngine({ ...model, parameters: model.parameters.fill(parameter) }, build);
      const batch = syntheticBatch(platform, [...SMALL, { nodesPerType: [60, 40, 9, 9, 9], edges: 900 }], 7);
      const wild = [
        Number.MAX_VALUE,
        -Number.MAX_VALUE,
        Number.NaN,
        Number.POSITIVE_INFINITY,
        3.4e38,
        -1e-45,
      ];
      batch.features.forEach((_, i) => {
        batch.features[i] = wild[i % wild.length]!;
      });
      for (const values of Object.values(await engine.score(batch))) {
        expect(Array.from(values as Float32Array).every(Number.isFinite)).toBe(true);
      }
    },
  );
});

test('wasmEngine() says which build of the kernels it runs, and takes the fused one where Node has it', () => {
  const model = syntheticModel('linux');
  expect(wasmEngine(model, 'plain').detail).not.toMatch(/fused/);
  expect(/fused multiply-add/.test(wasmEngine(model).detail)).toBe(BUILDS.includes('fused'));
});

test('wasmEngine() scores a graph without nodes by the output bias alone', async () => {
  const model = stirred('linux', 0.1);
  const bias = tensorOf(parameterLayout('linux'), model.parameters, 'output.bias');
  const batch = syntheticBatch('linux', [{ nodesPerType: [0, 0, 0, 0, 0], edges: 0 }], 1);
  expect((await wasmEngine(model).score(batch)).logit[0]).toBeCloseTo(bias[1]! - bias[0]!, 6);
  expect((await cpuEngine(model).score(batch)).logit[0]).toBeCloseTo(bias[1]! - bias[0]!, 6);
});

test('wasmEngine() gives shown probabilities through the model’s scaling', async () => {
  const model = syntheticModel('linux');
  const batch = syntheticBatch('linux', SMALL, 8);
  const { logit } = await wasmEngine(model).score(batch);
  const scaling = { anchors: [{ raw: logit[0]!, shown: Math.log(0.7 / 0.3) }], alert: logit[0]! };
  const { attackProb } = await wasmEngine({ ...model, manifest: { ...model.manifest, scaling } }).score(
    batch,
  );
  expect(attackProb[0]).toBeGreaterThanOrEqual(0.7);
  expect(attackProb[0]).toBeCloseTo(0.7, 6);
});

test('wasmEngine() takes the feature scale into account', async () => {
  const model = stirred('windows', 0.1);
  const batch = syntheticBatch('windows', SMALL, 9);
  const mean = Array.from({ length: 5 * FEATURES }, (_, i) => (i % 7) / 10);
  const scale = Array.from({ length: 5 * FEATURES }, (_, i) => 1 + (i % 3));
  const scaled = { ...batch, features: batch.features.slice() };
  batch.graphs.forEach((graph) => {
    let node = graph.nodeOffset;
    graph.nodesPerType.forEach((count, type) => {
      for (const end = node + count; node < end; node++) {
        for (let f = 0; f < FEATURES; f++) {
          const at = node * FEATURES + f;
          scaled.features[at] =
            (batch.features[at]! - mean[type * FEATURES + f]!) / scale[type * FEATURES + f]!;
        }
      }
    });
  });
  const folded = { ...model, manifest: { ...model.manifest, featureScale: { mean, scale } } };
  const difference = largestDifference(
    (await wasmEngine(folded).score(batch)).rawProb,
    (await wasmEngine(model).score(scaled)).rawProb,
  );
  expect(difference).toBeLessThan(1e-5);
});

test('wasmEngine() scores the largest graph the caps allow', async () => {
  const nodesPerType = NODE_TYPES.windows.map((type) => CAPS.nodes[type]);
  const batch = syntheticBatch('windows', [{ nodesPerType, edges: CAPS.edges }], 12);
  const { rawProb, nodeScore } = await wasmEngine(stirred('windows', 0.1)).score(batch);
  expect(Number.isFinite(rawProb[0])).toBe(true);
  expect(nodeScore.length).toBe(nodesPerType.reduce((a, b) => a + b, 0));
});

test('wasmEngine() holds no more memory after many batches, and refuses after close()', async () => {
  const engine = wasmEngine(syntheticModel('linux'));
  const batch = syntheticBatch('linux', syntheticSizes(6, 4), 10);
  await engine.score(batch);
  const before = process.memoryUsage().arrayBuffers;
  const rounds = 200;
  for (let i = 0; i < rounds; i++) await engine.score(batch);
  // the garbage of the last rounds may still stand, but not what every round has read
  const held = process.memoryUsage().arrayBuffers - before;
  expect(held).toBeLessThan((rounds * batch.features.byteLength) / 4);
  engine.close();
  await expect(engine.score(batch)).rejects.toThrow(/closed/);
});
