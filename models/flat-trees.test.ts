import { flatTrees } from './flat-trees.ts';
import { randomFrom } from './random.ts';
import { type Tree, treesLogit } from './trees.ts';

const random = randomFrom(7);

function grown(depth: number): Tree {
  if (depth === 0 || random.next() < 0.2) return { value: random.next() * 2 - 1 };
  return {
    column: Math.floor(random.next() * 9), // one column more than the rows have
    cut: random.next(),
    left: grown(depth - 1),
    right: grown(depth - 1),
  };
}

test('flatTrees() gives the logit of the trees to the bit', () => {
  const trees = { base: 0.1, trees: Array.from({ length: 50 }, () => grown(5)) };
  const logitOf = flatTrees(trees);
  for (let row = 0; row < 200; row++) {
    const values = Float32Array.from({ length: 8 }, () => random.next());
    expect(logitOf(values)).toBe(treesLogit(trees, values));
  }
});

test('a row at a cut goes left, and no tree at all is the base', () => {
  const tree: Tree = { column: 0, cut: 0.5, left: { value: 1 }, right: { value: 2 } };
  expect(flatTrees({ base: 0, trees: [tree] })(Float32Array.of(0.5))).toBe(1);
  expect(flatTrees({ base: -3, trees: [] })(Float32Array.of(0.5))).toBe(-3);
});
