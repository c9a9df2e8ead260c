import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Alert } from '../contracts/alert.ts';
import { LogsterError } from '../contracts/errors.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import { ALERTS_TOPIC } from '../contracts/topics.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Bus } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { eventually } from '../ports/eventually.ts';
import { resultOf } from './sample.ts';
import { takeHit } from './take-hit.ts';
import { SETTINGS, tryAlerting } from './try-alerting.ts';

let directory: string;
let bus: Bus;
let alerts: AlertStore;
let documents: Documents;
let run: ReturnType<typeof tryAlerting>;
async function openAnew(): Promise<void> {
  directory = await mkdtemp(join(tmpdir(), 'alerting-'));
  bus = embeddedBus({ directory: join(directory, 'bus') });
  alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
  documents = embeddedDocuments({ file: join(directory, 'documents.db') });
  run = tryAlerting({ bus, alerts, documents });
}
async function remove(): Promise<void> {
  await bus.close();
  await alerts.close();
  await documents.close();
  await rm(directory, { recursive: true, force: true });
}
beforeEach(openAnew);
afterEach(remove);

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
  const whole = await run.start();
  await run.publish(...campaign());
  await run.caughtUp();
  await whole.close();
  const undisturbed = essence(await run.stored());
  expect(undisturbed.length).toBeGreaterThan(2);

  await remove();
  await openAnew();
  await run.publish(...campaign());
  for (let round = 1; round <= 4; round += 1) {
    const part = await run.start();
    await eventually('some more are taken', async () => {
      const sum = (await run.stored()).reduce((total, alert) => total + alert.count, 0);
      return sum >= round * 20;
    });
    await part.close();
  }
  const last = await run.start();
  await run.caughtUp();
  await last.close();
  expect(essence(await run.stored())).toEqual(undisturbed);
});

test('killed before anything was committed or marked as published, it gives the same alerts, and no change twice over', async () => {
  const neverCommits: Bus = {
    ...bus,
    async subscribe(consumer) {
      const subscription = await bus.subscribe(consumer);
      return { ...subscription, close: () => subscription.close(), commit: async () => undefined };
    },
  };
  await run.publish(...campaign());
  const lost = await run.start({ bus: neverCommits });
  const hits = campaign().filter((one) => one.attack_prob >= 0.7).length;
  await eventually('all hits are taken', async () => {
    const sum = (await run.stored()).reduce((total, alert) => total + alert.count, 0);
    return sum === hits;
  });
  await lost.close();
  const before = await run.stored();
  const repeatedBefore = run.telemetry.counted('alert_hits_repeated_total');
  const again = await run.start();
  await run.caughtUp();
  await again.close();
  expect(await run.stored()).toEqual(before);
  expect(run.telemetry.counted('alert_hits_repeated_total') - repeatedBefore).toBe(hits);
  const versions = (await run.published()).map(({ alert }) => `${alert.alert_id} ${alert.updated_at}`);
  expect(new Set(versions).size).toBe(versions.length);
});

test('what was saved and not published before a kill is published after the restart, in order', async () => {
  for (const window_end of [1000, 1030, 1060]) {
    await takeHit(alerts, resultOf({ window_end }), { settings: SETTINGS, at: 5000 });
  }
  expect(await run.published()).toEqual([]);
  const stage = await run.start();
  await run.caughtUp();
  expect((await run.published()).map(({ change, alert }) => [change, alert.count])).toEqual([
    ['created', 1],
    ['merged', 2],
    ['merged', 3],
  ]);
  expect((await run.published()).at(-1)?.alert).toEqual((await run.stored())[0]);
  await stage.close();
});

test('while the bus refuses, changes wait in the outbox; then all of them come, in order', async () => {
  let away = true;
  const refusing: Bus = {
    ...bus,
    async publish(topic, messages) {
      if (away && topic === ALERTS_TOPIC) throw new LogsterError('unavailable', 'the bus is away');
      await bus.publish(topic, messages);
    },
  };
  const stage = await run.start({ bus: refusing });
  await run.publish(resultOf(), resultOf({ window_end: 1030 }));
  await eventually('both are saved', async () => (await alerts.outbox(10)).length === 2);
  const before = run.telemetry.counted('alerts_publish_failures_total');
  await eventually('it was tried', () => run.telemetry.counted('alerts_publish_failures_total') > before);
  expect(await run.published()).toEqual([]);
  away = false;
  await run.caughtUp();
  expect((await run.published()).map(({ change }) => change)).toEqual(['created', 'merged']);
  await stage.close();
});
