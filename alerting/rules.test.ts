import { ALERT_STATES, type Alert, alertSchema, TRANSITIONS } from '../contracts/alert.ts';
import type { Feedback } from '../contracts/feedback.ts';
import { alertOf } from '../ports/alerts/sample.ts';
import { changeAlert } from './change-alert.ts';
import { commitBehind } from './commit-behind.ts';
import { correlate, RELATED_ENDPOINTS } from './correlate.ts';
import { absorbs, mergeHit, openAlert } from './dedup.ts';
import { enrichAlert } from './enrich.ts';
import { resultOf } from './sample.ts';
import { graver, severityOf } from './severity.ts';
import { editAlert, judgeAlert } from './states.ts';
import { shown, summaryOf } from './summary.ts';

const EPOCH = 1_764_000_000.123; // fractions as real ticks have them

describe('severityOf()', () => {
  test.each([
    [1, 'CRITICAL'],
    [0.95, 'CRITICAL'],
    [0.9499, 'HIGH'],
    [0.85, 'HIGH'],
    [0.8499, 'MEDIUM'],
    [0.7, 'MEDIUM'],
    [0.6999, 'LOW'],
    [0.3, 'LOW'],
  ] as const)('grades %d as %s', (probability, severity) => {
    expect(severityOf(probability)).toBe(severity);
  });

  test('graver() takes the worse of two', () => {
    expect(graver('LOW', 'HIGH')).toBe('HIGH');
    expect(graver('CRITICAL', 'HIGH')).toBe('CRITICAL');
  });
});

describe('dedup', () => {
  const alert = openAlert(resultOf({ window_end: EPOCH }), undefined, 1);

  test.each([
    [299.999, true],
    [300, true],
    [300.001, false],
  ])('a hit %d s after the last one merges: %s', (seconds, merges) => {
    expect(absorbs(alert, resultOf({ window_end: EPOCH + seconds }), 300)).toBe(merges);
  });

  test.each([
    [299.999, true],
    [300, true],
    [300.001, false],
  ])('a late hit %d s before the first one merges: %s', (seconds, merges) => {
    expect(absorbs(alert, resultOf({ window_end: EPOCH - seconds }), 300)).toBe(merges);
  });

  test('a late hit between the first and the last merges and moves neither', () => {
    const long = mergeHit(alert, resultOf({ window_end: EPOCH + 300 }), 2);
    const late = resultOf({ window_end: EPOCH + 150 });
    expect(absorbs(long, late, 10)).toBe(true);
    expect(mergeHit(long, late, 3)).toMatchObject({ first_seen: EPOCH, last_seen: EPOCH + 300, count: 3 });
  });

  test.each(ALERT_STATES)('an alert that is %s absorbs only while it is in work', (status) => {
    const active = status !== 'resolved' && status !== 'false_positive';
    expect(absorbs({ ...alert, status }, resultOf({ window_end: EPOCH }), 300)).toBe(active);
  });

  test('a merge keeps the highest probability with its model, confidence and severity', () => {
    const strong = resultOf({
      window_end: EPOCH + 30,
      attack_prob: 0.96,
      confidence: 0.97,
      model_version: '2',
    });
    const weak = resultOf({
      window_end: EPOCH + 60,
      attack_prob: 0.71,
      confidence: 0.71,
      model_version: '3',
    });
    const merged = mergeHit(mergeHit(alert, strong, 2), weak, 3);
    expect(merged).toMatchObject({ attack_prob: 0.96, confidence: 0.97, severity: 'CRITICAL', count: 3 });
    expect(merged).toMatchObject({ model_version: '2', last_seen: EPOCH + 60, status: 'open' });
    expect(merged.inference_ids).toEqual([alert.inference_ids[0], strong.inference_id, weak.inference_id]);
    expect(merged.history.map(({ change }) => change)).toEqual(['created', 'merged', 'merged']);
  });

  test('an alert of weeks stays small: 1,000 ids, 200 entries of history, and the whole count', () => {
    let long: Alert = alert;
    for (let tick = 1; tick <= 1500; tick += 1) {
      long = mergeHit(long, resultOf({ window_end: EPOCH + tick * 30 }), tick);
    }
    expect(long).toMatchObject({ count: 1501, last_seen: EPOCH + 45_000 });
    expect(long.inference_ids).toHaveLength(1000);
    expect(long.history).toHaveLength(200);
    expect(long.history[0]?.change).toBe('created');
    expect(long.history.at(-1)?.at).toBe(1500);
    expect(alertSchema.safeParse(long).success).toBe(true);
  });
});

