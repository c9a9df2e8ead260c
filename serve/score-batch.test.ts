import { randomUUID } from 'node:crypto';
import type { GraphBatch } from '../contracts/graph.ts';
import { inferenceResultSchema } from '../contracts/inference.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import type { Engine } from '../models/engine.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../models/synthetic.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { createExplainer } from '../models/wasm/explainer.ts';
import { rememberedScores } from './remembered.ts';
import { type Scoring, scoreBatch } from './score-batch.ts';

const model = syntheticModel('windows');
const explainer = createExplainer(model);

function scoringWith(engine: Engine): Scoring {
  return {
    engine,
    engineMs: () => 16,
    remembered: rememberedScores(1 << 20),
    explaining: {
      explain: async (part) => explainer.explain(part),
      featureNames: { windows: { process: [{ name: 'nameHash', width: 8 }, { name: 'depth' }] } },
    },
    by: { modelName: 'logster-windows-gat', modelVersion: '1', backend: engine.name },
    now: () => 1_700_000_000,
  };
}

/** Eight graphs with contents of their own. */
function eightGraphs(): GraphBatch {
  const batch = syntheticBatch('windows', syntheticSizes(8, 3), 3);
  return {
    ...batch,
    graphs: batch.graphs.map((graph) => ({ ...graph, windowId: randomUUID(), contentHash: randomUUID() })),
  };
}

/** An engine that cannot bear a certain graph, as a damaged one would be. */
function choosy(engine: Engine, poison: string): Engine & { calls: number } {
  return {
    name: engine.name,
    detail: engine.detail,
    calls: 0,
    async score(batch) {
      this.calls += 1;
      if (batch.graphs.some((graph) => graph.contentHash === poison))
        throw new Error('the numbers do not fit together');
      return engine.score(batch);
    },
    close: () => engine.close(),
  };
}

const whole = (batch: GraphBatch) => ({ from: 0, to: batch.graphs.length });

test('every graph becomes a result of the contract, its strongest nodes and edges first', async () => {
  const batch = eightGraphs();
  const results = await scoreBatch(batch, whole(batch), scoringWith(wasmEngine(model)));
  expect(results.map((result) => result.inference_time_ms)).toEqual(Array(8).fill(2));
  for (const result of results) {
    const checked = inferenceResultSchema.parse({ ...result, queue_time_ms: 0 });
    expect(checked.top_nodes.map((node) => node.score)).toEqual(
      [...checked.top_nodes.map((node) => node.score)].sort((a, b) => b - a),
    );
    expect(checked.graph.num_edges).toBe(
      Object.values(checked.graph.edge_types).reduce((sum, n) => sum + n, 0),
    );
    expect(checked.event_ids.length).toBeGreaterThan(0);
  }
});

test('a graph scores the same to the bit alone and among others', async () => {
  const batch = eightGraphs();
  const together = await scoreBatch(batch, whole(batch), scoringWith(wasmEngine(model)));
  const alone: number[] = [];
  for (let place = 0; place < 8; place++) {
    const [only] = await scoreBatch(batch, { from: place, to: place + 1 }, scoringWith(wasmEngine(model)));
    alone.push(only!.attack_prob);
  }
  expect(alone).toEqual(together.map((result) => result.attack_prob));
});

test('a bad graph fails alone, with its reason, and its batch does not', async () => {
  const batch = eightGraphs();
  const engine = choosy(wasmEngine(model), batch.graphs[5]!.contentHash);
  const results = await scoreBatch(batch, whole(batch), scoringWith(engine));
  expect(results.map((result) => result.prediction === 'error')).toEqual(
    [...'00000100'].map((flag) => flag === '1'),
  );
  expect(results[5]).toMatchObject({
    error: 'the numbers do not fit together',
    attack_prob: 0,
    confidence: 0,
  });
  const untroubled = await scoreBatch(batch, whole(batch), scoringWith(wasmEngine(model)));
  expect(results[4]!.attack_prob).toBe(untroubled[4]!.attack_prob);
});

test('a graph that did not change is not scored again, and says so', async () => {
  const batch = eightGraphs();
  const engine = choosy(wasmEngine(model), 'none');
  const scoring = scoringWith(engine);
  const first = await scoreBatch(batch, whole(batch), scoring);
  const again = await scoreBatch(batch, whole(batch), scoring);
  expect(engine.calls).toBe(1);
  expect(first.every((result) => !result.reused)).toBe(true);
  expect(again.every((result) => result.reused)).toBe(true);
  expect(again.map(({ reused, ...rest }) => rest)).toEqual(first.map(({ reused, ...rest }) => rest));
});

