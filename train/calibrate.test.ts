import { shownProbability } from '../models/scaling.ts';
import { boundedLogit, calibrate } from './calibrate.ts';

const benign = Array.from({ length: 2000 }, (_, at) => ({ host: `h${at % 50}`, score: at / 200 - 5 }));

test('calibrate() shows 0.7 where 0.5 % and 0.5 where 2 % of benign windows lie', () => {
  const { scaling, alert, attack } = calibrate(benign);
  expect(alert.value).toBeCloseTo(4.95, 1);
  expect(attack.value).toBeCloseTo(4.8, 1);
  expect(shownProbability(scaling, alert.value)).toBeGreaterThanOrEqual(0.7);
  expect(shownProbability(scaling, alert.value - 1e-6)).toBeLessThan(0.7);
  expect(shownProbability(scaling, attack.value)).toBeCloseTo(0.5, 6);
});

test('calibrate() shows 0.85 where one benign window a host and day lies, once there is a host-day of them', () => {
  expect(calibrate(benign).high).toBeNull();
  const day = Array.from({ length: 14_400 }, (_, at) => ({ host: `h${at % 50}`, score: at / 1440 - 5 }));
  const { scaling, high } = calibrate(day);
  expect(high?.value).toBeCloseTo(5 - 5 / 1440, 2); // five windows in five host-days lie above
  expect(shownProbability(scaling, high?.value ?? 0)).toBeCloseTo(0.85, 6);
  expect(shownProbability(scaling, (high?.value ?? 0) + 1)).toBeGreaterThan(0.85);
});

test('calibrate() keeps the order of scores even where both thresholds are one score', () => {
  const { scaling } = calibrate(benign.map((one) => ({ ...one, score: 1 })));
  const shown = [-30, 0, 0.99, 1, 1.01, 5, 30].map((raw) => shownProbability(scaling, raw));
  expect([...shown].sort((a, b) => a - b)).toEqual(shown);
  expect(shown[3]).toBeLessThan(0.7); // all benign windows have it: it must not alert
  expect(shown[4]).toBeGreaterThanOrEqual(0.7);
});

test('without benign windows the plain logit is shown, 0.7 at 0', () => {
  expect(shownProbability(calibrate([]).scaling, 0)).toBeCloseTo(0.7, 6);
});

test('boundedLogit() takes 0 and 1', () => {
  expect([boundedLogit(0), boundedLogit(1), boundedLogit(0.5)]).toEqual([-20, 20, 0]);
});
