import { brier, prAuc } from '../metrics.ts';
import { seededRandom } from '../random.ts';
import { type RatedWindow, ratingsOf } from './ratings.ts';

const DAY_WINDOWS = 2880; // 30 s apart
const window = (given: Partial<RatedWindow>): RatedWindow => ({
  run: 0,
  machine: 'm',
  end: 0,
  attack: false,
  score: 0,
  ...given,
});
/** A day of ordinary work on one machine that alerts at these windows. */
const day = (machine: string, run: number, alerts: Readonly<Record<number, number>>): RatedWindow[] =>
  Array.from({ length: DAY_WINDOWS }, (_, n) =>
    window({ machine, run, end: 30 * n, score: alerts[n] ?? 0.1 }),
  );
const once = (runs: number) => new Float64Array(runs).fill(1);

test('PR-AUC and Brier are those of metrics.ts, ties and drawn runs too', () => {
  const random = seededRandom(7);
  const windows = Array.from({ length: 200 }, (_, n) =>
    window({ run: n % 5, machine: String(n), attack: random() < 0.3, score: Math.round(random() * 20) / 20 }),
  );
  const ratings = ratingsOf(windows);
  const plain = ratings.figures(once(5));
  expect(plain.prAuc).toBeCloseTo(prAuc(windows)!, 12);
  expect(plain.brier).toBeCloseTo(brier(windows)!, 12);
  const counts = Float64Array.from([0, 2, 1, 0, 3]);
  const copies = windows.flatMap((one) => Array.from({ length: counts[one.run]! }, () => one));
  expect(ratings.figures(counts).prAuc).toBeCloseTo(prAuc(copies)!, 12);
  expect(ratings.figures(counts).brier).toBeCloseTo(brier(copies)!, 12);
});

test('alerts of a machine within 300 s are one false alarm; other machines count by themselves', () => {
  const windows = [...day('a', 0, { 10: 0.9, 15: 0.8, 19: 0.95, 20: 0.7 }), ...day('b', 1, { 10: 0.71 })];
  const { falseAlarmsPerHostDay, alertedShown } = ratingsOf(windows).figures(once(2));
  expect(falseAlarmsPerHostDay).toBeCloseTo(3 / 2, 12); // a at 10 and again 300 s later, b once, on two host-days
  expect(alertedShown).toBeCloseTo(5 / (2 * DAY_WINDOWS), 12);
});

test('recall at one false alarm a host and day is of runs above the score that would bring a second one', () => {
  const benign = day('a', 0, { 10: 0.95, 500: 0.6, 900: 0.55 });
  const attacks = [0.97, 0.7, 0.6, 0.58].map((score, n) =>
    window({ run: 1 + n, machine: `x${n}`, attack: true, score }),
  );
  const views = [window({ run: 2, machine: 'y', attack: true, score: 0.2 })]; // another view of a run that was found
  const ratings = ratingsOf([...benign, ...attacks, ...views]);
  expect(ratings.operatingPoint(once(5))).toBe(0.6);
  expect(ratings.figures(once(5)).recallAtOneFalseAlarm).toBe(2 / 4);
  expect(ratings.figures(once(5)).recallShown).toBe(2 / 4);
  const twice = Float64Array.from([1, 3, 0, 1, 1]);
  expect(ratings.figures(twice).recallAtOneFalseAlarm).toBe(3 / 5);
});

test('what the windows do not allow is null', () => {
  expect(ratingsOf([window({})]).figures(once(1))).toMatchObject({
    prAuc: null,
    recallShown: null,
    recallAtOneFalseAlarm: null,
  });
  expect(ratingsOf([window({ attack: true })]).figures(once(1))).toMatchObject({
    falseAlarmsPerHostDay: null,
    alertedShown: null,
  });
  expect(ratingsOf([]).figures(once(0)).brier).toBeNull();
});
