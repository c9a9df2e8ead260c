import type { Feedback } from '../../contracts/feedback.ts';
import { type CollectInput, collectFeedback } from './collect.ts';
import { verdictOf, windowOf } from './feedback-fixtures.ts';
import type { ReachableWindow } from './reach.ts';

const collect = (
  verdicts: readonly Feedback[],
  windows: readonly ReachableWindow[],
  differing: Partial<CollectInput> = {},
) =>
  collectFeedback({
    ...{ verdicts, windows, accepted: [], featureSchema: () => 'now', barred: () => null },
    ...differing,
  });

const labels = (collected: ReturnType<typeof collect>) =>
  Object.fromEntries(collected.rows.map((row) => [row.inferenceId, row.label]));

test('a verdict on windows reaches those, and those that are not kept are counted', () => {
  const found = collect(
    [verdictOf('f1', { inference_ids: ['w1', 'gone'] })],
    [windowOf('w1'), windowOf('w2')],
  );
  expect(labels(found)).toEqual({ w1: 'benign' });
  expect(found.leftOut).toEqual({ 'no graph kept': 1 });
  expect(found.rows[0]).toMatchObject({
    feedbackIds: ['f1'],
    analysts: ['kim'],
    scope: 'window',
    equalIds: [],
  });
});

test('a verdict on a process reaches every window of that endpoint in which it ran, and no other endpoint', () => {
  const windows = [
    windowOf('w1', { processes: ['bash'] }),
    windowOf('w2', { processes: ['sh', 'backup.sh'] }),
    windowOf('w3', { processes: ['Backup.sh'] }),
    windowOf('w4', { processes: ['backup.sh'], endpointId: 'h2' }),
  ];
  const verdict = verdictOf('f1', { scope: 'process', process: 'backup.sh' });
  expect(labels(collect([verdict], windows))).toEqual({ w1: 'benign', w2: 'benign' });
});

test('names of executables have no case on Windows', () => {
  const platform = 'windows';
  const windows = [windowOf('w1', { platform }), windowOf('w2', { platform, processes: ['CMD.EXE'] })];
  const verdict = verdictOf('f1', { platform, scope: 'process', process: 'cmd.exe' });
  expect(labels(collect([verdict], windows))).toEqual({ w1: 'benign', w2: 'benign' });
});

test('a verdict on a pattern reaches that tenant and platform, and nothing where there is no pattern', () => {
  const pattern = 'cron → backup.sh';
  const windows = [
    windowOf('w1', { pattern }),
    windowOf('w2', { pattern, endpointId: 'h2' }),
    windowOf('w3', { pattern, tenantId: 'other' }),
    windowOf('w4', { pattern, platform: 'windows' }),
    windowOf('w5'),
    windowOf('w6'),
  ];
  expect(labels(collect([verdictOf('f1', { scope: 'pattern' })], windows))).toEqual({
    w1: 'benign',
    w2: 'benign',
  });
  const bare = verdictOf('f2', { scope: 'pattern', inference_ids: ['w5'] });
  expect(labels(collect([bare], windows))).toEqual({ w5: 'benign' });
});

test('a verdict on a window of another tenant reaches nothing', () => {
  expect(collect([verdictOf('f1', { tenant_id: 'other' })], [windowOf('w1')]).rows).toEqual([]);
});

test('a corrected verdict reaches nothing any more, not even what its correction does not name', () => {
  const windows = [windowOf('w1', { pattern: 'p' }), windowOf('w2', { pattern: 'p' })];
  const before = verdictOf('f1', { scope: 'pattern' });
  const after = verdictOf('f2', { at: 2000, is_true_positive: true, replaces: 'f1' });
  expect(labels(collect([before, after], windows))).toEqual({ w1: 'attack' });
  const strangers = { ...after, analyst: 'eve' }; // who takes back what another one said
  expect(labels(collect([before, strangers], windows)).w2).toBe('benign');
});

