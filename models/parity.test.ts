import { join } from 'node:path';
import fc from 'fast-check';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { CAPS, type GraphBatch, NODE_TYPES, RELATIONS } from '../contracts/graph.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import { FEATURE_LIMIT, PARAMETER_LIMIT } from './architecture.ts';
import { cpuEngine, useCpu } from './cpu-engine.ts';
import type { EngineMaker, Model } from './engine.ts';
import { lossAndGradient, networkInput } from './gat.ts';
import { GOLDEN_CASES, type GoldenCase } from './golden-cases.ts';
import { readGoldenVectors } from './golden-vectors.ts';
import { registerGradients } from './gradients.ts';
import { nativeEngine } from './native/engine.ts';
import { loadTensorFlow, nativeHome } from './native/tensorflow.ts';
import { nativeDifferentiator } from './native/trainer.ts';
import { parameterLayout } from './parameters.ts';
import { createPreparer } from './prepare.ts';
import { randomFrom } from './random.ts';
import type { GraphForm } from './saved-model/network-graph.ts';
import { type SyntheticGraph, syntheticBatch, syntheticModel } from './synthetic.ts';
import { wasmEngine } from './wasm/engine.ts';
import { createDifferentiator } from './wasm/gradient.ts';

const GOLDEN = join(import.meta.dirname, 'golden');

interface Contestant {
  readonly name: string;
  readonly open: EngineMaker;
  /** Plain JavaScript is slow: the largest window, and ordinary batches when differentiating, are left to the others. */
  readonly slow?: boolean;
}

/** Every engine; those that cannot run here skip with their reason. */
const CONTESTANTS: readonly Contestant[] = [
  { name: 'wasm', open: wasmEngine },
  { name: 'native', open: nativeEngine },
  { name: 'cpu', open: cpuEngine, slow: true },
];

/** Loss and flat gradient of a case. */
interface LossAndGradient {
  readonly loss: number;
  readonly gradient: Float32Array;
}
type Exchange = ReturnType<GoldenCase['make']>;
type Differentiate = (exchange: Exchange) => LossAndGradient | Promise<LossAndGradient>;

/** Everything that differentiates, in the same way. */
const DIFFERENTIATORS: readonly { name: string; of: Differentiate; slow?: boolean; engine?: string }[] = [
  { name: 'wasm', of: byWasm },
  { name: 'native TensorFlow', engine: 'native', of: (exchange) => byTensorFlow('fused', exchange) },
  {
    name: 'TensorFlow’s own operations',
    engine: 'native',
    of: (exchange) => byTensorFlow('portable', exchange),
  },
  { name: 'cpu', of: byTfjs, slow: true },
];

function byWasm({ batch, parameters, labels, weights }: Exchange) {
  const prepared = createPreparer(batch.platform).prepare(batch);
  return createDifferentiator(batch.platform).lossAndGradient(parameters, prepared, labels, weights);
}

async function byTensorFlow(form: GraphForm, { batch, parameters, labels, weights }: Exchange) {
  const prepared = createPreparer(batch.platform).prepare(batch);
  const tensorflow = await loadTensorFlow(nativeHome());
  const differentiator = nativeDifferentiator(tensorflow, batch.platform, form);
  return differentiator.lossAndGradient(parameters, prepared, labels, weights);
}

function byTfjs({ batch, parameters, labels, weights }: Exchange) {
  useCpu();
  registerGradients();
  const input = networkInput(createPreparer(batch.platform).prepare(batch), 0, batch.graphs.length);
  return lossAndGradient(batch.platform, parameters, input, labels, weights);
}

/** A case's model, which shows the softmax value as it is. */
function modelOf(batch: GraphBatch, parameters: Float32Array): Model {
  return { ...syntheticModel(batch.platform), parameters };
}

async function whyNot({ open }: Contestant): Promise<string | undefined> {
  try {
    const engine = await open(syntheticModel('linux'));
    engine.close();
    return undefined;
  } catch (thrown) {
    if (thrown instanceof LogsterError && thrown.code === 'unavailable') return reasonOf(thrown);
    throw thrown;
  }
}

const absent = new Map(
  await Promise.all(CONTESTANTS.map(async (one) => [one.name, await whyNot(one)] as const)),
);

function norm(values: Float32Array): number {
  return Math.sqrt(values.reduce((sum, value) => sum + value * value, 0));
}

const NAMES = GOLDEN_CASES.map((one) => [one.name, one] as const);

for (const contestant of CONTESTANTS) {
  const reason = absent.get(contestant.name);
  const title = `the ${contestant.name} engine${reason ? ` (${reason})` : ''}`;
  (reason ? describe.skip : describe)(title, () => engineTests(contestant));
}

