import supertest from 'supertest';
import { alertOf } from '../../ports/alerts/sample.ts';
import { NOBODY, START, tryFreshApi } from './try-api.contract.ts';

let server: Awaited<ReturnType<typeof tryFreshApi>>;
beforeEach(async () => {
  server = await tryFreshApi();
});
afterEach(() => server.close());

describe('GET /alerts/{alert_id}', () => {
  test('answers the alert and its version', async () => {
    const alert = alertOf('a', {});
    await server.save(alert);
    const response = await server.get(`/alerts/${alert.alert_id}`).expect(200);
    expect(response.body).toEqual(alert);
    expect(response.headers.etag).toBe('"100"');
  });

  test.each([NOBODY, 'not-an-id', '%00'])('answers 404 for %s', async (id) => {
    const { body } = await server.get(`/alerts/${id}`).expect(404);
    expect(body.detail).toContain('There is no');
    await server.get(`/alerts/${id}/audit`).expect(404);
  });

  test('answers 400 for a path that is not well formed', async () => {
    await server.get('/alerts/%ff').expect(400);
  });
});

describe('PATCH /alerts/{alert_id}', () => {
  const alert = alertOf('a', { updated_at: START - 10 });
  const id = alert.alert_id;
  beforeEach(() => server.save(alert));

  test('changes state, adds a note and leaves an audit', async () => {
    const body = { status: 'acknowledged', notes: 'checking with the owner', author: 'kim' };
    const { body: after } = await server.patch(id, body).expect(200);
    expect(after).toMatchObject({ status: 'acknowledged', updated_at: START });
    expect(after.notes).toEqual([{ at: START, author: 'kim', text: 'checking with the owner' }]);
    expect((await server.get(`/alerts/${id}`)).body).toEqual(after);
    const { audit } = (await server.get(`/alerts/${id}/audit`).expect(200)).body;
    expect(audit).toMatchObject([
      { change: 'created', by: 'logster', before: null },
      { change: 'status', by: 'kim', before: { status: 'open' }, after: { status: 'acknowledged' } },
    ]);
    expect((await server.alerts.outbox(10)).map(({ message }) => message.change)).toEqual([
      'created',
      'status',
    ]);
  });

  test('assigns and takes back', async () => {
    expect((await server.patch(id, { assignee: 'lee' }).expect(200)).body.assignee).toBe('lee');
    expect((await server.patch(id, { assignee: null }).expect(200)).body.assignee).toBeNull();
  });

  test.each([
    {},
    { author: 'kim' },
    { status: 'closed' },
    { status: 'OPEN' },
    { notes: '' },
    { notes: 'x'.repeat(4001) },
    { assignee: 7 },
    { status: 'acknowledged', severity: 'LOW' },
  ])('answers 400 for %j', async (body) => {
    expect((await server.patch(id, body).expect(400)).body.detail).toMatch(/\w/);
    expect((await server.alerts.get(id))?.status).toBe('open');
  });

  test('answers 400 for what is no JSON, 415 for another type, 413 for too much', async () => {
    const send = (type: string, body: string) =>
      supertest(server.url).patch(`/alerts/${id}`).set('Content-Type', type).send(body);
    await send('application/json', '{"status":').expect(400);
    await send('application/json', '"acknowledged"').expect(400);
    await send('text/plain', '{"status":"acknowledged"}').expect(415);
    await send('application/json', JSON.stringify({ notes: 'x'.repeat(70_000) })).expect(413);
    await supertest(server.url).patch(`/alerts/${id}`).expect(415);
    expect((await server.alerts.get(id))?.status).toBe('open');
  });

  test('answers 404 for an alert that is not there, 409 for a step that is not allowed', async () => {
    await server.patch(NOBODY, { status: 'acknowledged' }).expect(404);
    await server.patch(id, { status: 'resolved' }).expect(200);
    const { body } = await server.patch(id, { status: 'investigating' }).expect(409);
    expect(body.detail).toBe('An alert that is resolved cannot become investigating; it can become open');
  });

  test('If-Match holds a change to the version that was read', async () => {
    const etag = (await server.get(`/alerts/${id}`)).headers.etag as string;
    await server.patch(id, { notes: 'first' }).set('If-Match', etag).expect(200);
    await server.patch(id, { notes: 'second' }).set('If-Match', etag).expect(412);
    await server.patch(id, { notes: 'third' }).set('If-Match', '*').expect(200);
    const { updated_at } = (await server.get(`/alerts/${id}`)).body;
    await server.patch(id, { notes: 'fourth' }).set('If-Match', String(updated_at)).expect(200);
    expect((await server.alerts.get(id))?.notes.map(({ text }) => text)).toEqual([
      'first',
      'third',
      'fourth',
    ]);
  });

  test('of two changes to one version, one wins', async () => {
    const etag = (await server.get(`/alerts/${id}`)).headers.etag as string;
    const both = await Promise.all(
      ['acknowledged', 'investigating'].map((status) => server.patch(id, { status }).set('If-Match', etag)),
    );
    expect(both.map(({ status }) => status).sort()).toEqual([200, 412]);
  });
});
