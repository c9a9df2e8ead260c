import { join } from 'node:path';
import supertest from 'supertest';
import { LogsterError } from '../../contracts/errors.ts';
import { newApiKey, writeKeys } from '../../ports/access/api-keys.ts';
import { alertOf } from '../../ports/alerts/sample.ts';
import { keptOf } from '../../ports/graphs/sample.ts';
import { NOBODY, START, tryApi, tryFreshApi } from './try-api.contract.ts';

let server: Awaited<ReturnType<typeof tryFreshApi>>;
beforeEach(async () => {
  server = await tryFreshApi();
});
afterEach(() => server.close());

const bulk = (verdicts: unknown) => supertest(server.url).post('/feedback/bulk').send({ verdicts });
const analystOf = async (tenant: string) => {
  const keysFile = join(server.directory, 'keys.json');
  const { secret, key } = newApiKey({ name: 'ines', role: 'analyst', tenants: [tenant], at: START });
  await writeKeys(keysFile, [key]);
  const secured = await tryApi(server.stores, { keysFile });
  const client = supertest.agent(secured.url).set('Authorization', `Bearer ${secret}`);
  return { client, close: () => secured.stage.close() };
};

describe('POST /feedback on a window', () => {
  const window = keptOf('w', { platform: 'linux', endpointId: 'h7', modelVersion: '5' });
  const verdict = { inference_id: window.inferenceId, is_true_positive: false, analyst: 'kim' };
  beforeEach(() => server.graphs.keep([window]));

  test('keeps it with what is known of the window, and changes no alert', async () => {
    const alert = alertOf('a', { endpoint_id: 'h7', platform: 'linux', inference_ids: [window.inferenceId] });
    await server.save(alert);
    const { body } = await server
      .feedback({ ...verdict, inference_id: window.inferenceId.toUpperCase(), scope: 'pattern' })
      .expect(201);
    expect(body).toEqual({ feedback_id: expect.any(String), alert: null });
    expect((await server.get('/feedback')).body.feedback).toEqual([
      {
        feedback_id: body.feedback_id,
        alert_id: null,
        ...{ tenant_id: 'acme', endpoint_id: 'h7', platform: 'linux', model_version: '5', at: START },
        ...{ is_true_positive: false, analyst: 'kim', reason: 'other', notes: '', techniques: [] },
        ...{ scope: 'pattern', process: null, inference_ids: [window.inferenceId], replaces: null },
      },
    ]);
    expect(await server.alerts.get(alert.alert_id)).toEqual(alert);
  });

  test('the same analyst again is answered 409, unless the verdict is to be replaced', async () => {
    const { body: first } = await server.feedback(verdict).expect(201);
    const { body: refusal } = await server.feedback({ ...verdict, is_true_positive: null }).expect(409);
    expect(refusal.detail).toContain('"replace": true');
    await server.feedback({ ...verdict, analyst: 'lee' }).expect(201);
    await server.feedback({ ...verdict, is_true_positive: null, replace: true }).expect(201);
    expect((await server.alerts.feedback(0, 9)).map((one) => one.replaces)).toEqual([
      null,
      null,
      first.feedback_id,
    ]);
  });

  test('stands beside the analyst’s verdict on the alert that holds the window', async () => {
    const alert = alertOf('a', { inference_ids: [window.inferenceId] });
    await server.save(alert);
    await server.feedback({ alert_id: alert.alert_id, is_true_positive: true, analyst: 'kim' }).expect(201);
    await server.feedback(verdict).expect(201);
    expect((await server.alerts.feedback(0, 9)).map((one) => one.replaces)).toEqual([null, null]);
  });

  test('one that is not kept, or is another tenant’s, is answered 404', async () => {
    await server.feedback({ ...verdict, inference_id: NOBODY }).expect(404);
    const { client, close } = await analystOf('globex');
    await client.post('/feedback').send(verdict).expect(404);
    const { body } = await client
      .post('/feedback/bulk')
      .send({ verdicts: [verdict] })
      .expect(200);
    expect(body.outcomes).toMatchObject([{ status: 404 }]);
    await close();
    expect(await server.alerts.feedback(0, 9)).toEqual([]);
  });
});