function engineTests({ open, slow = false }: Contestant): void {
  const cases = NAMES.filter(([name]) => !slow || !name.startsWith('largest'));

  test.each(cases)('gives PyTorch Geometric’s scores to 1e-5: %s', async (name, { make }) => {
    const { batch, parameters } = make();
    const engine = await open(modelOf(batch, parameters));
    const { rawProb, logit } = await engine.score(batch);
    engine.close();
    const { logits, probabilities } = await readGoldenVectors(GOLDEN, name);
    batch.graphs.forEach((_, graph) => {
      const expected = logits[2 * graph + 1]! - logits[2 * graph]!;
      expect(Math.abs(rawProb[graph]! - probabilities[graph]!)).toBeLessThan(1e-5);
      expect(Math.abs(logit[graph]! - expected) / (1 + Math.abs(expected))).toBeLessThan(1e-5);
    });
  });

  test('gives a graph the same score to the bit in whatever batch, order or split it travels', async () => {
    const engine = await open({ ...syntheticModel('linux', 3) });
    const scoresOf = async (batch: GraphBatch, places: readonly number[]) => {
      const { logit, rawProb, attackProb } = await engine.score(selectGraphs(batch, places));
      return new Map(places.map((place, i) => [place, [logit[i], rawProb[i], attackProb[i]]]));
    };
    const property = fc.asyncProperty(batches(slow ? 3 : 9), splits, async (batch, { keys, cuts }) => {
      const all = batch.graphs.map((_, place) => place);
      const together = await scoresOf(batch, all);
      const order = all.toSorted((a, b) => (keys[a] ?? 0) - (keys[b] ?? 0));
      for (const part of partsOf(order, cuts)) {
        for (const [place, score] of await scoresOf(batch, part)) expect(score).toEqual(together.get(place));
      }
    });
    await fc.assert(property, { seed: 7, numRuns: slow ? 5 : 60 });
    engine.close();
  });

  const extremes: readonly (readonly [string, (random: () => number) => number])[] = [
    ['all at the upper limit', () => 1],
    ['all at the lower limit', () => -1],
    ['signs at random', (random) => (random() < 0.5 ? -1 : 1)],
  ];
  test.each(extremes)('stays finite with every parameter and feature at its limit: %s', async (_, sign) => {
    const random = randomFrom(5);
    const draw = () => sign(random.next);
    const { batch, parameters } = atLimits(slow, draw);
    const engine = await open(modelOf(batch, parameters));
    const { logit, rawProb, nodeScore, edgeScore } = await engine.score(batch);
    engine.close();
    for (const values of [logit, rawProb, nodeScore, edgeScore]) {
      expect(Array.from(values).every(Number.isFinite)).toBe(true);
    }
  });
}

for (const { name: by, of, slow, engine } of DIFFERENTIATORS) {
  const cases = NAMES.filter(([name]) => !slow || !/^(largest|ordinary)/.test(name));
  const reason = engine && absent.get(engine);
  (reason ? describe.skip : describe)(`the gradient of ${by}${reason ? ` (${reason})` : ''}`, () => {
    test.each(cases)('is PyTorch Geometric’s to 1e-4 in every tensor: %s', async (name, { make }) => {
      const exchange = make();
      const { loss, gradient } = await of(exchange);
      const expected = await readGoldenVectors(GOLDEN, name);
      expect(loss / expected.loss).toBeCloseTo(1, 5);
      const whole = norm(expected.gradient);
      const off = parameterLayout(exchange.batch.platform).tensors.map(({ name: tensor, offset, size }) => {
        const reference = expected.gradient.subarray(offset, offset + size);
        const difference = gradient.subarray(offset, offset + size).map((value, i) => value - reference[i]!);
        return { tensor, off: norm(difference) / (norm(reference) + 1e-4 * whole) };
      });
      expect(off.filter((one) => !(one.off < 1e-4))).toEqual([]);
    });
  });
}

/** Batches of 1 to `most` small graphs of any shape. */
function batches(most: number): fc.Arbitrary<GraphBatch> {
  const shape: fc.Arbitrary<SyntheticGraph> = fc
    .tuple(fc.array(fc.nat(12), { minLength: 4, maxLength: 4 }), fc.nat(40))
    .map(([others, edges]) => ({ nodesPerType: [1 + (others[0] ?? 0), ...others], edges }));
  return fc
    .tuple(fc.array(shape, { minLength: 1, maxLength: most }), fc.nat(1e6))
    .map(([sizes, seed]) => syntheticBatch('linux', sizes, seed));
}

/** Keys that order graphs, and after which places of that order a batch ends. */
const splits = fc.record({
  keys: fc.array(fc.nat(1e6), { minLength: 9, maxLength: 9 }),
  cuts: fc.array(fc.boolean(), { minLength: 9, maxLength: 9 }),
});

function partsOf(order: readonly number[], cuts: readonly boolean[]): number[][] {
  const parts: number[][] = [[]];
  order.forEach((place, i) => {
    parts.at(-1)?.push(place);
    if (cuts[i] && i + 1 < order.length) parts.push([]);
  });
  return parts;
}

/**
 * The largest window the caps allow, all of whose messages end at one node or leave it: the sum of e^score over one
 * node's messages is then the largest there can be.
 */
function atLimits(small: boolean, draw: () => number) {
  const nodesPerType = NODE_TYPES.windows.map((type) => (small ? 9 : CAPS.nodes[type]));
  const batch = syntheticBatch('windows', [{ nodesPerType, edges: small ? 60 : CAPS.edges }], 6);
  const spawned = RELATIONS.windows.findIndex(({ name }) => name === 'spawned');
  batch.target.fill(0);
  batch.relation.fill(spawned);
  batch.source.forEach((_, edge) => {
    batch.source[edge] = edge % nodesPerType[0]!;
  });
  const size = parameterLayout('windows').size;
  return {
    batch: { ...batch, features: batch.features.map(() => FEATURE_LIMIT * draw()) },
    parameters: Float32Array.from({ length: size }, () => PARAMETER_LIMIT * draw()),
  };
}
