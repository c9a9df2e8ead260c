import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Technique } from '../contracts/alert.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Bus } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { eventually } from '../ports/eventually.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import type { TechniqueAnalyzer } from './enrich.ts';
import { eventOf, resultOf } from './sample.ts';
import { tryAlerting } from './try-alerting.ts';

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

/** Finds encoded commands, as a stand-in for any set of rules. */
const ENCODED: TechniqueAnalyzer = {
  techniquesOf(events): readonly Technique[] {
    const evidence = events
      .filter((one) => one.data.command_line?.includes('-enc'))
      .map((one) => one.event_id);
    if (evidence.length === 0) return [];
    return [{ id: 'T1059.001', name: 'PowerShell', tactics: ['execution'], rule: 'encoded', evidence }];
  },
};

async function index(...events: readonly ReturnType<typeof eventOf>[]): Promise<void> {
  const bodies = events.map((event) => ({ id: event.event_id, body: { ...event } }));
  await documents.create('logster-events', bodies);
}

test('techniques of a window’s events come to the alert, with the events that show them', async () => {
  const stage = await run.start({ analyzer: ENCODED });
  const inside = eventOf('inside', 900, 'powershell -enc AAAA');
  const edge = eventOf('edge', 820, 'powershell -enc BBBB');
  await index(inside, edge, eventOf('after', 1000, '-enc'), eventOf('before', 819.9, '-enc'));
  await run.publish(resultOf({ event_ids: [inside.event_id] }));
  await run.caughtUp();
  const [alert] = await run.stored();
  expect(alert).toMatchObject({ ttp_techniques: ['T1059.001'], ttp_tactics: ['execution'] });
  expect(alert?.techniques[0]?.evidence).toEqual([edge.event_id, inside.event_id]);
  expect((await run.published()).map(({ change }) => change)).toEqual(['created', 'enriched']);
  expect((await alerts.audit(alert!.alert_id)).at(-1)).toMatchObject({
    change: 'enriched',
    by: 'logster',
  });
  await run.publish(resultOf({ window_end: 1001 }));
  await run.caughtUp();
  expect((await run.stored())[0]?.techniques[0]?.evidence).toHaveLength(3); // the event at 1000 lies in the new window
  await stage.close();
});

test('enrichment waits for the index, and the alert does not wait for enrichment', async () => {
  const stage = await run.start({ analyzer: ENCODED });
  const late = eventOf('late', 900, '-enc');
  await run.publish(resultOf({ event_ids: [late.event_id] }));
  await eventually('the alert is published', async () => (await run.published()).length === 1);
  expect((await run.stored())[0]?.techniques).toEqual([]);
  await index(late);
  await run.caughtUp();
  expect((await run.stored())[0]?.ttp_techniques).toEqual(['T1059.001']);
  await stage.close();
});

test('an alert that was not enriched before a stop is enriched after the restart', async () => {
  const first = await run.start({ analyzer: ENCODED });
  const late = eventOf('late', 900, '-enc');
  await run.publish(
    resultOf({ event_ids: [late.event_id] }),
    resultOf({ endpoint_id: 'h2', attack_prob: 0.1 }),
  );
  await eventually('the alert is there', async () => (await alerts.count()) === 1);
  await first.close();
  await index(late);
  const second = await run.start({ analyzer: ENCODED });
  await run.caughtUp();
  expect(await run.stored()).toMatchObject([{ count: 1, ttp_techniques: ['T1059.001'] }]);
  await second.close();
});

test('after 30 s without the events, what is there must do, and that is counted', async () => {
  const clock = fakeClock();
  const stage = await run.start({ analyzer: ENCODED, clock });
  await index(eventOf('there', 900, '-enc'));
  await run.publish(resultOf({ event_ids: [eventOf('never', 901, '').event_id] }));
  await eventually('time passes', async () => {
    await clock.advance(1000);
    return (await run.stored())[0]?.ttp_techniques.length === 1;
  });
  expect(run.telemetry.counted('enrichments_incomplete_total', { reason: 'not-indexed' })).toBe(1);
  await stage.close();
});

test('an analyzer that fails leaves the alert without techniques, and the stage goes on', async () => {
  const clock = fakeClock();
  const failing: TechniqueAnalyzer = {
    techniquesOf() {
      throw new Error('a rule broke');
    },
  };
  const stage = await run.start({ analyzer: failing, clock });
  await run.publish(resultOf());
  await eventually('it gives up', async () => {
    await clock.advance(5000);
    return run.telemetry.counted('enrichments_skipped_total', { reason: 'failed' }) === 1;
  });
  await run.caughtUp();
  await run.publish(resultOf({ endpoint_id: 'next' }));
  await eventually('the next one is there', async () => (await alerts.count()) === 2);
  await stage.close();
});
