import { FEATURES } from '../contracts/graph.ts';
import { extremesOf, treesLogit } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { testCapture, testExample } from './example-fixtures.ts';
import { fitTrees } from './fit-trees.ts';

const capture = testCapture();
/** A place of a process and of a file that is no name. */
const BEHAVIOUR = 47;

/** A graph whose file alone has a name: no place of a Linux process is one, and the fixture fills the first of every node. */
function named(feature: number, label: 'attack' | 'benign') {
  const one = testExample({ feature, label });
  const features = one.graph.features.slice();
  features.fill(0, 0, 2 * FEATURES);
  return { ...one, graph: { ...one.graph, features } };
}

function example(attack: boolean, place: number): WeightedExample {
  const one = named(attack ? 1 : -1, attack ? 'attack' : 'benign');
  const { features } = one.graph;
  features[BEHAVIOUR] = (attack ? 1 : 0) + (place % 5) / 10;
  features[2 * FEATURES + BEHAVIOUR] = (attack ? 0.5 : 0) + (place % 7) / 5; // of the file, which a sensor may not see
  return { example: one, capture, weight: 1 };
}

const examples = Array.from({ length: 60 }, (_, place) => example(place % 2 === 0, place));
const trees = fitTrees(examples, 1);
const score = (behaviour: number, name: number): number => {
  const { nodesPerType, features } = named(name, 'attack').graph;
  features[BEHAVIOUR] = behaviour;
  return treesLogit(trees, extremesOf(nodesPerType, features));
};

test('fitTrees() learns what things do and nothing of what they are called', () => {
  expect(score(1.2, 0)).toBeGreaterThan(1);
  expect(score(0.2, 0)).toBeLessThan(-1);
  expect(score(0.2, 1)).toBe(score(0.2, -1));
  const columns = JSON.stringify(trees).match(/"column":\d+/g) ?? [];
  expect(columns.length).toBeGreaterThan(100);
  expect(columns.every((one) => Number(one.slice(9)) % FEATURES !== 0)).toBe(true);
});

test('fitTrees() gives equal trees for equal examples and seed', () => {
  expect(fitTrees(examples, 1)).toEqual(trees);
  expect(fitTrees(examples, 2)).not.toEqual(trees);
});