describe('POST /feedback/bulk', () => {
  const windows = ['a', 'b', 'c'].map((name) => keptOf(name));
  const alert = alertOf('x', {});
  const on = (place: number) => ({
    ...{ inference_id: windows[place]?.inferenceId, is_true_positive: false, analyst: 'kim' },
  });
  beforeEach(async () => {
    await server.graphs.keep(windows);
    await server.save(alert);
  });

  test('says of each verdict what became of it; a bad one stops no other', async () => {
    const onAlert = { alert_id: alert.alert_id, is_true_positive: true, analyst: 'kim' };
    const given = [
      on(0),
      on(0),
      { ...on(1), reason: 'because' },
      'nothing',
      { ...on(1), inference_id: NOBODY },
    ];
    const { body } = await bulk([...given, onAlert, on(2)]).expect(200);
    const statuses = body.outcomes.map((one: { status: number }) => one.status);
    expect(statuses).toEqual([201, 409, 400, 400, 404, 201, 201]);
    expect([body.accepted, body.refused]).toEqual([3, 4]);
    expect(body.outcomes[2].problem).toMatchObject({
      ...{ title: 'Bad Request', status: 400, detail: expect.stringContaining('reason') },
    });
    const kept = await server.alerts.feedback(0, 9);
    expect(kept.map((one) => one.feedback_id)).toEqual(
      [0, 5, 6].map((place) => body.outcomes[place].feedback_id),
    );
    expect((await server.alerts.get(alert.alert_id))?.status).toBe('resolved');
  });

  test('takes 500 verdicts with long notes, and no more', async () => {
    const long = { ...on(0), notes: 'x'.repeat(4000) };
    const { body } = await bulk(
      Array.from({ length: 500 }, (_, n) => ({ ...long, analyst: `a${n}` })),
    ).expect(200);
    const kept = await server.alerts.feedback(0, 1000);
    expect([body.accepted, kept.length]).toEqual([500, 500]);
    await bulk(Array.from({ length: 501 }, () => on(1))).expect(400);
    await bulk([]).expect(400);
    await supertest(server.url)
      .post('/feedback/bulk')
      .send({ verdicts: 'x'.repeat(5_000_000) })
      .expect(413);
  });

  test('what fails unexpectedly is told to nobody, logged, and stops no other', async () => {
    await server.graphs.close();
    const { body } = await bulk([on(0), { alert_id: alert.alert_id, is_true_positive: true }]).expect(200);
    expect(body.outcomes).toMatchObject([{ status: 500 }, { status: 201 }]);
    expect(JSON.stringify(body)).not.toContain('closed');
    expect(server.telemetry.lines.map((line) => line.sentence)).toContain(
      'A verdict of many could not be kept',
    );
  });

  test('once a store does not answer, the rest is not tried', async () => {
    let asked = 0;
    const away = async () => {
      asked += 1;
      throw new LogsterError('unavailable', 'it is away');
    };
    const other = await tryApi({ ...server.stores, graphs: { ...server.graphs, get: away } });
    const { body } = await supertest(other.url)
      .post('/feedback/bulk')
      .send({ verdicts: [on(0), on(1), on(2)] })
      .expect(200);
    expect(body.outcomes).toMatchObject([{ status: 503 }, { status: 503 }, { status: 503 }]);
    expect(asked).toBe(1);
    await other.stage.close();
  });
});

describe('GET /feedback/queue', () => {
  const shared = { pattern: 'a → b', attackProb: 0.8 };
  const windows = [
    ...['s1', 's2', 's3'].map((name, n) => keptOf(name, { ...shared, windowEnd: 300 + n })),
    keptOf('lone', { pattern: 'c → d', attackProb: 0.71, platform: 'linux' }),
    keptOf('far', { pattern: 'e → f', attackProb: 0.01, because: 'sample' }),
    keptOf('theirs', { pattern: 'g → h', tenantId: 'globex' }),
  ];
  const queue = async (query = '') => (await server.get(`/feedback/queue${query}`).expect(200)).body.queue;
  const patterns = async (query = '') => (await queue(query)).map((one: { pattern: string }) => one.pattern);
  beforeEach(() => server.graphs.keep(windows));

  test('offers the windows that teach most, each with what is known of it and why', async () => {
    const alert = alertOf('a', { last_seen: 302, inference_ids: windows.map((one) => one.inferenceId) });
    await server.documents.put('logster-alerts', alert.alert_id, { ...alert }, 1);
    const [first] = await queue();
    expect(first).toEqual({
      inference_id: windows[2]?.inferenceId,
      ...{ tenant_id: 'acme', endpoint_id: 'h1', platform: 'windows', window_start: 100, window_end: 302 },
      ...{ model_version: '1', attack_prob: 0.8, because: 'attack', pattern: 'a → b' },
      alert_id: alert.alert_id,
      reason: '3 windows of one endpoint share this pattern',
    });
    expect(await patterns()).toEqual(['a → b', 'c → d', 'a → b', 'g → h', 'a → b', 'e → f']);
  });

  test('obeys platform, tenant and limit', async () => {
    expect(await patterns('?platform=linux')).toEqual(['c → d']);
    expect(await patterns('?tenant_id=globex')).toEqual(['g → h']);
    expect(await patterns('?limit=2')).toEqual(['a → b', 'c → d']);
    await server.get('/feedback/queue?limit=201').expect(400);
    await server.get('/feedback/queue?limt=1').expect(400);
    const { client, close } = await analystOf('globex');
    const { body } = await client.get('/feedback/queue').expect(200);
    expect(body.queue).toMatchObject([{ tenant_id: 'globex', alert_id: null }]);
    await close();
  });

  test('what was judged is offered no more, as far as the verdict reaches', async () => {
    const judge = (place: number, more: object) =>
      server
        .feedback({ inference_id: windows[place]?.inferenceId, is_true_positive: null, ...more })
        .expect(201);
    await judge(3, {});
    expect(await patterns()).toEqual(['a → b', 'a → b', 'g → h', 'a → b', 'e → f']);
    const { body } = await judge(0, { scope: 'pattern' });
    expect(await patterns()).toEqual(['g → h', 'e → f']);
    await judge(0, { replace: true }); // of this window alone
    expect(body.feedback_id).toBe((await server.alerts.feedback(0, 9)).at(-1)?.replaces);
    expect(await patterns()).toEqual(['g → h', 'a → b', 'a → b', 'e → f']);
  });
});
