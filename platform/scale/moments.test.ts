import { moments, percentile } from './moments.ts';
import { networkSeconds } from './service-cost.ts';
import { timetable } from './timetable.ts';

test('percentile() is a value that was measured', () => {
  const values = [1, 2, 3, 4, 5, 6, 7, 8, 9, 10];
  expect([0, 0.5, 0.95, 1].map((share) => percentile(values, share))).toEqual([1, 5, 10, 10]);
  expect(percentile([], 0.5)).toBeNaN();
});

test('moments() gives mean and variation', () => {
  const told = moments();
  for (const value of [2, 4, 4, 4, 5, 5, 7, 9]) told.add(value);
  expect(told.mean).toBeCloseTo(5, 12);
  expect(told.variation).toBeCloseTo(32 / 7 / 25, 12);
});

test('timetable() runs by time, then by order of entry, and stands at the end', () => {
  const time = timetable();
  const seen: string[] = [];
  time.at(2, () => seen.push('late'));
  time.at(1, () => {
    seen.push('first');
    time.at(1, () => seen.push('third'));
  });
  time.at(1, () => seen.push('second'));
  time.at(9, () => seen.push('never'));
  time.runUntil(3);
  expect(seen).toEqual(['first', 'second', 'third', 'late']);
  expect(time.now).toBe(3);
});

test('networkSeconds() goes through the measured sizes and grows between them', () => {
  expect([20, 100, 500, 5000].map((nodes) => Math.round(networkSeconds(nodes) * 1e6))).toEqual([
    66, 308, 1304, 14_950,
  ]);
  expect(networkSeconds(1)).toBeGreaterThan(0);
  expect(networkSeconds(8000)).toBeGreaterThan(networkSeconds(5000));
});
