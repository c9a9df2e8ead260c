import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert, AlertMessage, Technique } from '../contracts/alert.ts';
import { deadLetterSchema } from '../contracts/dead-letter.ts';
import { LogsterError } from '../contracts/errors.ts';
import { endpointKey } from '../contracts/event.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { Stage } from '../contracts/stage.ts';
import { ALERTS_TOPIC, DEAD_LETTER_TOPIC, GROUPS, RESULTS_TOPIC, TOPICS, type Topic } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Bus, Received } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { eventually } from '../ports/eventually.ts';
import { fakeClock, systemClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';
import { type AlertSettings, alerting, type TechniqueAnalyzer } from './alerting.ts';
import { eventOf, resultOf } from './sample.ts';
import { takeHit } from './take-hit.ts';

const SETTINGS: AlertSettings = { minThreshold: 0.7, dedupWindowSeconds: 300, correlationWindowSeconds: 60 };

interface Place {
  readonly directory: string;
  readonly bus: Bus;
  readonly alerts: AlertStore;
  readonly documents: Documents;
  close(): Promise<void>;
}

async function openPlace(directory: string): Promise<Place> {
  const bus = embeddedBus({ directory: join(directory, 'bus') });
  const alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
  const documents = embeddedDocuments({ file: join(directory, 'documents.db') });
  return {
    ...{ directory, bus, alerts, documents },
    async close() {
      await bus.close();
      await alerts.close();
      await documents.close();
    },
  };
}

let place: Place;
const telemetry = recordedTelemetry();
beforeEach(async () => {
  place = await openPlace(await mkdtemp(join(tmpdir(), 'alerting-')));
});
afterEach(async () => {
  await place.close();
  await rm(place.directory, { recursive: true, force: true });
});

function start(
  more: { analyzer?: TechniqueAnalyzer; settings?: () => AlertSettings; bus?: Bus; clock?: Clock } = {},
): Promise<Stage> {
  return alerting({ ...place, telemetry, clock: systemClock, settings: SETTINGS, ...more });
}

async function publish(...results: readonly InferenceResult[]): Promise<void> {
  const messages = results.map((result) => ({
    key: endpointKey(result.tenant_id, result.endpoint_id),
    value: Buffer.from(JSON.stringify(result)),
  }));
  await place.bus.publish(RESULTS_TOPIC, messages);
}

async function everything(topic: Topic): Promise<readonly Received[]> {
  const partitions = Array.from({ length: TOPICS[topic].partitions }, (_, partition) => partition);
  return (await Promise.all(partitions.map((one) => place.bus.read(topic, one, 0, 10_000)))).flat();
}

async function published(): Promise<readonly AlertMessage[]> {
  return (await everything(ALERTS_TOPIC)).map((message) => JSON.parse(message.value.toString()) as AlertMessage);
}

async function stored(): Promise<readonly Alert[]> {
  return (await place.alerts.list({}, { limit: 1000, offset: 0 })).alerts;
}

async function caughtUp(): Promise<void> {
  await eventually('all results are done and all changes published', async () => {
    const lag = await place.bus.lag(GROUPS.alerting, RESULTS_TOPIC);
    return lag.every((behind) => behind === 0) && (await place.alerts.outbox(1)).length === 0;
  });
}

test('a result at 0.91 becomes a HIGH alert, stored and published under its endpoint’s key', async () => {
  const stage = await start();
  const hit = resultOf();
  await publish(hit);
  await caughtUp();
  const [alert] = await stored();
  expect(alert).toMatchObject({ severity: 'HIGH', status: 'open', count: 1, attack_prob: 0.91, verdict: null });
  expect(alert).toMatchObject({ first_seen: 1000, last_seen: 1000, inference_ids: [hit.inference_id] });
  expect(alert?.summary).toBe('Suspicious activity on H1: cmd.exe spawned powershell.exe');
  const [message] = await everything(ALERTS_TOPIC);
  expect(message?.key).toBe('acme:h1');
  expect(await published()).toEqual([{ change: 'created', alert }]);
  await stage.close();
});

test('below the threshold, errors and prefiltered windows raise nothing', async () => {
  const stage = await start();
  await publish(
    resultOf({ endpoint_id: 'a', attack_prob: 0.6999 }),
    resultOf({ endpoint_id: 'b', prediction: 'error', attack_prob: 0.99, error: 'poison' }),
    resultOf({ endpoint_id: 'c', prefiltered: true, attack_prob: 0.99 }),
    resultOf({ endpoint_id: 'd', attack_prob: 0.7 }),
  );
  await caughtUp();
  expect((await stored()).map((alert) => [alert.endpoint_id, alert.severity])).toEqual([['d', 'MEDIUM']]);
  await stage.close();
});

test('settings given as a function count at the next hit', async () => {
  let minThreshold = 0.7;
  const stage = await start({ settings: () => ({ ...SETTINGS, minThreshold }) });
  await publish(resultOf({ attack_prob: 0.6, endpoint_id: 'before' }));
  await caughtUp();
  minThreshold = 0.5;
  await publish(resultOf({ attack_prob: 0.6, endpoint_id: 'after' }));
  await caughtUp();
  expect((await stored()).map((alert) => [alert.endpoint_id, alert.severity])).toEqual([['after', 'LOW']]);
  await stage.close();
});

test('what is no result goes to dead letters with its reason, and the next one is taken', async () => {
  const stage = await start();
  const broken = { ...resultOf(), attack_prob: 7 };
  await place.bus.publish(RESULTS_TOPIC, [
    { key: 'acme:h1', value: Buffer.from('{nonsense') },
    { key: 'acme:h1', value: Buffer.from(JSON.stringify(broken)) },
    { key: 'acme:h1', value: Buffer.from(JSON.stringify(resultOf())) },
  ]);
  await caughtUp();
  const letters = (await everything(DEAD_LETTER_TOPIC)).map((message) =>
    deadLetterSchema.parse(JSON.parse(message.value.toString())),
  );
  expect(letters.map((letter) => [letter.stage, letter.offset])).toEqual([
    ['alerting', '0'],
    ['alerting', '1'],
  ]);
  expect(letters[0]?.reason).toMatch(/^not-json: /);
  expect(letters[1]?.reason).toMatch(/^not-a-result: attack_prob: /);
  expect(Buffer.from(letters[0]?.payload ?? '', 'base64').toString()).toBe('{nonsense');
  expect(telemetry.counted('dead_letter_total', { stage: 'alerting' })).toBe(2);
  expect(await place.alerts.count()).toBe(1);
  await stage.close();
});

test('the same result again changes nothing', async () => {
  const stage = await start();
  const hit = resultOf();
  await publish(hit, hit, resultOf({ window_end: 1030 }), hit);
  await caughtUp();
  expect((await published()).map(({ change }) => change)).toEqual(['created', 'merged']);
  expect(await stored()).toMatchObject([{ count: 2, last_seen: 1030 }]);
  await stage.close();
});

test('two endpoints of a tenant within 60 s are linked both ways; another tenant’s is not', async () => {
  const stage = await start();
  await publish(resultOf({ endpoint_id: 'a', window_end: 1000 }));
  await caughtUp();
  await publish(resultOf({ endpoint_id: 'x', tenant_id: 'globex', window_end: 1010 }));
  await publish(resultOf({ endpoint_id: 'b', window_end: 1060 }));
  await caughtUp();
  const byEndpoint = Object.fromEntries((await stored()).map((alert) => [alert.endpoint_id, alert]));
  expect(byEndpoint.a).toMatchObject({ related_endpoints: ['b'], related_alert_ids: [byEndpoint.b?.alert_id] });
  expect(byEndpoint.b).toMatchObject({ related_endpoints: ['a'], related_alert_ids: [byEndpoint.a?.alert_id] });
  expect(byEndpoint.x).toMatchObject({ related_endpoints: [], related_alert_ids: [] });
  const changes = (await published()).map(({ change, alert }) => [alert.endpoint_id, change]);
  expect(changes.filter(([endpoint]) => endpoint === 'a')).toEqual([
    ['a', 'created'],
    ['a', 'correlated'],
  ]);
  await stage.close();
});

test('a closed alert absorbs nothing: the next hit opens one that names it', async () => {
  const stage = await start();
  await publish(resultOf());
  await caughtUp();
  const [first] = await stored();
  await place.alerts.transaction((transaction) =>
    transaction.save({ change: 'status', alert: { ...first!, status: 'resolved' } }),
  );
  await publish(resultOf({ window_end: 1030 }));
  await caughtUp();
  const open = (await stored()).find((alert) => alert.status === 'open');
  expect(open).toMatchObject({ count: 1, previous_alert_id: first?.alert_id });
  expect(await place.alerts.count()).toBe(2);
  await stage.close();
});

/** Every second result of two busy endpoints is a hit; they fall into several alerts and are related. */
function campaign(): readonly InferenceResult[] {
  return Array.from({ length: 120 }, (_, step) =>
    resultOf({
      endpoint_id: `h${step % 2}`,
      window_end: 1000 + Math.floor(step / 2) * 30 + (step >= 60 ? 400 : 0),
      attack_prob: step % 7 === 0 ? 0.2 : 0.72 + (step % 5) * 0.05,
    }),
  );
}

/** What must be the same however often the stage was interrupted. */
function essence(alerts: readonly Alert[]) {
  return alerts
    .map(({ alert_id, count, inference_ids, severity, first_seen, last_seen, attack_prob }) => ({
      ...{ alert_id, count, severity, first_seen, last_seen, attack_prob },
      inference_ids: [...inference_ids].sort(),
    }))
    .sort((one, other) => (one.alert_id < other.alert_id ? -1 : 1));
}

test('stopped and started again amid the results, the same alerts come out', async () => {
  const whole = await start();
  await publish(...campaign());
  await caughtUp();
  await whole.close();
  const undisturbed = essence(await stored());
  expect(undisturbed.length).toBeGreaterThan(2);

  const other = await openPlace(await mkdtemp(join(tmpdir(), 'alerting-')));
  await place.close();
  await rm(place.directory, { recursive: true });
  place = other;
  await publish(...campaign());
  for (let round = 1; round <= 4; round += 1) {
    const part = await start();
    await eventually('some more are taken', async () => {
      const sum = (await stored()).reduce((total, alert) => total + alert.count, 0);
      return sum >= round * 20;
    });
    await part.close();
  }
  const last = await start();
  await caughtUp();
  await last.close();
  expect(essence(await stored())).toEqual(undisturbed);
});

test('what was saved and not published before a kill is published after the restart, in order', async () => {
  for (const window_end of [1000, 1030, 1060]) {
    await takeHit(place.alerts, resultOf({ window_end }), { settings: SETTINGS, at: 5000 });
  }
  expect(await published()).toEqual([]);
  const stage = await start();
  await caughtUp();
  expect((await published()).map(({ change, alert }) => [change, alert.count])).toEqual([
    ['created', 1],
    ['merged', 2],
    ['merged', 3],
  ]);
  expect((await published()).at(-1)?.alert).toEqual((await stored())[0]);
  await stage.close();
});

test('while the bus refuses, changes wait in the outbox; then all of them come, in order', async () => {
  let away = true;
  const bus: Bus = {
    ...place.bus,
    async publish(topic, messages) {
      if (away && topic === ALERTS_TOPIC) throw new LogsterError('unavailable', 'the bus is away');
      await place.bus.publish(topic, messages);
    },
  };
  const stage = await start({ bus });
  await publish(resultOf(), resultOf({ window_end: 1030 }));
  await eventually('both are saved', async () => (await place.alerts.outbox(10)).length === 2);
  const before = telemetry.counted('alerts_publish_failures_total');
  await eventually('it was tried', () => telemetry.counted('alerts_publish_failures_total') > before);
  expect(await published()).toEqual([]);
  away = false;
  await caughtUp();
  expect((await published()).map(({ change }) => change)).toEqual(['created', 'merged']);
  await stage.close();
});

/** Finds encoded commands, as a stand-in for any set of rules. */
const ENCODED: TechniqueAnalyzer = {
  techniquesOf(events): readonly Technique[] {
    const evidence = events.filter((one) => one.data.command_line?.includes('-enc')).map((one) => one.event_id);
    if (evidence.length === 0) return [];
    return [{ id: 'T1059.001', name: 'PowerShell', tactics: ['execution'], rule: 'encoded', evidence }];
  },
};

async function index(...events: readonly ReturnType<typeof eventOf>[]): Promise<void> {
  const documents = events.map((event) => ({ id: event.event_id, body: { ...event } }));
  await place.documents.create('logster-events', documents);
}

test('techniques of a window’s events come to the alert, with the events that show them', async () => {
  const stage = await start({ analyzer: ENCODED });
  const inside = eventOf('inside', 900, 'powershell -enc AAAA');
  const edge = eventOf('edge', 820, 'powershell -enc BBBB');
  await index(inside, edge, eventOf('after', 1000, '-enc'), eventOf('before', 819.9, '-enc'));
  await publish(resultOf({ event_ids: [inside.event_id] }));
  await caughtUp();
  const [alert] = await stored();
  expect(alert).toMatchObject({ ttp_techniques: ['T1059.001'], ttp_tactics: ['execution'] });
  expect(alert?.techniques[0]?.evidence).toEqual([edge.event_id, inside.event_id]);
  expect((await published()).map(({ change }) => change)).toEqual(['created', 'enriched']);
  expect((await place.alerts.audit(alert!.alert_id)).at(-1)).toMatchObject({ change: 'enriched', by: 'logster' });
  await publish(resultOf({ window_end: 1001 }));
  await caughtUp();
  expect((await stored())[0]?.techniques[0]?.evidence).toHaveLength(3); // the event at 1000 lies in the new window
  await stage.close();
});

test('enrichment waits for the index, and the alert does not wait for enrichment', async () => {
  const stage = await start({ analyzer: ENCODED });
  const late = eventOf('late', 900, '-enc');
  await publish(resultOf({ event_ids: [late.event_id] }));
  await eventually('the alert is published', async () => (await published()).length === 1);
  expect((await stored())[0]?.techniques).toEqual([]);
  await index(late);
  await caughtUp();
  expect((await stored())[0]?.ttp_techniques).toEqual(['T1059.001']);
  await stage.close();
});

test('an alert that was not enriched before a stop is enriched after the restart', async () => {
  const first = await start({ analyzer: ENCODED });
  const late = eventOf('late', 900, '-enc');
  await publish(resultOf({ event_ids: [late.event_id] }), resultOf({ endpoint_id: 'h2', attack_prob: 0.1 }));
  await eventually('the alert is there', async () => (await place.alerts.count()) === 1);
  await first.close();
  await index(late);
  const second = await start({ analyzer: ENCODED });
  await caughtUp();
  expect(await stored()).toMatchObject([{ count: 1, ttp_techniques: ['T1059.001'] }]);
  await second.close();
});

test('after 30 s without the events, what is there must do, and that is counted', async () => {
  const clock = fakeClock();
  const stage = await start({ analyzer: ENCODED, clock });
  await index(eventOf('there', 900, '-enc'));
  await publish(resultOf({ event_ids: [eventOf('never', 901, '').event_id] }));
  await eventually('time passes', async () => {
    await clock.advance(1000);
    return (await stored())[0]?.ttp_techniques.length === 1;
  });
  expect(telemetry.counted('enrichments_incomplete_total', { reason: 'not-indexed' })).toBe(1);
  await stage.close();
});

test('an analyzer that fails leaves the alert without techniques, and the stage goes on', async () => {
  const clock = fakeClock();
  const failing: TechniqueAnalyzer = {
    techniquesOf() {
      throw new Error('a rule broke');
    },
  };
  const stage = await start({ analyzer: failing, clock });
  await publish(resultOf());
  await eventually('it gives up', async () => {
    await clock.advance(5000);
    return telemetry.counted('enrichments_skipped_total', { reason: 'failed' }) === 1;
  });
  await caughtUp();
  await publish(resultOf({ endpoint_id: 'next' }));
  await eventually('the next one is there', async () => (await place.alerts.count()) === 2);
  await stage.close();
});
