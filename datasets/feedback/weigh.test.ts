import fc from 'fast-check';
import { PLATFORMS } from '../../contracts/event.ts';
import { SCOPES } from '../../contracts/feedback.ts';
import { FEEDBACK_CAPS, fairLimit, type Weighable, weighFeedback } from './weigh.ts';

const row: Weighable = {
  platform: 'linux',
  label: 'benign',
  scope: 'window',
  pattern: '',
  tenantId: 'acme',
  endpointId: 'h1',
  analysts: ['kim'],
};
const LARGE = { linux: { attack: 10_000, benign: 10_000 } };
const weigh = (rows: readonly Weighable[], corpus: Parameters<typeof weighFeedback>[1] = LARGE) =>
  weighFeedback(rows, corpus, FEEDBACK_CAPS);
const sum = (weights: readonly number[]) => weights.reduce((total, weight) => total + weight, 0);
const many = (count: number, differing: Partial<Weighable> = {}) =>
  Array.from({ length: count }, () => ({ ...row, ...differing }));

test('a judged window counts as much as a captured one, one that is only reached half of it', () => {
  expect(weigh([row, { ...row, scope: 'process' }, { ...row, scope: 'pattern' }])).toEqual([1, 0.5, 0.5]);
});

test('a pattern counts with the square root of its windows', () => {
  expect(sum(weigh(many(25, { pattern: 'p' })))).toBeCloseTo(5);
  expect(sum(weigh(many(25)))).toBeCloseTo(25);
});

test('one endpoint counts at most 5 % of the captures, all feedback of a class at most 20 % of its class', () => {
  const corpus = { linux: { attack: 100, benign: 300 } };
  expect(sum(weigh(many(50), corpus))).toBeCloseTo(20);
  const spread = (label: 'attack' | 'benign') =>
    many(300).map((one, place) => ({ ...one, label, endpointId: `h${place}` }));
  expect(sum(weigh(spread('benign'), corpus))).toBeCloseTo(60);
  expect(sum(weigh(spread('attack'), corpus))).toBeCloseTo(20);
  expect(sum(weigh(many(9), {}))).toBe(0);
});

test('among several analysts none alone outweighs the others; one who is alone is not cut', () => {
  const loud = many(30).map((one, place) => ({ ...one, endpointId: `h${place}`, analysts: ['eve'] }));
  expect(sum(weigh(loud))).toBeCloseTo(30);
  const weights = weigh([...loud, row, { ...row, analysts: ['lee'] }]);
  expect(sum(weights.slice(0, 30))).toBeCloseTo(2);
  expect(weights.slice(30)).toEqual([1, 1]);
  const agreed = weigh([...loud, { ...row, analysts: ['eve', 'kim'] }]);
  expect(sum(agreed.slice(0, 30))).toBeCloseTo(1);
  expect(agreed.at(-1)).toBe(1);
});

test('fairLimit() shares evenly where too few could have so little each', () => {
  expect(fairLimit([9, 3], 0, 0.2)).toBe(3);
  expect(fairLimit([9], 0, 0.2)).toBe(Number.POSITIVE_INFINITY);
  expect(fairLimit([], 0, 0.2)).toBe(Number.POSITIVE_INFINITY);
});

describe('of any feedback', () => {
  const anyRows = fc.array(
    fc.record({
      platform: fc.constantFrom(...PLATFORMS),
      label: fc.constantFrom('attack' as const, 'benign' as const),
      scope: fc.constantFrom(...SCOPES),
      pattern: fc.constantFrom('', 'p', 'q'),
      tenantId: fc.constantFrom('acme', 'other'),
      endpointId: fc.constantFrom('h1', 'h2', 'h3'),
      analysts: fc.uniqueArray(fc.constantFrom('kim', 'lee', 'eve', 'omar'), { minLength: 1, maxLength: 3 }),
    }),
    { maxLength: 80 },
  );
  const size = fc.record({ attack: fc.nat(300), benign: fc.nat(300) });
  const anyCase = fc.tuple(anyRows, fc.record({ windows: size, linux: size }));
  const some = 1 + 1e-6;

  test('no class, no endpoint and no pattern exceeds its cap, and no window counts more than a captured one', () => {
    fc.assert(
      fc.property(anyCase, ([rows, corpus]) => {
        const weights = weigh(rows, corpus);
        const massOf = (of: (one: Weighable) => boolean) =>
          sum(weights.filter((_, place) => rows[place] && of(rows[place])));
        for (const weight of weights) expect(weight >= 0 && weight <= 1).toBe(true);
        for (const platform of PLATFORMS) {
          const { attack, benign } = corpus[platform];
          const own = rows.filter((one) => one.platform === platform);
          for (const label of ['attack', 'benign'] as const) {
            const of = (one: Weighable) => one.platform === platform && one.label === label;
            expect(massOf(of)).toBeLessThanOrEqual(0.2 * corpus[platform][label] * some);
          }
          for (const { tenantId, endpointId, pattern, label } of own) {
            const same = (one: Weighable) => one.platform === platform && one.tenantId === tenantId;
            const endpoint = massOf((one) => same(one) && one.endpointId === endpointId);
            expect(endpoint).toBeLessThanOrEqual(0.05 * (attack + benign) * some);
            const alike = (one: Weighable) => same(one) && one.pattern === pattern && one.label === label;
            if (pattern !== '')
              expect(massOf(alike)).toBeLessThanOrEqual(Math.sqrt(own.filter(alike).length) * some);
          }
        }
      }),
    );
  });

  test('what rests on one analyst alone is at most half of all, once there are several', () => {
    fc.assert(
      fc.property(anyCase, ([rows, corpus]) => {
        const weights = weigh(rows, corpus);
        for (const platform of PLATFORMS) {
          const own = rows.flatMap((one, place) =>
            one.platform === platform ? [{ one, weight: weights[place] ?? 0 }] : [],
          );
          const all = sum(own.map(({ weight }) => weight));
          const heard = new Set(own.filter(({ weight }) => weight > 0).flatMap(({ one }) => one.analysts));
          if (heard.size < 2) return;
          for (const analyst of heard) {
            const alone = own.filter(({ one }) => one.analysts.length === 1 && one.analysts[0] === analyst);
            expect(sum(alone.map(({ weight }) => weight))).toBeLessThanOrEqual(0.5 * all * some);
          }
        }
      }),
    );
  });

  test('fairLimit() at a share of a half cuts one mass at most, to what all the others have together', () => {
    fc.assert(
      fc.property(fc.array(fc.double({ min: 0.01, max: 100, noNaN: true }), { minLength: 2 }), (masses) => {
        const limit = fairLimit(masses, 0, 0.5);
        const cut = masses.map((mass) => Math.min(mass, limit));
        expect(Math.max(...cut)).toBeLessThanOrEqual(0.5 * sum(cut) * some);
        expect(cut.filter((mass, place) => mass < (masses[place] ?? 0)).length).toBeLessThanOrEqual(1);
      }),
    );
  });
});