describe('correlate()', () => {
  const own = alertOf('own', { endpoint_id: 'own', first_seen: EPOCH, last_seen: EPOCH });
  const other = (name: string, differing: Partial<Alert>) =>
    alertOf(name, { endpoint_id: name, ...differing });
  const at = { hitAt: EPOCH, seconds: 60, at: 9 };

  test.each([
    [59.999, 1],
    [60, 1],
    [60.001, 0],
    [-60, 1],
    [-60.001, 0],
  ])('an alert of another endpoint %d s away: %d link', (seconds, links) => {
    const seen = { first_seen: EPOCH + seconds, last_seen: EPOCH + seconds };
    expect(correlate(own, [other('far', seen)], at).others).toHaveLength(links);
  });

  test('links by hits, not by what lies between them', () => {
    const spans = { first_seen: EPOCH - 150, last_seen: EPOCH + 150 };
    expect(correlate(own, [other('spans', spans)], at).others).toEqual([]);
    expect(correlate(own, [other('first', { ...spans, first_seen: EPOCH - 60 })], at).others).toHaveLength(1);
  });

  test('leaves the endpoint itself and other tenants alone', () => {
    const seen = { first_seen: EPOCH, last_seen: EPOCH };
    const near = [other('own', { ...seen, platform: 'linux' }), other('b', { ...seen, tenant_id: 'globex' })];
    expect(correlate(own, near, at)).toEqual({ alert: own, others: [], dropped: 0 });
  });

  test('a link that is there already changes nothing', () => {
    const seen = { first_seen: EPOCH, last_seen: EPOCH };
    const once = correlate(own, [other('b', seen)], at);
    const again = correlate(once.alert, [once.others[0]!.alert], at);
    expect(again).toEqual({ alert: once.alert, others: [], dropped: 0 });
  });

  test(`keeps the nearest ${RELATED_ENDPOINTS} links and counts the rest`, () => {
    const many = Array.from({ length: 130 }, (_, place) =>
      other(`h${place}`, { first_seen: EPOCH + 60 - place * 0.4, last_seen: EPOCH + 60 - place * 0.4 }),
    );
    const { alert, others, dropped } = correlate(own, many, at);
    expect([alert.related_endpoints.length, others.length, dropped]).toEqual([100, 100, 30]);
    expect(alert.related_endpoints).toContain('h129');
    expect(alert.related_endpoints).not.toContain('h0');
  });
});

describe('states', () => {
  const pairs = ALERT_STATES.flatMap((from) => ALERT_STATES.map((to) => [from, to] as const));
  test.each(pairs)('%s -> %s is allowed exactly where the table says so', (from, to) => {
    const edited = editAlert(alertOf('a', { status: from }), { status: to, by: 'kim', at: 200 });
    expect(edited.ok).toBe(TRANSITIONS[from].includes(to));
    if (!edited.ok) expect(edited.reason).toContain(`${from} cannot become ${to}`);
    else expect(edited.message).toMatchObject({ change: 'status', alert: { status: to, updated_at: 200 } });
  });

  const verdict = (is_true_positive: boolean | null): Feedback => ({
    ...{ feedback_id: 'f', alert_id: 'a', tenant_id: 'acme', endpoint_id: 'h1', platform: 'windows' },
    ...{ is_true_positive, reason: 'other', notes: '', analyst: 'kim', scope: 'window', process: null },
    ...{ techniques: [], at: 300, inference_ids: [], model_version: '1', replaces: null },
  });

  test.each(ALERT_STATES)('a verdict settles an alert that is %s', (status) => {
    const alert = alertOf('a', { status });
    expect(judgeAlert(alert, verdict(true)).alert).toMatchObject({
      status: 'resolved',
      verdict: 'true_positive',
    });
    expect(judgeAlert(alert, verdict(false)).alert).toMatchObject({
      ...{ status: 'false_positive', verdict: 'false_positive' },
      history: [{ change: 'created' }, { change: 'feedback', by: 'kim' }],
    });
  });

  test.each(ALERT_STATES)('who cannot tell leaves an alert %s, and the history says so', (status) => {
    const alert = alertOf('a', { status });
    const judged = judgeAlert(alert, verdict(null));
    expect(judged.change).toBe('feedback');
    expect(judged.alert).toMatchObject({
      ...{ status, verdict: null },
      history: [{ change: 'created' }, { change: 'feedback', by: 'kim', detail: 'cannot tell' }],
    });
  });

  test('reopening takes the verdict back', () => {
    const judged = judgeAlert(alertOf('a', {}), verdict(true)).alert;
    const edited = editAlert(judged, { status: 'open', by: 'kim', at: 400 });
    expect(edited).toMatchObject({ ok: true, message: { alert: { status: 'open', verdict: null } } });
  });

  test('two changes at one moment have two versions', () => {
    const once = changeAlert(
      alertOf('a', {}),
      { change: 'status', by: 'kim', at: 100, detail: '' },
      {},
    ).alert;
    expect(once.updated_at).toBeGreaterThan(100);
  });
});

