import { testCapture } from '../example-fixtures.ts';
import { type JudgedWindow, judge } from '../judge.ts';
import { pearson, reliability, sensorAgreement, techniqueRecall } from './details.ts';
import { spreadOf, tableOf } from './table.ts';

const THRESHOLDS = { hybrid: [0.7, 0.5] };

/** Two views of one attack run and of one benign run; `score` per capture id. */
function judged(scores: Readonly<Record<string, number>>, gradesHigh = true) {
  const windows = Object.entries(scores).flatMap(([id, score]): JudgedWindow[] => {
    const [run = '', source] = id.split(' ');
    const attack = run.startsWith('a');
    const capture = testCapture({ id, run, source, attack, techniques: attack ? ['T1'] : [] });
    const label = attack ? 'attack' : 'benign';
    return [180, 210].map((end) => ({
      capture,
      host: 'h',
      end,
      label,
      scores: { hybrid: score - (end - 180) / 1000 },
    }));
  });
  return { windows, gradesHigh, evaluation: judge('m', windows, [], THRESHOLDS) };
}

const seeds = [
  judged({
    'a1 auditd': 0.9,
    'a1 ebpf': 0.2,
    'a2 auditd': 0.8,
    'a2 ebpf': 0.8,
    'b1 auditd': 0.1,
    'b1 ebpf': 0.75,
  }),
  judged({
    'a1 auditd': 0.3,
    'a1 ebpf': 0.2,
    'a2 auditd': 0.8,
    'a2 ebpf': 0.8,
    'b1 auditd': 0.1,
    'b1 ebpf': 0.1,
  }),
];

test('a table gives each figure as mean and range over seeds, with an interval that holds the mean', () => {
  const table = tableOf(seeds);
  expect(table).toMatchObject({ windows: { attack: 8, benign: 4 }, runs: { attack: 2, benign: 1 } });
  const { seeds: figures, interval } = table.scorers.hybrid!;
  expect(figures.foundAlert).toEqual({ mean: 0.75, low: 0.5, high: 1 });
  expect(figures.alertedAlert).toEqual({ mean: 0.25, low: 0, high: 0.5 });
  expect(interval.foundAlert).toMatchObject({ value: 0.75, high: 1 });
  expect(interval.foundAlert!.low).toBeLessThanOrEqual(0.5);
  expect(figures.foundHigh).toEqual({ mean: 0.25, low: 0, high: 0.5 }); // 0.9 of one seed alone
  expect(figures.falseAlarmsHigh).toEqual({ mean: 0, low: 0, high: 0 });
  expect(interval.falseAlarmsHigh!.high).toBeGreaterThan(0);
  expect(tableOf([judged({ 'a1 auditd': 0.9 }, false)]).scorers.hybrid!.seeds.foundHigh).toBeNull();
  expect(interval.prAuc!.value).toBeCloseTo(figures.prAuc!.mean, 12);
  // one episode in one seed, none in the other, over two minutes: Garwood's 0.0253 to 5.572 and 0 to 3.689
  const days = (4 * 30) / 86_400;
  expect(interval.falseAlarmsPerHostDay!.low * days).toBeCloseTo(0.0253 / 2, 3);
  expect(interval.falseAlarmsPerHostDay!.high * days).toBeCloseTo((5.572 + 3.689) / 2, 2);
});

test('two sensors of one run: who finds it, and how alike they score', () => {
  const { attackRuns, windows, scorers } = sensorAgreement(seeds, ['hybrid'])!;
  expect([attackRuns, windows]).toEqual([2, 6]);
  expect(scorers.hybrid).toMatchObject({
    both: { mean: 0.5 },
    onlyAuditd: { mean: 0.25, low: 0, high: 0.5 },
    onlyEbpf: { mean: 0 },
  });
  expect(scorers.hybrid!.correlation!.high).toBeGreaterThan(0.9);
  expect(sensorAgreement([judged({ 'a1 auditd': 1 })], ['hybrid'])).toBeNull();
  expect(
    pearson([
      [1, 2],
      [2, 4],
      [3, 6],
    ]),
  ).toBeCloseTo(1, 12);
  expect(
    pearson([
      [1, 2],
      [1, 4],
    ]),
  ).toBeNull();
});

test('recall per technique counts runs; reliability sets what was said beside what was', () => {
  expect(techniqueRecall(seeds, ['hybrid'])).toEqual([
    { technique: 'T1', runs: 2, found: { hybrid: { mean: 0.75, low: 0.5, high: 1 } } },
  ]);
  const bins = reliability(seeds, 'hybrid');
  expect(bins.reduce((sum, one) => sum + one.windows, 0)).toBe(24);
  expect(bins.find((one) => one.from === 0.7)).toMatchObject({ windows: 6 });
  expect(bins.find((one) => one.from === 0.9)).toMatchObject({ windows: 1, attacks: 1, said: 0.9 });
});

test('a figure that one seed lacks is none', () => {
  expect(spreadOf([1, null])).toBeNull();
  expect(spreadOf([1, 3])).toEqual({ mean: 2, low: 1, high: 3 });
});
