import { createHash } from 'node:crypto';
import { FEATURES } from '../contracts/graph.ts';
import { decodeModel, encodeModel, goldenOf, openProven } from './artifact.ts';
import { besideTrees } from './beside-trees.ts';
import { type GraphPart, partOfBatch } from './graph-part.ts';
import { shownProbability } from './scaling.ts';
import { syntheticBatch, syntheticModel } from './synthetic.ts';
import { type BesideTrees, besideLogit, extremesOf, treesLogit } from './trees.ts';
import { wasmEngine } from './wasm/engine.ts';

const trees: BesideTrees = {
  over: 'window',
  share: 0.75,
  base: -1,
  trees: [{ column: 0, cut: 0.5, left: { value: -2 }, right: { value: 3 } }, { value: 0.25 }],
};

test('extremesOf() takes the largest value per node type, 0 where a type has no node', () => {
  const features = new Float32Array(4 * FEATURES);
  features.set([9], 0); // a node of the graph before
  features.set([-3, 1], FEATURES);
  features.set([-2, 0], 2 * FEATURES);
  features.set([5], 3 * FEATURES);
  const row = extremesOf([2, 0, 1], features, 1);
  expect(row.length).toBe(3 * FEATURES);
  expect([row[0], row[1]]).toEqual([-2, 1]);
  expect(row[FEATURES]).toBe(0);
  expect(row[2 * FEATURES]).toBe(5);
});

test('treesLogit() adds the leaves that a row reaches', () => {
  expect(treesLogit(trees, Float32Array.from([0.5]))).toBe(-2.75);
  expect(treesLogit(trees, Float32Array.from([0.6]))).toBe(2.25);
});

test('besideLogit() is the mean by share, and a certain network cannot decide alone', () => {
  const graph: GraphPart = {
    platform: 'windows',
    nodesPerType: [1],
    features: new Float32Array(FEATURES).fill(1),
    source: new Int32Array(),
    target: new Int32Array(),
    relation: new Uint8Array(),
    nodeOffset: 0,
    edgeOffset: 0,
    edges: 0,
  };
  expect(besideLogit(trees, 4, graph)).toBeCloseTo(0.25 * 4 + 0.75 * 2.25, 10);
  expect(besideLogit(trees, 1000, graph)).toBeCloseTo(0.25 * 8 + 0.75 * 2.25, 10);
  expect(besideLogit(undefined, 1000, graph)).toBe(1000);
});

const model = { ...syntheticModel('windows'), trees };
const batch = syntheticBatch(
  'windows',
  [
    { nodesPerType: [3, 2, 0, 1, 1], edges: 9 },
    { nodesPerType: [1, 0, 0, 0, 0], edges: 0 },
  ],
  7,
);

test('an engine with trees shows the combined logit and leaves the explanation to the network', async () => {
  const alone = await wasmEngine(model).score(batch);
  const both = await besideTrees(wasmEngine(model), model).score(batch);
  batch.graphs.forEach((_, graph) => {
    const logit = Math.fround(besideLogit(trees, alone.logit[graph]!, partOfBatch(batch, graph)));
    expect(both.logit[graph]).toBe(logit);
    expect(both.logit[graph]).not.toBe(alone.logit[graph]);
    expect(both.attackProb[graph]).toBe(Math.fround(shownProbability(model.manifest.scaling, logit)));
  });
  expect(both.nodeScore).toEqual(alone.nodeScore);
});

test('trees travel with a model, are proven by its golden batch and refused when damaged', async () => {
  const golden = await goldenOf(besideTrees(wasmEngine(model), model), batch);
  const files = encodeModel({ ...model, golden });
  const back = decodeModel(files);
  expect(back.trees).toEqual(trees);
  (await openProven(back, wasmEngine)).close();
  await expect(openProven({ ...back, trees: undefined }, wasmEngine)).rejects.toThrow(/golden graph/);
  const manifest = JSON.parse(String(files['model.json']));
  const other = Buffer.from('{"over":"window","share":2,"base":0,"trees":[]}');
  manifest.files['trees.json'] = {
    bytes: other.length,
    sha256: createHash('sha256').update(other).digest('hex'),
  };
  const damaged = { ...files, 'model.json': Buffer.from(JSON.stringify(manifest)), 'trees.json': other };
  expect(() => decodeModel(damaged)).toThrow(/trees .* are damaged/);
});
