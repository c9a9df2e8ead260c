import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { deadLetterSchema } from '../contracts/dead-letter.ts';
import { ALERTS_TOPIC, DEAD_LETTER_TOPIC, RESULTS_TOPIC } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Bus } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { resultOf } from './sample.ts';
import { SETTINGS, tryAlerting } from './try-alerting.ts';

let directory: string;
let bus: Bus;
let alerts: AlertStore;
let documents: Documents;
let run: ReturnType<typeof tryAlerting>;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'alerting-'));
  bus = embeddedBus({ directory: join(directory, 'bus') });
  alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
  documents = embeddedDocuments({ file: join(directory, 'documents.db') });
  run = tryAlerting({ bus, alerts, documents });
});
afterEach(async () => {
  await bus.close();
  await alerts.close();
  await documents.close();
  await rm(directory, { recursive: true, force: true });
});

test('a result at 0.91 becomes a HIGH alert, stored and published under its endpoint’s key', async () => {
  const stage = await run.start();
  const hit = resultOf();
  await run.publish(hit);
  await run.caughtUp();
  const [alert] = await run.stored();
  expect(alert).toMatchObject({
    severity: 'HIGH',
    status: 'open',
    count: 1,
    attack_prob: 0.91,
    verdict: null,
  });
  expect(alert).toMatchObject({ first_seen: 1000, last_seen: 1000, inference_ids: [hit.inference_id] });
  expect(alert?.summary).toBe('Suspicious activity on H1: cmd.exe spawned powershell.exe');
  const [message] = await run.everything(ALERTS_TOPIC);
  expect(message?.key).toBe('acme:h1');
  expect(await run.published()).toEqual([{ change: 'created', alert }]);
  await stage.close();
});

test('below the threshold, errors and prefiltered windows raise nothing', async () => {
  const stage = await run.start();
  await run.publish(
    resultOf({ endpoint_id: 'a', attack_prob: 0.6999 }),
    resultOf({ endpoint_id: 'b', prediction: 'error', attack_prob: 0.99, error: 'poison' }),
    resultOf({ endpoint_id: 'c', prefiltered: true, attack_prob: 0.99 }),
    resultOf({ endpoint_id: 'd', attack_prob: 0.7 }),
  );
  await run.caughtUp();
  expect((await run.stored()).map((alert) => [alert.endpoint_id, alert.severity])).toEqual([['d', 'MEDIUM']]);
  await stage.close();
});

test('settings given as a function count at the next hit', async () => {
  let minThreshold = 0.7;
  const stage = await run.start({ settings: () => ({ ...SETTINGS, minThreshold }) });
  await run.publish(resultOf({ attack_prob: 0.6, endpoint_id: 'before' }));
  await run.caughtUp();
  minThreshold = 0.5;
  await run.publish(resultOf({ attack_prob: 0.6, endpoint_id: 'after' }));
  await run.caughtUp();
  expect((await run.stored()).map((alert) => [alert.endpoint_id, alert.severity])).toEqual([
    ['after', 'LOW'],
  ]);
  await stage.close();
});

test('what is no result goes to dead letters with its reason, and the next one is taken', async () => {
  const stage = await run.start();
  const broken = { ...resultOf(), attack_prob: 7 };
  await bus.publish(RESULTS_TOPIC, [
    { key: 'acme:h1', value: Buffer.from('{nonsense') },
    { key: 'acme:h1', value: Buffer.from(JSON.stringify(broken)) },
    { key: 'acme:h1', value: Buffer.from(JSON.stringify(resultOf())) },
  ]);
  await run.caughtUp();
  const letters = (await run.everything(DEAD_LETTER_TOPIC)).map((message) =>
    deadLetterSchema.parse(JSON.parse(message.value.toString())),
  );
  expect(letters.map((letter) => [letter.stage, letter.offset])).toEqual([
    ['alerting', '0'],
    ['alerting', '1'],
  ]);
  expect(letters[0]?.reason).toMatch(/^not-json: /);
  expect(letters[1]?.reason).toMatch(/^not-a-result: attack_prob: /);
  expect(Buffer.from(letters[0]?.payload ?? '', 'base64').toString()).toBe('{nonsense');
  expect(run.telemetry.counted('dead_letter_total', { stage: 'alerting' })).toBe(2);
  expect(await alerts.count()).toBe(1);
  await stage.close();
});

test('the same result again changes nothing', async () => {
  const stage = await run.start();
  const hit = resultOf();
  await run.publish(hit, hit, resultOf({ window_end: 1030 }), hit);
  await run.caughtUp();
  expect((await run.published()).map(({ change }) => change)).toEqual(['created', 'merged']);
  expect(await run.stored()).toMatchObject([{ count: 2, last_seen: 1030 }]);
  await stage.close();
});

test('two endpoints of a tenant within 60 s are linked both ways; another tenant’s is not', async () => {
  const stage = await run.start();
  await run.publish(resultOf({ endpoint_id: 'a', window_end: 1000 }));
  await run.caughtUp();
  await run.publish(resultOf({ endpoint_id: 'x', tenant_id: 'globex', window_end: 1010 }));
  await run.publish(resultOf({ endpoint_id: 'b', window_end: 1060 }));
  await run.caughtUp();
  const byEndpoint = Object.fromEntries((await run.stored()).map((alert) => [alert.endpoint_id, alert]));
  expect(byEndpoint.a).toMatchObject({
    related_endpoints: ['b'],
    related_alert_ids: [byEndpoint.b?.alert_id],
  });
  expect(byEndpoint.b).toMatchObject({
    related_endpoints: ['a'],
    related_alert_ids: [byEndpoint.a?.alert_id],
  });
  expect(byEndpoint.x).toMatchObject({ related_endpoints: [], related_alert_ids: [] });
  const changes = (await run.published()).map(({ change, alert }) => [alert.endpoint_id, change]);
  expect(changes.filter(([endpoint]) => endpoint === 'a')).toEqual([
    ['a', 'created'],
    ['a', 'correlated'],
  ]);
  await stage.close();
});

test('a closed alert absorbs nothing: the next hit opens one that names it', async () => {
  const stage = await run.start();
  await run.publish(resultOf());
  await run.caughtUp();
  const [first] = await run.stored();
  await alerts.transaction((transaction) =>
    transaction.save({ change: 'status', alert: { ...first!, status: 'resolved' } }),
  );
  await run.publish(resultOf({ window_end: 1030 }));
  await run.caughtUp();
  const open = (await run.stored()).find((alert) => alert.status === 'open');
  expect(open).toMatchObject({ count: 1, previous_alert_id: first?.alert_id });
  expect(await alerts.count()).toBe(2);
  await stage.close();
});

test('a hit more than 300 s after the last opens an alert that names the one before', async () => {
  const stage = await run.start();
  await run.publish(
    resultOf({ window_end: 1000 }),
    resultOf({ window_end: 1300 }),
    resultOf({ window_end: 1600.001 }),
  );
  await run.caughtUp();
  const [late, early] = await run.stored();
  expect(early).toMatchObject({ count: 2, first_seen: 1000, last_seen: 1300, previous_alert_id: null });
  expect(late).toMatchObject({ count: 1, last_seen: 1600.001, previous_alert_id: early?.alert_id });
  await stage.close();
});