test('equal graphs in one batch are scored once', async () => {
  const batch = eightGraphs();
  const twins = {
    ...batch,
    graphs: batch.graphs.map((graph) => ({ ...graph, contentHash: batch.graphs[0]!.contentHash })),
  };
  const seen: number[] = [];
  const engine = wasmEngine(model);
  const counting: Engine = {
    ...engine,
    async score(part) {
      seen.push(part.graphs.length);
      return engine.score(part);
    },
  };
  await scoreBatch(twins, whole(twins), scoringWith(counting));
  expect(seen).toEqual([1]);
});

test('rememberedScores() lets the longest unused go when it is full', () => {
  const remembered = rememberedScores(3500); // two of them
  const scores = {
    attackProb: 0.5,
    rawProb: 0.5,
    nodeScore: new Float32Array(25),
    edgeScore: new Float32Array(25),
  };
  remembered.set('a', scores);
  remembered.set('b', scores);
  expect(remembered.get('a')).toBe(scores);
  remembered.set('c', scores);
  expect([remembered.get('a'), remembered.get('b'), remembered.get('c')]).toEqual([
    scores,
    undefined,
    scores,
  ]);
});

test('selectGraphs() keeps each graph as it was, with its own labels', () => {
  const batch = eightGraphs();
  const chosen = selectGraphs(batch, [6, 2]);
  const back = selectGraphs(chosen, [1, 0]);
  const direct = selectGraphs(batch, [2, 6]);
  expect(back.features).toEqual(direct.features);
  expect(back.source).toEqual(direct.source);
  expect(back.nodeLabel(0)).toBe(batch.nodeLabel(batch.graphs[2]!.nodeOffset));
  expect(back.edgeEvent(0)).toBe(batch.edgeEvent(batch.graphs[2]!.edgeOffset));
});

test('an attack tells by the gradient what carried it, another window by attention alone', async () => {
  const batch = eightGraphs();
  const scoring = scoringWith(wasmEngine(model));
  const results = await scoreBatch(batch, whole(batch), scoring);
  const kinds = new Set(results.map(({ prediction }) => prediction));
  expect(kinds).toEqual(new Set(['attack', 'benign']));
  for (const [place, result] of results.entries()) {
    inferenceResultSchema.parse({ ...result, queue_time_ms: 0 });
    const attack = result.prediction === 'attack';
    expect(result.explained_by).toBe(attack ? 'gradient' : 'attention');
    expect(result.top_edges.every((edge) => (edge.attention !== undefined) === attack)).toBe(true);
    if (!attack) continue;
    const { node } = explainer.explain(selectGraphs(batch, [place]));
    expect(result.top_nodes[0]!.score).toBeCloseTo(Math.max(...node), 4);
    for (const { type, features, event_ids } of result.top_nodes) {
      expect(features!.map(({ name }) => name).sort()).toEqual(
        type === 'process' ? ['depth', 'nameHash'] : [],
      );
      expect(event_ids!.length).toBeLessThanOrEqual(3);
    }
  }
  const again = await scoreBatch(batch, whole(batch), scoring);
  expect(again.map(({ top_nodes }) => top_nodes)).toEqual(results.map(({ top_nodes }) => top_nodes));
});

test('an attack that cannot be explained keeps its score and says why', async () => {
  const batch = eightGraphs();
  const scoring = scoringWith(wasmEngine(model));
  const explained = await scoreBatch(batch, whole(batch), scoring);
  const explain = () => Promise.reject(new Error('no WebAssembly here'));
  const results = await scoreBatch(batch, whole(batch), {
    ...scoringWith(wasmEngine(model)),
    explaining: { ...scoring.explaining, explain },
  });
  expect(results.map(({ attack_prob }) => attack_prob)).toEqual(
    explained.map(({ attack_prob }) => attack_prob),
  );
  for (const result of results) {
    const reason = result.prediction === 'attack' ? 'no WebAssembly here' : undefined;
    expect([result.explained_by, result.unexplained]).toEqual(['attention', reason]);
  }
});