test('the narrower scope labels a window against a pattern, and ties and doubts are left out by reason', () => {
  const windows = ['w1', 'w2', 'w3'].map((id) => windowOf(id, { pattern: 'p' }));
  const verdicts = [
    verdictOf('f1', { scope: 'pattern' }),
    verdictOf('f2', { analyst: 'lee', is_true_positive: true, techniques: ['T1059'] }),
    verdictOf('f3', { analyst: 'lee', is_true_positive: null, inference_ids: ['w2'] }),
    verdictOf('f4', { analyst: 'lee', is_true_positive: true, inference_ids: ['w3'] }),
    verdictOf('f5', { analyst: 'ines', is_true_positive: false, inference_ids: ['w3'] }),
  ];
  const found = collect(verdicts, windows);
  expect(found.rows).toMatchObject([{ inferenceId: 'w1', label: 'attack', techniques: ['T1059'] }]);
  expect(found.leftOut).toEqual({ 'cannot tell': 1, conflict: 1 });
});

test('windows of another feature schema, and those that are barred, are left out', () => {
  const verdict = verdictOf('f1', { inference_ids: ['w1', 'w2', 'w3'] });
  const windows = [windowOf('w1', { featureSchema: 'old' }), windowOf('w2'), windowOf('w3')];
  const barred = ({ inferenceId }: ReachableWindow) =>
    inferenceId === 'w2' ? 'a capture has the same graph' : null;
  const found = collect([verdict], windows, { barred });
  expect(labels(found)).toEqual({ w3: 'benign' });
  expect(found.leftOut).toEqual({ 'another feature schema': 1, 'a capture has the same graph': 1 });
});

test('equal graphs with one label are one row with all of its lineage', () => {
  const windows = [
    windowOf('w2', { windowStart: 130, contentHash: 'same' }),
    windowOf('w1', { contentHash: 'same' }),
    windowOf('w3', { windowStart: 90, contentHash: 'same', endpointId: 'h2' }),
  ];
  const verdicts = [
    verdictOf('late', { at: 2000, inference_ids: ['w3', 'w1'] }),
    verdictOf('early', { analyst: 'lee', scope: 'process', process: 'sh', inference_ids: ['w2'] }),
  ];
  const found = collect(verdicts, windows);
  expect(found.rows).toMatchObject([
    {
      inferenceId: 'w3',
      equalIds: ['w1', 'w2'],
      feedbackIds: ['early', 'late'],
      analysts: ['kim', 'lee'],
      scope: 'window',
    },
  ]);
  expect(found.leftOut).toEqual({ duplicate: 2 });
});

test('equal graphs with opposite labels are reviewed, and the accepted side stays', () => {
  const windows = [
    windowOf('w1', { contentHash: 'same' }),
    windowOf('w2', { contentHash: 'same' }),
    windowOf('w3'),
  ];
  const verdicts = [
    verdictOf('f1', { inference_ids: ['w1', 'w3'] }),
    verdictOf('f2', { analyst: 'lee', is_true_positive: true, inference_ids: ['w2'] }),
  ];
  const found = collect(verdicts, windows);
  expect(labels(found)).toEqual({ w3: 'benign' });
  expect(found.leftOut).toEqual({ 'equal graphs with opposite labels': 2 });
  expect(found.review.map((one) => [one.feedbackId, one.withholds])).toEqual([
    ['f1', 'contested'],
    ['f2', 'contested'],
  ]);
  expect(labels(collect(verdicts, windows, { accepted: ['f2'] }))).toEqual({ w2: 'attack', w3: 'benign' });
  expect(labels(collect(verdicts, windows, { accepted: ['f1', 'f2'] }))).toEqual({ w3: 'benign' });
});

test('the order of verdicts and windows changes nothing', () => {
  const windows = ['w1', 'w2', 'w3', 'w4'].map((id, place) =>
    windowOf(id, { pattern: 'p', contentHash: `g${place % 3}` }),
  );
  const verdicts = windows.map(({ inferenceId }, place) =>
    verdictOf(`f${place}`, {
      inference_ids: [inferenceId],
      analyst: `a${place % 2}`,
      scope: place === 0 ? 'pattern' : 'window',
      is_true_positive: place === 3,
    }),
  );
  expect(collect(verdicts.toReversed(), windows.toReversed())).toEqual(collect(verdicts, windows));
});

