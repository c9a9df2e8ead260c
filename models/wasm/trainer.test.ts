import { syntheticBatch } from '../synthetic.ts';
import type { TrainerOptions } from '../trainer.ts';
import { wasmTrainer } from './trainer.ts';

const OPTIONS: TrainerOptions = {
  seed: 5,
  learningRate: 2e-3,
  weightDecay: 1e-2,
  clipNorm: 1,
  dropout: { node: 0.1, edge: 0.1, feature: 0.1 },
};
const GRAPHS = 16;
const labels = Float32Array.from({ length: GRAPHS }, (_, i) => i % 2);
const weights = new Float32Array(GRAPHS).fill(1);

/** Graphs whose process nodes lean one way when benign and the other when under attack. */
function separable(seed: number) {
  const sizes = Array.from(labels, (label) => ({
    nodesPerType: [5, 4, 1, 2, 1],
    edges: 16,
    shift: label ? 2 : -2,
  }));
  return syntheticBatch('linux', sizes, seed);
}

function trained(steps: number, options: TrainerOptions = OPTIONS, firstStep = 0) {
  const trainer = wasmTrainer('linux', options);
  const losses: number[] = [];
  for (let i = firstStep; i < steps; i++) losses.push(trainer.step(separable(i), labels, weights).loss);
  return { trainer, losses };
}

test('wasmTrainer() learns to tell classes apart that differ', () => {
  const { losses } = trained(40);
  expect(losses[0]).toBeGreaterThan(0.4);
  const last = losses.slice(-5).reduce((a, b) => a + b, 0) / 5;
  expect(last).toBeLessThan(0.1);
});

test('wasmTrainer() gives the same bytes for the same seed, others for another', () => {
  const first = trained(5).trainer.state();
  expect(trained(5).trainer.state().equals(first)).toBe(true);
  expect(
    trained(5, { ...OPTIONS, seed: 6 })
      .trainer.state()
      .equals(first),
  ).toBe(false);
});

test('wasmTrainer() goes on from a state as if it had never stopped', () => {
  const whole = trained(6).trainer.state();
  const half = trained(3).trainer.state();
  expect(
    trained(6, { ...OPTIONS, state: half }, 3)
      .trainer.state()
      .equals(whole),
  ).toBe(true);
});

test('wasmTrainer() begins with the parameters it is given', () => {
  const { trainer } = trained(3);
  const initial = trainer.parameters();
  expect(wasmTrainer('linux', { ...OPTIONS, initial }).parameters()).toEqual(initial);
});

test('wasmTrainer() refuses a state of another network or a cut one', () => {
  const state = trained(1).trainer.state();
  expect(() => wasmTrainer('windows', { ...OPTIONS, state })).toThrow(
    /does not belong to the windows network/,
  );
  expect(() => wasmTrainer('linux', { ...OPTIONS, state: state.subarray(0, 1000) })).toThrow(/start over/);
});

test('wasmTrainer() refuses labels that do not fit and a loss that is not a number, and keeps its parameters', () => {
  const trainer = wasmTrainer('linux', OPTIONS);
  const before = trainer.parameters();
  expect(() => trainer.step(separable(0), labels.slice(1), weights)).toThrow(/15 labels and 16 weights/);
  expect(() =>
    trainer.step(
      separable(0),
      labels.map(() => Number.NaN),
      weights,
    ),
  ).toThrow(/not finite/);
  expect(trainer.parameters()).toEqual(before);
});

test('wasmTrainer() stands still at learning rate 0 and moves again when it is raised', () => {
  const trainer = wasmTrainer('linux', { ...OPTIONS, learningRate: 0 });
  const before = trainer.parameters();
  trainer.step(separable(0), labels, weights);
  expect(trainer.parameters()).toEqual(before);
  trainer.setLearningRate(1e-3);
  trainer.step(separable(0), labels, weights);
  expect(trainer.parameters()).not.toEqual(before);
});

test('wasmTrainer() holds no more memory after 60 steps', () => {
  const trainer = wasmTrainer('linux', OPTIONS);
  const batch = separable(1);
  trainer.step(batch, labels, weights);
  const before = trainer.sizeBytes();
  for (let i = 0; i < 60; i++) trainer.step(batch, labels, weights);
  expect(trainer.sizeBytes()).toBe(before);
});
