import { CAPS, FEATURES, NODE_TYPES } from '../../contracts/graph.ts';
import { selectGraphs } from '../../contracts/select-graphs.ts';
import { createPreparer } from '../prepare.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../synthetic.ts';
import { wasmEngine } from '../wasm/engine.ts';
import { nativeEngine, openScorer } from './engine.ts';
import { nextStretch, workOf } from './stretches.ts';
import { loadTensorFlow, nativeHome, type TensorFlow } from './tensorflow.ts';
import { whyNoTensorFlow } from './test-presence.ts';

const absent = await whyNoTensorFlow();
const LARGEST = { nodesPerType: NODE_TYPES.linux.map((type) => CAPS.nodes[type]), edges: CAPS.edges };
const EMPTY = { nodesPerType: [0, 0, 0, 0, 0], edges: 0 };

test('nextStretch() takes as many graphs as stay within the work, and one that does not', () => {
  const batch = syntheticBatch('linux', [...syntheticSizes(20, 3), LARGEST, EMPTY], 4);
  const prepared = createPreparer('linux').prepare(batch);
  const seen: number[] = [];
  for (let from = 0; from < prepared.graphs; ) {
    const { to } = nextStretch(prepared, from, 600);
    if (to - from > 1) expect(workOf(prepared, from, to)).toBeLessThanOrEqual(600);
    if (to < prepared.graphs) expect(workOf(prepared, from, to + 1)).toBeGreaterThan(600);
    for (let graph = from; graph < to; graph++) seen.push(graph);
    from = to;
  }
  expect(seen).toEqual(batch.graphs.map((_, graph) => graph));
});

(absent ? describe.skip : describe)(`nativeEngine()${absent ? ` (${absent})` : ''}`, () => {
  let tensorflow: TensorFlow;
  const model = syntheticModel('linux', 3);
  beforeAll(async () => {
    tensorflow = await loadTensorFlow(nativeHome());
  });

  test('explains as the WebAssembly kernels do', async () => {
    const batch = syntheticBatch('linux', [...syntheticSizes(9, 4), EMPTY, LARGEST], 5);
    const [ours, theirs] = [
      await (await nativeEngine(model)).score(batch),
      await wasmEngine(model).score(batch),
    ];
    for (const part of ['rawProb', 'attackProb', 'nodeScore', 'edgeScore'] as const) {
      const most = Math.max(1, ...theirs[part]);
      ours[part].forEach((value, i) => {
        expect(Math.abs(value - theirs[part][i]!) / most).toBeLessThan(1e-5);
      });
    }
  });

  test('says what the tuner chose and why', async () => {
    const { name, detail } = await nativeEngine(model);
    expect(name).toBe('native');
    expect(detail).toMatch(/^TensorFlow 2\.\d+\.\d+, \d+ nodes a call \(graphs per second with .*\)$/);
  });

  test('gives the same bits however much of a batch goes into a call', async () => {
    const batch = syntheticBatch('linux', [...syntheticSizes(12, 6), EMPTY, LARGEST], 7);
    const scorer = openScorer(tensorflow, model, 'fused');
    const whole = await scorer.engine('native', 1e9, '').score(batch);
    for (const most of [1, 90, 700, 3000]) {
      const { logit, nodeScore, edgeScore } = await scorer.engine('native', most, '').score(batch);
      expect(logit).toEqual(whole.logit);
      expect(nodeScore).toEqual(whole.nodeScore);
      expect(edgeScore).toEqual(whole.edgeScore);
    }
    scorer.close();
  });

  test('halves what the device cannot hold, from then on, and names a single graph that is too large', async () => {
    const batch = syntheticBatch('linux', syntheticSizes(16, 8), 9);
    const whole = await openScorer(tensorflow, model, 'fused').engine('native', 1e9, '').score(batch);
    const calls: number[] = [];
    const scarce = (mostNodes: number) => {
      const { backend } = tensorflow.native;
      const createTensor: typeof backend.binding.createTensor = (shape, type, values) => {
        if (shape.length === 2 && shape[1] === FEATURES) calls.push(shape[0]!);
        if (shape[1] === FEATURES && shape[0]! > mostNodes) throw new Error('OOM when allocating tensor');
        return backend.binding.createTensor(shape, type, values);
      };
      const binding = Object.create(backend.binding, { createTensor: { value: createTensor } });
      const device = { ...tensorflow, native: { ...tensorflow.native, backend: { ...backend, binding } } };
      return openScorer(device as TensorFlow, model, 'fused').engine('native', 1e9, '');
    };
    const engine = scarce(700);
    expect((await engine.score(batch)).logit).toEqual(whole.logit);
    const first = calls.length;
    calls.length = 0;
    await engine.score(batch);
    expect(calls.length).toBeLessThan(first); // it learnt from the first time
    await expect(scarce(10).score(batch)).rejects.toMatchObject({ code: 'resource-exhausted' });
  });

  test('leaves no tensor behind after 300 batches, and refuses after close()', async () => {
    const engine = await nativeEngine(model);
    const batch = selectGraphs(syntheticBatch('linux', syntheticSizes(8, 4), 10), [0, 1, 2]);
    await engine.score(batch);
    const { binding } = tensorflow.native.backend;
    const before = binding.getNumOfTensors();
    for (let i = 0; i < 300; i++) await engine.score(batch);
    expect(binding.getNumOfTensors()).toBe(before);
    engine.close();
    await expect(engine.score(batch)).rejects.toMatchObject({ code: 'closed' });
  });
});
