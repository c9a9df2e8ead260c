import { parameterLayout } from '../parameters.ts';
import { syntheticBatch, syntheticSizes } from '../synthetic.ts';
import type { Trainer, TrainerOptions } from '../trainer.ts';
import { wasmTrainer } from '../wasm/trainer.ts';
import { loadTensorFlow, nativeHome, type TensorFlow } from './tensorflow.ts';
import { whyNoTensorFlow } from './test-presence.ts';
import { trainerOn } from './trainer.ts';

const absent = await whyNoTensorFlow();
const OPTIONS: TrainerOptions = {
  seed: 5,
  learningRate: 2e-3,
  weightDecay: 1e-2,
  clipNorm: 1,
  dropout: { node: 0.1, edge: 0.1, feature: 0.1 },
};
const GRAPHS = 6;
const labels = Float32Array.from({ length: GRAPHS }, (_, i) => i % 2);
const weights = Float32Array.from({ length: GRAPHS }, (_, i) => 1 + (i % 3));
const batchOf = (seed: number) => syntheticBatch('linux', syntheticSizes(GRAPHS, 9), seed);

function run(trainer: Trainer, steps: number, from = 0): number[] {
  return Array.from(
    { length: steps - from },
    (_, i) => trainer.step(batchOf(from + i), labels, weights).loss,
  );
}

(absent ? describe.skip : describe)(`training with native TensorFlow${absent ? ` (${absent})` : ''}`, () => {
  let tensorflow: TensorFlow;
  beforeAll(async () => {
    tensorflow = await loadTensorFlow(nativeHome());
  });
  const trainer = (options = OPTIONS, form: 'fused' | 'portable' = 'fused') =>
    trainerOn(tensorflow, 'linux', options, form);

  test.each(['fused', 'portable'] as const)(
    'takes the steps of the WebAssembly trainer, dropout included: %s',
    (form) => {
      const [ours, theirs] = [trainer(OPTIONS, form), wasmTrainer('linux', OPTIONS)];
      const [losses, expected] = [run(ours, 8), run(theirs, 8)];
      losses.forEach((loss, step) => {
        expect(Math.abs(loss - expected[step]!)).toBeLessThan(1e-4);
      });
      const [mine, other] = [ours.parameters(), theirs.parameters()];
      const start = trainer({ ...OPTIONS, dropout: {} }).parameters();
      const distance = (a: Float32Array, b: Float32Array) =>
        Math.hypot(...a.map((value, i) => value - b[i]!));
      expect(distance(mine, other) / distance(start, other)).toBeLessThan(1e-2);
    },
  );

  test('gives the same bytes for the same seed, and goes on from a state as if it had never stopped', () => {
    const whole = trainer();
    run(whole, 6);
    const again = trainer();
    run(again, 6);
    expect(again.state().equals(whole.state())).toBe(true);
    const half = trainer();
    run(half, 3);
    const rest = trainer({ ...OPTIONS, state: half.state() });
    run(rest, 6, 3);
    expect(rest.state().equals(whole.state())).toBe(true);
  });

  test('clips the gradient by its norm', () => {
    const free = trainer({ ...OPTIONS, dropout: {} });
    const held = trainer({ ...OPTIONS, dropout: {}, clipNorm: 1e-3 });
    const norm = free.step(batchOf(1), labels, weights).gradNorm;
    expect(held.step(batchOf(1), labels, weights).gradNorm).toBeCloseTo(norm, 5);
    // the first step of AdamW has the length of the learning rate whatever the gradient; the second shows the clipping
    free.step(batchOf(2), labels, weights);
    held.step(batchOf(2), labels, weights);
    expect(held.parameters()).not.toEqual(free.parameters());
  });

  test('refuses what does not fit and a gradient that is not finite, and keeps its parameters', () => {
    const one = trainer();
    const before = one.parameters();
    expect(() => one.step(batchOf(0), labels.slice(1), weights)).toThrow(/5 labels and 6 weights/);
    const none = labels.map(() => Number.NaN);
    expect(() => one.step(batchOf(0), none, weights)).toThrow(/not finite/);
    expect(one.parameters()).toEqual(before);
    expect(one.parameters().length).toBe(parameterLayout('linux').size);
  });

  test('leaves no tensor behind after 100 steps', () => {
    const one = trainer();
    run(one, 1);
    const before = tensorflow.native.backend.binding.getNumOfTensors();
    run(one, 100);
    expect(tensorflow.native.backend.binding.getNumOfTensors()).toBe(before);
  });
});
