import { momentOf, stepOf } from './time-range.ts';

const NOW = 1_700_000_000;

test.each([
  ['now', NOW],
  ['now-30m', NOW - 1800],
  ['now-2h', NOW - 7200],
  ['now-7d', NOW - 604_800],
  ['0', 0],
  ['1700000000.5', 1_700_000_000.5],
  ['2023-11-14T22:13:20Z', NOW],
  ['2023-11-14', 1_699_920_000],
])('momentOf() reads %s', (text, moment) => {
  expect(momentOf(text, NOW)).toBe(moment);
});

test.each(['', 'yesterday', 'now+5m', 'now-', 'now-5y', '-1', '1e9', 'NaN', '2023-99-99', 'now-9999999m'])(
  'momentOf() does not guess at "%s"',
  (text) => {
    expect(momentOf(text, NOW)).toBeUndefined();
  },
);

test('stepOf() never gives more than 72 steps, and no shorter ones than the windows have', () => {
  expect(stepOf(1)).toBe(30);
  expect(stepOf(1800)).toBe(30);
  expect(stepOf(86_400)).toBe(1800);
  for (const span of [1, 3600, 86_400, 3e7, 1e9]) expect(span / stepOf(span)).toBeLessThanOrEqual(72);
});
