import type { Alert, AlertChange } from '../../contracts/alert.ts';
import type { AlertStore } from './alerts.ts';
import { alertsFeedbackContract } from './alerts-feedback.contract.ts';
import { alertsSharedContract } from './alerts-shared.contract.ts';
import { alertOf, feedbackOf } from './sample.ts';

/** Makes an empty place for alerts; each call of what it gives opens that same place once more. */
export type AlertsPlace = () => Promise<() => Promise<AlertStore>>;

/** What every implementation of the port promises. */
export function alertsContract(emptyPlace: AlertsPlace): void {
  alertsSharedContract(emptyPlace);
  alertsFeedbackContract(emptyPlace);
  const opened: AlertStore[] = [];
  const openOne = async (): Promise<AlertStore> => {
    const store = await (await emptyPlace())();
    opened.push(store);
    return store;
  };
  afterEach(async () => {
    for (const store of opened.splice(0)) await store.close();
  });
  const save = (store: AlertStore, alert: Alert, change: AlertChange = 'created') =>
    store.transaction((transaction) => transaction.save({ change, alert }));
  const withAlerts = async (...alerts: readonly Alert[]): Promise<AlertStore> => {
    const store = await openOne();
    for (const alert of alerts) await save(store, alert);
    return store;
  };

  test('save() keeps the alert, its audit and its message together', async () => {
    const store = await openOne();
    const alert = alertOf('a', {});
    await save(store, alert);
    expect(await store.get(alert.alert_id)).toEqual(alert);
    expect(await store.count()).toBe(1);
    expect(await store.outbox(9)).toEqual([
      { id: expect.any(Number), message: { change: 'created', alert } },
    ]);
    expect(await store.audit(alert.alert_id)).toMatchObject([
      { at: 100, alertId: alert.alert_id, tenantId: 'acme', by: 'logster', change: 'created', before: null },
    ]);
  });

  test('an alert comes back as it was, whatever a sensor or a person wrote into it', async () => {
    const odd = 'NUL \0, half \ud800, quote \' " \\, line\n, 🦉';
    const texts = { endpoint_id: odd, tenant_id: odd, hostname: odd, summary: odd, ttp_techniques: [odd] };
    const times = { created_at: 1.7e9 + 0.123456, last_seen: 1.7e9 + 0.654321, attack_prob: 0.1 + 0.2 };
    const alert = alertOf(odd, { ...texts, ...times, notes: [{ at: 1.5, author: odd, text: odd }] });
    const store = await withAlerts(alert);
    expect(await store.get(alert.alert_id)).toEqual(alert);
    expect((await store.outbox(9))[0]?.message.alert).toEqual(alert);
    expect(await store.transaction((transaction) => transaction.activeOf(odd, odd, 'windows'))).toEqual(
      alert,
    );
    for (const filter of [{ tenantIds: [odd] }, { endpointId: odd }, { technique: odd }, { text: '🦉' }])
      expect((await store.list(filter, { limit: 1, offset: 0 })).alerts).toEqual([alert]);
    expect((await store.list({ text: odd }, { limit: 1, offset: 0 })).total).toBe(0); // what is searched has no NUL
    expect(JSON.parse((await store.audit(alert.alert_id))[0]?.after ?? '')).toMatchObject(times);
  });

  test('a failed transaction leaves nothing behind, and the next one works', async () => {
    const store = await openOne();
    const alert = alertOf('a', {});
    const failing = store.transaction(async (transaction) => {
      await transaction.save({ change: 'created', alert });
      await transaction.takeIn('i1', 1);
      await transaction.addFeedback(feedbackOf(alert, { at: 1 }));
      throw new Error('changed my mind');
    });
    await expect(failing).rejects.toThrow('changed my mind');
    expect(await store.get(alert.alert_id)).toBeUndefined();
    expect(await store.outbox(9)).toEqual([]);
    expect(await store.audit(alert.alert_id)).toEqual([]);
    expect(await store.feedback(0, 9)).toEqual([]);
    expect(await store.transaction((transaction) => transaction.takeIn('i1', 1))).toBe(true);
  });

  test('the audit tells what changed, who changed it and in which order', async () => {
    const alert = alertOf('a', { inference_ids: ['i1'] });
    const store = await withAlerts(alert);
    const merged = { ...alert, updated_at: 110, count: 2, inference_ids: ['i1', 'i2'] };
    await save(store, merged, 'merged');
    const history = [{ at: 120, change: 'status' as const, by: 'kim', detail: '' }];
    await save(store, { ...merged, updated_at: 120, status: 'resolved', history }, 'status');
    const [created, merge, status] = await store.audit(alert.alert_id);
    expect(JSON.parse(created?.after ?? '')).toMatchObject({ hostname: 'a.local', status: 'open' });
    expect(merge).toMatchObject({ at: 110, by: 'logster', change: 'merged' });
    expect(JSON.parse(merge?.before ?? '')).toEqual({ updated_at: 100, count: 1 });
    expect(JSON.parse(merge?.after ?? '')).toEqual({
      updated_at: 110,
      count: 2,
      inference_ids: { added: ['i2'] },
    });
    expect(status).toMatchObject({ at: 120, by: 'kim', change: 'status' });
    expect(JSON.parse(status?.before ?? '')).toEqual({ updated_at: 110, status: 'open' });
    expect(JSON.parse(status?.after ?? '')).toEqual({ updated_at: 120, status: 'resolved' });
  });

  test('activeOf() and latestOf() find the newest of one endpoint and platform', async () => {
    const store = await withAlerts(
      alertOf('open', { created_at: 10 }),
      alertOf('newer', { created_at: 20, status: 'investigating' }),
      alertOf('newest', { created_at: 30, status: 'resolved' }),
      alertOf('elsewhere', { created_at: 40, endpoint_id: 'h2' }),
      alertOf('linux', { created_at: 50, platform: 'linux' }),
      alertOf('theirs', { created_at: 60, tenant_id: 'globex' }),
    );
    const [active, latest, none] = await store.transaction(async (transaction) => [
      await transaction.activeOf('acme', 'h1', 'windows'),
      await transaction.latestOf('acme', 'h1', 'windows'),
      await transaction.activeOf('acme', 'h3', 'windows'),
    ]);
    expect(active?.hostname).toBe('newer.local');
    expect(latest?.hostname).toBe('newest.local');
    expect(none).toBeUndefined();
  });

  test('near() finds active alerts of other endpoints within the closed interval', async () => {
    const store = await withAlerts(
      alertOf('early', { endpoint_id: 'h2', last_seen: 39.9 }),
      alertOf('from', { endpoint_id: 'h2', last_seen: 40 }),
      alertOf('to', { endpoint_id: 'h3', last_seen: 160, status: 'acknowledged' }),
      alertOf('late', { endpoint_id: 'h3', last_seen: 160.1 }),
      alertOf('same', { endpoint_id: 'h1', last_seen: 100 }),
      alertOf('closed', { endpoint_id: 'h2', last_seen: 100, status: 'false_positive' }),
      alertOf('theirs', { endpoint_id: 'h2', last_seen: 100, tenant_id: 'globex' }),
    );
    const near = await store.transaction((transaction) => transaction.near('acme', 'h1', 40, 160));
    expect(near.map((alert) => alert.hostname)).toEqual(['from.local', 'to.local']);
  });

  test('takeIn() says true once per inference, until it is forgotten', async () => {
    const store = await openOne();
    const takeIn = (id: string, at: number) => store.transaction((transaction) => transaction.takeIn(id, at));
    expect([await takeIn('i1', 10), await takeIn('i1', 20), await takeIn('i2', 20)]).toEqual([
      true,
      false,
      true,
    ]);
    await store.forgetInferences(20);
    expect([await takeIn('i1', 30), await takeIn('i2', 30)]).toEqual([true, false]);
  });

  test('list() has the newest first, counts before paging, and obeys every filter', async () => {
    const technique = { ttp_techniques: ['T1059.001', 'T1059.001', 'T1003'] };
    const store = await withAlerts(
      alertOf('a', { last_seen: 10, attack_prob: 0.9, ...technique, summary: 'Encoded PowerShell 100%' }),
      alertOf('b', { last_seen: 20, attack_prob: 0.7, status: 'resolved', severity: 'MEDIUM' }),
      alertOf('c', { last_seen: 30, attack_prob: 0.8, platform: 'linux', endpoint_id: 'h9' }),
      alertOf('d', {
        last_seen: 30,
        tenant_id: 'globex',
        notes: [{ at: 1, author: 'kim', text: 'Überprüft' }],
      }),
    );
    const names = async (filter: Parameters<AlertStore['list']>[0]) =>
      (await store.list(filter, { limit: 9, offset: 0 })).alerts.map((alert) => alert.hostname[0]).join('');
    const ordered = alertOf('c', {}).alert_id < alertOf('d', {}).alert_id ? 'cd' : 'dc'; // ties by id
    expect(await names({})).toBe(`${ordered}ba`);
    expect(await names({ tenantIds: ['acme'] })).toBe('cba');
    expect(await names({ tenantIds: [] })).toBe('');
    expect(await names({ status: 'resolved' })).toBe('b');
    expect(await names({ severity: 'MEDIUM' })).toBe('b');
    expect(await names({ platform: 'linux' })).toBe('c');
    expect(await names({ endpointId: 'h9' })).toBe('c');
    expect(await names({ since: 20, until: 30 })).toBe('b');
    expect(await names({ technique: 'T1059.001' })).toBe('a');
    expect(await names({ technique: 'T1059' })).toBe('');
    expect(await names({ text: 'powershell 100%' })).toBe('a');
    expect(await names({ text: 'ÜBERPRÜFT' })).toBe('d');
    expect(await names({ text: 'B.LOCAL' })).toBe('b');
    expect(await names({ text: '_' })).toBe('');
    const page = await store.list({ tenantIds: ['acme'] }, { limit: 1, offset: 1, sort: 'attack_prob' });
    expect([page.total, page.alerts.map((alert) => alert.hostname)]).toEqual([3, ['c.local']]);
  });

  test('a filter follows a change of the alert', async () => {
    const alert = alertOf('a', { ttp_techniques: ['T1003'] });
    const store = await withAlerts(alert);
    await save(
      store,
      { ...alert, ttp_techniques: ['T1059'], status: 'resolved', summary: 'other' },
      'enriched',
    );
    const total = async (filter: object) => (await store.list(filter, { limit: 0, offset: 0 })).total;
    expect([await total({ technique: 'T1003' }), await total({ technique: 'T1059' })]).toEqual([0, 1]);
    expect([await total({ status: 'open' }), await total({ text: 'suspicious' }), await total({})]).toEqual([
      0, 0, 1,
    ]);
  });

  test('perEndpoint() counts active and all alerts of the given tenants', async () => {
    const store = await withAlerts(
      alertOf('a', {}),
      alertOf('b', { status: 'acknowledged' }),
      alertOf('c', { status: 'resolved' }),
      alertOf('d', { tenant_id: 'globex', status: 'false_positive' }),
      alertOf('e', { tenant_id: 'Zeta' }),
    );
    const acme = { tenantId: 'acme', endpointId: 'h1', openAlerts: 2, totalAlerts: 3 };
    const globex = { tenantId: 'globex', endpointId: 'h1', openAlerts: 0, totalAlerts: 1 };
    const zeta = { tenantId: 'Zeta', endpointId: 'h1', openAlerts: 1, totalAlerts: 1 };
    expect(await store.perEndpoint()).toEqual([zeta, acme, globex]); // by code points, in no language's order
    expect(await store.perEndpoint(['globex'])).toEqual([globex]);
    expect(await store.perEndpoint([])).toEqual([]);
  });

  test('the outbox gives what was not published, in order, under ids that are never used twice', async () => {
    const alert = alertOf('a', {});
    const store = await withAlerts(alert);
    await save(store, { ...alert, count: 2 }, 'merged');
    const [first, second] = await store.outbox(9);
    expect(await store.outbox(1)).toEqual([first]);
    expect((second?.id ?? 0) > (first?.id ?? 0)).toBe(true);
    await store.published(first?.id ?? 0);
    expect(await store.outbox(9)).toEqual([second]);
    await store.published(second?.id ?? 0);
    await save(store, { ...alert, count: 3 }, 'merged');
    const [third] = await store.outbox(9);
    expect((third?.id ?? 0) > (second?.id ?? 0)).toBe(true);
    expect(third?.message).toMatchObject({ change: 'merged', alert: { count: 3 } });
  });

  test('what was saved is there when the store is opened again', async () => {
    const open = await emptyPlace();
    const alert = alertOf('a', {});
    const before = await open();
    await save(before, alert);
    await before.close();
    const after = await open();
    opened.push(after);
    expect(await after.get(alert.alert_id)).toEqual(alert);
    expect(await after.outbox(9)).toHaveLength(1);
  });

  test('close() waits for the transaction that runs; after it every call says that it was closed', async () => {
    const store = await openOne();
    const alert = alertOf('a', {});
    const running = save(store, alert);
    await store.close();
    await store.close();
    await running;
    await expect(store.get(alert.alert_id)).rejects.toMatchObject({ code: 'closed' });
    await expect(save(store, alert)).rejects.toMatchObject({ code: 'closed' });
  });
}
