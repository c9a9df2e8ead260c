import { BENIGN } from '../scenarios/benign/index.ts';
import { drawFrom } from '../scenarios/draw.ts';
import { DAYS_A_MONTH, type HowOften } from '../scenarios/scenario.ts';
import { pickByFrequency } from './live.ts';
import { randomOf } from './random-of.ts';

test('work is drawn as often as people come to it, and all of it at times', () => {
  const draw = drawFrom(randomOf(11));
  const draws = 40_000;
  const counts = new Map(BENIGN.map((one) => [one.name, 0]));
  for (let n = 0; n < draws; n++) {
    const { name } = pickByFrequency(BENIGN, draw);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const total = BENIGN.reduce((sum, { often }) => sum + DAYS_A_MONTH[often], 0);
  for (const often of Object.keys(DAYS_A_MONTH) as HowOften[]) {
    const own = BENIGN.filter((one) => one.often === often);
    const expected = (draws * DAYS_A_MONTH[often]) / total;
    // five standard deviations of a Poisson count
    for (const { name } of own)
      expect(Math.abs((counts.get(name) ?? 0) - expected)).toBeLessThan(5 * Math.sqrt(expected));
  }
  expect(Math.min(...counts.values())).toBeGreaterThan(0);
});