describe('summaryOf()', () => {
  test('tells what was done; names are cut and cleaned of what would deceive a reader', () => {
    const source = `${'a'.repeat(200)}\u001b[31m`;
    const edge = {
      relation: 'connected-to',
      source,
      target: 'x\n\u202egpj.exe\u0000',
      event_id: 'e',
      score: 1,
    };
    const summary = summaryOf(resultOf({ top_edges: [edge, edge] }));
    expect(summary).toBe(`Suspicious activity on H1: ${'a'.repeat(59)}… connected to x gpj.exe`);
  });

  test('what spoke against the attack is not told', () => {
    const edge = { relation: 'spawned process', source: 'a', target: 'b', event_id: 'e', score: -0.1 };
    expect(summaryOf(resultOf({ top_edges: [edge], top_nodes: [] }))).toBe('Suspicious activity on H1');
  });

  test('without edges it names the nodes, without nodes the host', () => {
    expect(summaryOf(resultOf({ top_edges: [] }))).toBe('Suspicious activity on H1: process powershell.exe');
    expect(summaryOf(resultOf({ top_edges: [], top_nodes: [] }))).toBe('Suspicious activity on H1');
  });

  test('cuts between characters, never inside one', () => {
    expect(shown('😀'.repeat(70))).toBe(`${'😀'.repeat(59)}…`);
    expect(shown('\u0000 ')).toBe('(no name)');
  });
});

describe('enrichAlert()', () => {
  const found = (rule: string, ...evidence: string[]) => ({
    ...{ id: 'T1059.001', name: 'PowerShell', tactics: ['execution'], rule, evidence },
  });

  test('keeps a technique once per rule, with at most 50 events, and says nothing when nothing is new', () => {
    const ids = Array.from({ length: 60 }, (_, place) => `e${place}`);
    const once = enrichAlert(alertOf('a', {}), [found('one', 'e0')], 200)!.alert;
    const twice = enrichAlert(once, [found('one', ...ids), found('two', 'e1')], 300)!.alert;
    expect(twice.ttp_techniques).toEqual(['T1059.001']);
    expect(twice.techniques.map(({ rule, evidence }) => [rule, evidence.length])).toEqual([
      ['one', 50],
      ['two', 1],
    ]);
    expect(enrichAlert(twice, [found('one', ...ids)], 400)).toBeUndefined();
  });
});

describe('commitBehind()', () => {
  test('never commits past a message that is still in work', async () => {
    const commits: number[] = [];
    const progress = commitBehind(async (offset) => void commits.push(offset));
    const doneAt3 = progress.begin(3);
    const doneAt5 = progress.begin(5);
    await progress.readUpTo(8);
    expect(commits).toEqual([3]);
    await doneAt5();
    expect(commits).toEqual([3]);
    await doneAt3();
    expect(commits).toEqual([3, 8]);
  });

  test('is silent once the partition has gone', async () => {
    const commits: number[] = [];
    const progress = commitBehind(async (offset) => void commits.push(offset));
    const done = progress.begin(0);
    await progress.readUpTo(2);
    progress.stop();
    await done();
    expect(commits).toEqual([]);
  });
});
