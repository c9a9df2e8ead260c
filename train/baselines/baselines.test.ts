import { testCapture, testExample } from '../example-fixtures.ts';
import { rocAuc } from '../metrics.ts';
import { seededRandom } from '../random.ts';
import {
  BASELINES,
  decodeBaselines,
  encodeBaselines,
  fitBaselines,
  scoreBaselines,
  type WeightedExample,
} from './baselines.ts';
import { fitBoosted, scoreBoosted } from './boosted.ts';
import { fitLogistic, scoreLogistic } from './logistic.ts';
import { fitLookup, scoreLookup } from './lookup.ts';
import { viewOf } from './views.ts';

const random = seededRandom(5);
const rows = Array.from({ length: 400 }, () => Float32Array.from([random(), random(), random()]));
const ring = rows.map(([x = 0, y = 0]) => Math.hypot(x - 0.5, y - 0.5) < 0.35);
const slope = rows.map(([x = 0, y = 0]) => x + y > 1);
const weights = rows.map(() => 1);
const aucOf = (score: (row: Float32Array) => number, attack: readonly boolean[]) =>
  rocAuc(rows.map((row, place) => ({ score: score(row), attack: attack[place] ?? false }))) ?? 0;

test('fitLogistic() finds a line and cannot find a ring', () => {
  const line = fitLogistic({ rows, attack: slope, weights });
  expect(aucOf((row) => scoreLogistic(line, row), slope)).toBeGreaterThan(0.99);
  const blind = fitLogistic({ rows, attack: ring, weights });
  expect(aucOf((row) => scoreLogistic(blind, row), ring)).toBeLessThan(0.7);
});

test('fitLogistic() agrees with the closed form where only the bias matters', () => {
  const flat = rows.map(() => Float32Array.from([7]));
  const model = fitLogistic({ rows: flat, attack: flat.map((_, place) => place % 4 === 0), weights });
  expect(scoreLogistic(model, Float32Array.from([7]))).toBeCloseTo(0.25, 3);
});

test('fitBoosted() finds a ring; equal tables give equal models', () => {
  const table = { rows, attack: ring, weights };
  const model = fitBoosted(table);
  expect(aucOf((row) => scoreBoosted(model, row), ring)).toBeGreaterThan(0.97);
  expect(fitBoosted(table)).toEqual(model);
});

test('fitLookup() remembers shares and answers the mean for what it never saw', () => {
  const model = fitLookup(['a', 'a', 'b', 'b'], [true, true, false, false], [1, 1, 1, 1]);
  expect(scoreLookup(model, 'a')).toBeCloseTo(0.75, 10);
  expect(scoreLookup(model, 'never')).toBeCloseTo(0.5, 10);
  expect(scoreLookup(model, 'constructor')).toBeCloseTo(0.5, 10);
});

const capture = testCapture();
const example = (events: number, attack: boolean, feature: number) =>
  testExample({ events, feature, label: attack ? 'attack' : 'benign' });

test('what sees proportions does not see volume, and the controls see nothing else', () => {
  const [few, many] = [example(10, true, 1), example(1000, true, 1)];
  expect(viewOf('share', few)).toEqual(viewOf('share', many));
  expect(viewOf('behaviour', few)).toEqual(viewOf('behaviour', many));
  expect(viewOf('total', few)).not.toEqual(viewOf('total', many));
  expect(viewOf('counts', few)).toEqual(viewOf('counts', example(10, true, 3)));
});

test('baselines survive their file and score as before', () => {
  const examples: WeightedExample[] = Array.from({ length: 60 }, (_, place) => ({
    example: example(10 + place, place % 2 === 0, place % 2 === 0 ? 1 : 0),
    capture,
    weight: 1,
  }));
  const baselines = fitBaselines(examples);
  expect(baselines.map((one) => one.name)).toEqual(BASELINES);
  const again = decodeBaselines(encodeBaselines(baselines));
  const scores = scoreBaselines(baselines, example(5, true, 1), capture);
  const other = scoreBaselines(again, example(5, true, 1), capture);
  for (const name of BASELINES) expect(other[name]).toBeCloseTo(scores[name] ?? Number.NaN, 5);
  expect(scores['logistic-share']).toBeGreaterThan(0.8);
  expect(scores['control-lab']).toBeCloseTo(0.5, 5);
  expect(() => decodeBaselines(Buffer.from('{"version":2}'))).toThrow(/train the model again/);
});
