import { type Capture, parseManifest } from '../datasets/manifest.ts';
import { type JudgedWindow, judge } from './judge.ts';

const captures = new Map(
  parseManifest(
    {
      captures: [
        {
          id: 'a',
          run: 'r',
          attack: true,
          attack_window: { start: 1000, end: 1010 },
          techniques: ['T1'],
          lab: 'x',
        },
        {
          id: 'b',
          run: 'r',
          attack: true,
          attack_window: { start: 1000, end: 1010 },
          techniques: ['T1'],
          lab: 'x',
        },
        { id: 'quiet', attack: false, lab: 'x' },
        { id: 'atomic', attack: true, attack_window: { start: 1000 }, role: 'pairs only' },
      ].map((entry) => ({ platform: 'linux', file: 'f', role: 'train and judge', ...entry })),
    },
    '/',
  ).captures.map((capture) => [capture.id, capture]),
);

const window = (id: string, end: number, label: JudgedWindow['label'], gat: number): JudgedWindow => ({
  capture: captures.get(id) as Capture,
  host: 'h',
  end,
  label,
  scores: { gat },
});

const windows = [
  window('a', 1030, 'attack', 0.3),
  window('a', 1060, 'attack', 0.9),
  window('a', 1500, 'unknown', 0.99),
  window('b', 1030, 'attack', 0.1),
  ...[0.1, 0.8, 0.85, 0.2].map((score, at) => window('quiet', 2000 + 30 * at, 'benign', score)),
  window('quiet', 2600, 'benign', 0.75),
  window('atomic', 1030, 'attack', 0),
];
const pairs = [
  { kind: 'marked', before: { gat: 0.1 }, during: { gat: 0.2 } },
  { kind: 'marked', before: { gat: 0.3 }, during: { gat: 0.2 } },
  { kind: 'atomic', before: { gat: 0.1 }, during: { gat: 0.2 } },
] as const;
const judged = judge('m@1', windows, pairs, { gat: [0.7, 0.15] });
const gat = judged.scorers.gat;

test('unknown windows and captures for pairs enter no figure but the pairs', () => {
  expect(judged.windows).toEqual({ attack: 3, benign: 5, unknown: 1 });
  expect(gat?.pairs).toEqual({
    marked: { n: 2, higher: 0.5 },
    unmarked: { n: 0, higher: null },
    atomic: { n: 1, higher: 1 },
  });
});

test('two views of one run count once as a run and twice as captures', () => {
  expect(gat?.points[0]?.captures).toEqual({ attack: 2, detected: 1 });
  expect(gat?.points[0]?.runs).toEqual({ attack: 1, detected: 1 });
  expect(judged.techniques).toEqual({ T1: { captures: 2, detected: 1 } });
});

test('each point uses the threshold that was carried, not one from the judged data', () => {
  expect(gat?.points.map((point) => point.benignWindows.alerted)).toEqual([3, 4]);
  expect(gat?.points.map((point) => point.threshold)).toEqual([0.7, 0.15]);
  expect(gat?.points[0]?.benignCaptures).toEqual({ total: 1, alerted: 1 });
});

test('the first alert is timed from the mark to the tick of the first window that alerts', () => {
  expect(gat?.points[0]?.firstAlertSeconds).toEqual({ p50: 60, p95: 60 });
});

test('false alarms are episodes: a machine that has alerted is silent for 300 s', () => {
  const days = (5 * 30) / 86_400;
  expect(gat?.falseAlarmsPerHostDay?.value).toBeCloseTo(2 / days, 6);
  expect(gat?.falseAlarmsPerHostDay?.low).toBeLessThan(1 / days);
});

test('labs are judged apart, scorers without thresholds are left out', () => {
  expect(judged.labs['x']?.gat?.benignWindows).toEqual({ total: 5, alerted: 3 });
  expect(Object.keys(judged.scorers)).toEqual(['gat']);
});

test('without any window the form stays and figures are null', () => {
  const nothing = judge('m@1', [], [], { gat: [0.7, 0.5] });
  expect(nothing.scorers.gat).toMatchObject({ prAuc: null, rocAuc: null, falseAlarmsPerHostDay: null });
});
