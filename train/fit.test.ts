import { testCapture, testExample } from './example-fixtures.ts';
import { fitNetwork, type Recipe } from './fit.ts';
import { plainEngine } from './fit-all.ts';
import { rocAuc } from './metrics.ts';
import { scoresOf } from './score-graphs.ts';

const capture = testCapture();
const examples = Array.from({ length: 40 }, (_, place) => {
  const attack = place % 2 === 0;
  const feature = (attack ? 1 : -1) + (place % 7) / 10;
  return { example: testExample({ feature, label: attack ? 'attack' : 'benign' }), capture, weight: 1 };
});
const recipe: Recipe = {
  seed: 3,
  epochs: 4,
  fewestEpochs: 4,
  drawsPerEpoch: 40,
  batchGraphs: 8,
  learningRate: 3e-3,
  weightDecay: 0.01,
  clipNorm: 1,
  dropout: { node: 0, edge: 0.1, feature: 0.1 },
  maskShare: 0.1,
  overlayShare: 0.3,
  namelessShare: 0.3,
  renamedShare: 0,
  smoothing: 0.02,
  averageSteps: 5,
  pairShare: 0,
  treeRows: 'window',
  treeShare: 0,
};

test('fitNetwork() tells two kinds of graphs apart, and equal input gives equal bytes', async () => {
  const { parameters, curve } = await fitNetwork('linux', examples, recipe);
  const engine = plainEngine('linux', parameters);
  const { logits } = await scoresOf(
    engine,
    examples.map((one) => one.example.graph),
  );
  engine.close();
  const rated = logits.map((score, place) => ({ score, attack: place % 2 === 0 }));
  expect(rocAuc(rated)).toBeGreaterThan(0.99);
  expect(curve.at(-1)?.loss).toBeLessThan((curve[0]?.loss ?? 0) * 0.7);
  const again = await fitNetwork('linux', examples, recipe);
  expect(Buffer.from(again.parameters.buffer).equals(Buffer.from(parameters.buffer))).toBe(true);
  const other = await fitNetwork('linux', examples, { ...recipe, seed: 4, epochs: 1 });
  expect(Buffer.from(other.parameters.buffer).equals(Buffer.from(parameters.buffer))).toBe(false);
});

test('fitNetwork() stops where the validation loss was lowest', async () => {
  const losses = [0.1, 0.3, 0.4, 0.6, 0.5, 0.6, 0.65, 0.64, 0.63, 0.62, 0.61, 0.4];
  const seen: Float32Array[] = [];
  const fitted = await fitNetwork(
    'linux',
    examples,
    { ...recipe, epochs: 12 },
    (epoch, _loss, parameters) => {
      seen.push(parameters());
      return losses[epoch - 1] ?? 1;
    },
  );
  expect(fitted.epochs).toBe(5); // the first ones hardly differ from chance and do not count
  expect(seen.length).toBe(11); // six more epochs without a better one
  expect(fitted.parameters).toEqual(seen[4]);
});
