import { type Capture, parseManifest } from './manifest.ts';
import { checkHeldBack, checkParted, holdOut, mayTrain, splitByCluster } from './split.ts';

const captures = (entries: readonly Record<string, unknown>[]): readonly Capture[] =>
  parseManifest(
    {
      captures: entries.map((entry, place) => ({
        id: `c${place}`,
        platform: 'linux',
        file: `${place}.gz`,
        role: 'train and judge',
        ...entry,
      })),
    },
    '/',
  ).captures;

const twins = captures([
  { cluster: 'a', run: 'r1' },
  { cluster: 'b', run: 'r1' },
  { cluster: 'b', run: 'r2' },
  { cluster: 'c', run: 'r3', sha256: 'same' },
  { cluster: 'd', run: 'r4', sha256: 'same' },
  { cluster: 'e', run: 'r5' },
]);

test('splitByCluster() keeps clusters, runs and equal files in one fold', () => {
  const split = splitByCluster(twins, 3);
  expect(split.get('c0')).toBe(split.get('c1'));
  expect(split.get('c1')).toBe(split.get('c2'));
  expect(split.get('c3')).toBe(split.get('c4'));
  expect(new Set(split.values()).size).toBe(3);
  expect(splitByCluster(twins, 3)).toEqual(split);
});

test.each([
  ['share a cluster', 1, 2],
  ['are views of one run', 0, 1],
  ['are the same file', 3, 4],
])('a planted leak fails: two sides %s', (why, one, other) => {
  expect(() => checkParted([twins[one]!], [twins[5]!, twins[other]!])).toThrow(why);
  expect(() => checkParted([twins[one]!], [twins[5]!])).not.toThrow();
});

test('a planted leak in a split fails when a fold is held out', () => {
  const leaky = new Map([...splitByCluster(twins, 3), ['c1', 9]]);
  expect(() => holdOut(twins, leaky, 9)).toThrow(/leaks: c0 trains and c1 judges/);
});

test('holdOut() purges captures of a judged machine within a window of time', () => {
  const at = (from: number, to: number, cluster: string, host = 'dc.a.com') => ({
    cluster,
    lab: 'l',
    first_ts: from,
    last_ts: to,
    hosts: [{ name: host }],
  });
  const all = captures([
    at(1000, 1100, 'j'),
    at(1250, 1300, 'near', 'DC'),
    at(1400, 1500, 'far'),
    at(1000, 1100, 'other', 'x'),
  ]);
  const split = new Map(all.map((capture) => [capture.id, capture.id === 'c0' ? 0 : 1]));
  const { train, judge, purged } = holdOut(all, split, 0);
  expect(judge.map((one) => one.id)).toEqual(['c0']);
  expect(purged.map((one) => one.id)).toEqual(['c1']);
  expect(train.map((one) => one.id)).toEqual(['c2', 'c3']);
  expect(() => checkParted(purged, judge)).toThrow(/one machine within/);
});

test('only open licences and the right role may train', () => {
  const may = (licence: string, role = 'train and judge') => mayTrain(captures([{ licence, role }])[0]!);
  expect(['MIT', 'MIT (OTRF)', 'Apache-2.0', 'CC0', 'CC0-1.0', 'own (project)'].map((l) => may(l))).toEqual(
    Array(6).fill(true),
  );
  expect(['none stated', 'GPL-3.0', 'CC BY-NC-SA 4.0', 'DRL-1.1', 'MIT-like', ''].map((l) => may(l))).toEqual(
    Array(6).fill(false),
  );
  expect(may('MIT', 'judge only')).toBe(false);
});

const later = (entry: Record<string, unknown> = {}) => ({
  cluster: 'a',
  run: 'late',
  held_back: true,
  ...entry,
});

test('what is held back gets no fold, never trains and is not judged before the end', () => {
  const all = captures([{ cluster: 'a' }, { cluster: 'b' }, later()]);
  const split = splitByCluster(all, 2);
  expect(split.has('c2')).toBe(false);
  for (const fold of [0, 1]) {
    const { train, judge } = holdOut(all, new Map([...split, ['c2', fold]]), fold);
    expect([...train, ...judge].map((one) => one.id)).not.toContain('c2');
  }
  expect(mayTrain({ ...all[2]!, licence: 'MIT' })).toBe(false);
  expect(mayTrain({ ...all[0]!, licence: 'MIT' })).toBe(true);
});

test('a run that is held back in part is refused', () => {
  const all = captures([{ cluster: 'a', run: 'late' }, { cluster: 'b' }, later({ cluster: 'c' })]);
  expect(() => splitByCluster(all, 2)).toThrow(/set held_back on both/);
});

test('holdOut() purges what was recorded on the machine of a held-back capture within a window of time', () => {
  const at = (from: number, entry: Record<string, unknown>) => ({
    lab: 'l',
    hosts: ['m'],
    first_ts: from,
    last_ts: from + 50,
    ...entry,
  });
  const all = captures([
    at(1000, { cluster: 'x' }),
    at(9000, { cluster: 'y' }),
    at(5000, { cluster: 'z' }),
    at(1100, { cluster: 'h', held_back: true }),
  ]);
  const split = splitByCluster(all, 3);
  const fold = split.get('c1')!;
  expect(holdOut(all, split, fold).purged.map((one) => one.id)).toEqual(['c0']);
});

test('a planted leak fails: something held back trains, or a part of its run does', () => {
  const [one, twin, other] = captures([later(), { run: 'late', cluster: 'q' }, { cluster: 'a' }]);
  expect(() => checkHeldBack([one!], [])).toThrow(/is held back and trains/);
  expect(() => checkHeldBack([twin!], [one!])).toThrow(/are views of one run/);
  expect(() => checkHeldBack([other!], [one!])).not.toThrow(); // clusters recur in time
});

test('a held_back that is neither true nor false makes the entry unreadable', () => {
  const { unreadable } = parseManifest(
    { captures: [{ id: 'x', platform: 'linux', file: 'f', held_back: 'yes' }] },
    '/',
  );
  expect(unreadable[0]?.reason).toMatch(/held_back/);
});
