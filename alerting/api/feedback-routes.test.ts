import { alertOf } from '../../ports/alerts/sample.ts';
import { NOBODY, START, tryFreshApi } from './try-api.contract.ts';

let server: Awaited<ReturnType<typeof tryFreshApi>>;
beforeEach(async () => {
  server = await tryFreshApi();
});
afterEach(() => server.close());

describe('POST /feedback', () => {
  const alert = alertOf('a', { inference_ids: ['i1'], model_version: '7' });
  beforeEach(() => server.save(alert));
  const verdict = { alert_id: alert.alert_id, is_true_positive: true, notes: 'seen', analyst: 'kim' };

  test('a true positive resolves the alert and is kept with what it was given on', async () => {
    const { body } = await server.feedback({ ...verdict, techniques: ['T1059.001'] }).expect(201);
    expect(Object.keys(body).sort()).toEqual(['alert', 'feedback_id']);
    expect(body.alert).toMatchObject({ status: 'resolved', verdict: 'true_positive' });
    const { body: kept } = await server.get('/feedback').expect(200);
    expect(kept.feedback).toEqual([
      {
        ...verdict,
        feedback_id: body.feedback_id,
        techniques: ['T1059.001'],
        tenant_id: 'acme',
        endpoint_id: 'h1',
        platform: 'windows',
        reason: 'other',
        scope: 'window',
        process: null,
        at: START,
        inference_ids: ['i1'],
        model_version: '7',
        replaces: null,
      },
    ]);
    expect((await server.alerts.outbox(10)).at(-1)?.message).toMatchObject({
      change: 'feedback',
      alert: body.alert,
    });
  });

  test('a false positive closes the alert as one', async () => {
    const { body } = await server.feedback({ ...verdict, is_true_positive: false }).expect(201);
    expect(body.alert).toMatchObject({ status: 'false_positive', verdict: 'false_positive' });
  });

  test('a verdict keeps its reason and how far it reaches', async () => {
    const given = { ...verdict, reason: 'administration', scope: 'process', process: 'robocopy.exe' };
    await server.feedback({ ...given, is_true_positive: false }).expect(201);
    expect(await server.alerts.feedback(0, 9)).toMatchObject([
      { reason: 'administration', scope: 'process', process: 'robocopy.exe', endpoint_id: 'h1' },
    ]);
  });

  test('who cannot tell leaves the alert as it is; the verdict and the audit say it', async () => {
    const { body } = await server.feedback({ ...verdict, is_true_positive: null }).expect(201);
    expect(body.alert).toMatchObject({ status: 'open', verdict: null });
    expect((await server.alerts.audit(alert.alert_id)).at(-1)).toMatchObject({
      by: 'kim',
      change: 'feedback',
    });
    expect(await server.alerts.feedback(0, 9)).toMatchObject([{ is_true_positive: null }]);
    await server.feedback({ ...verdict, replace: true }).expect(201);
    await server.feedback({ ...verdict, is_true_positive: null, replace: true }).expect(201);
    expect(await server.alerts.get(alert.alert_id)).toMatchObject({
      status: 'resolved',
      verdict: 'true_positive',
    });
  });

  test('the same analyst again is answered 409, unless the verdict is to be replaced', async () => {
    const { body: first } = await server.feedback(verdict).expect(201);
    await server.feedback(verdict).expect(409);
    await server.feedback({ ...verdict, analyst: 'lee' }).expect(201);
    const { body } = await server
      .feedback({ ...verdict, is_true_positive: false, replace: true })
      .expect(201);
    expect(body.alert.verdict).toBe('false_positive');
    const kept = (await server.get('/feedback')).body.feedback;
    expect(kept.map((one: { replaces: string }) => one.replaces)).toEqual([null, null, first.feedback_id]);
  });

  test.each([
    [{ ...verdict, alert_id: NOBODY }, 404],
    [{ ...verdict, alert_id: 'a' }, 400],
    [{ alert_id: verdict.alert_id }, 400],
    [{ ...verdict, is_true_positive: 'yes' }, 400],
    [{ ...verdict, techniques: ['PowerShell'] }, 400],
    [{ ...verdict, notes: 'x'.repeat(4001) }, 400],
    [{ ...verdict, extra: 1 }, 400],
    [{ ...verdict, reason: 'because' }, 400],
    [{ ...verdict, scope: 'process' }, 400],
    [{ ...verdict, process: 'cmd.exe' }, 400],
    [{ ...verdict, inference_id: NOBODY }, 400],
    [{ ...verdict, alert_id: undefined }, 400],
  ])('%j is answered %d and changes nothing', async (body, status) => {
    await server.feedback(body).expect(status);
    expect(await server.alerts.feedback(0, 10)).toEqual([]);
    expect((await server.alerts.get(alert.alert_id))?.status).toBe('open');
  });

  test('GET /feedback has those of one platform, reason or analyst', async () => {
    await server.feedback({ ...verdict, reason: 'red-team' }).expect(201);
    await server.feedback({ ...verdict, analyst: 'lee' }).expect(201);
    const analysts = async (query: string) =>
      (await server.get(`/feedback?${query}`).expect(200)).body.feedback.map(
        (one: { analyst: string }) => one.analyst,
      );
    expect(await analysts('reason=red-team')).toEqual(['kim']);
    expect(await analysts('analyst=lee')).toEqual(['lee']);
    expect(await analysts('platform=windows')).toEqual(['kim', 'lee']);
    expect(await analysts('platform=linux')).toEqual([]);
    await server.get('/feedback?reason=because').expect(400);
  });

  test('GET /feedback begins at a time and ends at a limit', async () => {
    await server.feedback(verdict);
    await server.clock.advance(10_000);
    await server.feedback({ ...verdict, analyst: 'lee' });
    const analysts = async (query: string) =>
      (await server.get(`/feedback?${query}`).expect(200)).body.feedback.map(
        (one: { analyst: string }) => one.analyst,
      );
    expect(await analysts(`since=${START + 1}`)).toEqual(['lee']);
    expect(await analysts('limit=1')).toEqual(['kim']);
    await server.get('/feedback?limit=0').expect(400);
  });
});