describe('the review list', () => {
  const reasonsOf = (verdicts: readonly Feedback[], windows: readonly ReachableWindow[], id: string) =>
    collect(verdicts, windows).review.find((one) => one.feedbackId === id)?.reasons ?? [];

  test('benign on a sure score of which others said attack waits; it is learnt from once accepted', () => {
    const windows = [windowOf('w1', { pattern: 'p', attackProb: 0.97 }), windowOf('w2', { pattern: 'p' })];
    const attack = verdictOf('f2', { analyst: 'lee', is_true_positive: true, inference_ids: ['w2'] });
    const verdicts = [verdictOf('f1'), attack];
    expect(reasonsOf(verdicts, windows, 'f1')).toEqual([
      'benign on a window that scored 0.97, while others said attack of the same pattern',
    ]);
    expect(labels(collect(verdicts, windows))).toEqual({ w2: 'attack' });
    expect(collect(verdicts, windows).leftOut).toEqual({ 'on the review list': 1 });
    expect(labels(collect(verdicts, windows, { accepted: ['f1'] }))).toEqual({ w1: 'benign', w2: 'attack' });
    expect(reasonsOf([verdictOf('f1')], windows, 'f1')).toEqual([]);
    const unsure = windows.map((one) => ({ ...one, attackProb: 0.9 }));
    expect(reasonsOf(verdicts, unsure, 'f1')).toEqual([]);
  });

  test('an analyst against whom the others stand waits, and the others do not', () => {
    const windows = Array.from({ length: 6 }, (_, place) => windowOf(`w${place}`));
    const say = (analyst: string, place: number, is_true_positive: boolean) =>
      verdictOf(`${analyst}${place}`, { analyst, is_true_positive, inference_ids: [`w${place}`] });
    const honest = windows.flatMap((_, place) => [say('kim', place, true), say('lee', place, true)]);
    const five = [...honest, ...windows.slice(0, 5).map((_, place) => say('eve', place, place > 1))];
    expect(reasonsOf(five, windows, 'eve4')).toEqual(['eve is contradicted by others in 2 of 5 cases']);
    expect(reasonsOf(five, windows, 'kim0')).toEqual([]);
    const few = [...honest, ...windows.slice(0, 4).map((_, place) => say('eve', place, place > 1))];
    expect(reasonsOf(few, windows, 'eve3')).toEqual([]);
    const third = [...honest, ...windows.map((_, place) => say('eve', place, place > 1))];
    expect(reasonsOf(third, windows, 'eve4')).toEqual([]);
  });

  test('more than 60 verdicts of one analyst within a minute wait', () => {
    const windows = Array.from({ length: 61 }, (_, place) => windowOf(`w${place}`));
    const verdicts = (gap: number) =>
      windows.map(({ inferenceId }, place) =>
        verdictOf(`f${place}`, { at: 1000 + place * gap, inference_ids: [inferenceId] }),
      );
    expect(collect(verdicts(0.5), windows).review).toHaveLength(61);
    expect(collect(verdicts(0.5), windows).rows).toEqual([]);
    expect(collect(verdicts(1), windows).review).toEqual([]);
    expect(collect(verdicts(0.5).slice(1), windows).review).toEqual([]);
  });

  test('a verdict that reaches more than 200 windows waits', () => {
    const windows = Array.from({ length: 201 }, (_, place) => windowOf(`w${place}`, { pattern: 'p' }));
    const wide = verdictOf('f1', { scope: 'pattern' });
    expect(reasonsOf([wide], windows, 'f1')).toEqual(['reaches 201 windows, more than 200']);
    expect(collect([wide], windows).rows).toEqual([]);
    expect(collect([wide], windows.slice(0, 200)).rows).toHaveLength(200);
    const narrow = verdictOf('f2', { analyst: 'lee', is_true_positive: true, inference_ids: ['w7'] });
    expect(labels(collect([wide, narrow], windows))).toEqual({ w7: 'attack' });
  });
});
