import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { idOf } from '../../contracts/ids.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import { featureSchema } from '../../featurize/features.ts';
import { embeddedAlerts } from '../../ports/alerts/embedded.ts';
import { alertOf, feedbackOf } from '../../ports/alerts/sample.ts';
import { embeddedDocuments } from '../../ports/documents/embedded.ts';
import { eventually } from '../../ports/eventually.ts';
import { embeddedGraphs } from '../../ports/graphs/embedded.ts';
import type { KeptGraph } from '../../ports/graphs/graphs.ts';
import { folderRegistry } from '../../ports/registry/embedded.ts';
import { embeddedState } from '../../ports/state/embedded.ts';
import { fakeClock } from '../../ports/telemetry/clock.ts';
import { prometheusMetrics, recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { testFleet, testScores } from '../../train/drift/drift-fixtures.ts';
import { encodeReference, REFERENCE_FILE, referenceOf } from '../../train/drift/reference.ts';
import { driftText } from '../commands/models-drift.ts';
import { storedDrift, watchDrift } from './drift-watch.ts';
import { measureDrift } from './measure-drift.ts';

const NOW = 1_700_000_000;
const DAY = 86_400;
const PERIOD = { from: NOW - 7 * DAY, until: NOW };
const SAMPLE_SHARE = 0.01;

let directory: string;
let stores: Awaited<ReturnType<typeof open>>;

async function open() {
  return {
    graphs: await embeddedGraphs({ file: join(directory, 'graphs.db') }),
    registry: folderRegistry({ directory: join(directory, 'registry') }),
    alerts: await embeddedAlerts({ file: join(directory, 'alerts.db') }),
    documents: embeddedDocuments({ file: join(directory, 'documents.db') }),
    state: embeddedState({
      directory: join(directory, 'state'),
      clock: fakeClock(NOW),
      telemetry: recordedTelemetry(),
    }),
    sampleShare: SAMPLE_SHARE,
  };
}

beforeEach(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logster-drift-'));
  stores = await open();
});
afterEach(async () => {
  const { graphs, registry, alerts, documents, state } = stores;
  for (const store of [graphs, registry, alerts, documents, state]) await store.close();
  rmSync(directory, { recursive: true });
});

/** Registers a champion that learnt from 60 endpoints. */
async function championWith(files: Readonly<Record<string, Buffer>>): Promise<void> {
  const { registry } = stores;
  const { version } = await registry.register(modelNameOf('linux'), { files, tags: {}, metrics: {} });
  await registry.setAlias(modelNameOf('linux'), 'champion', version);
}

let made: Buffer | undefined;

function referenceFile(): Buffer {
  if (made) return made;
  const windows = testFleet(60, { seed: 1 });
  made = encodeReference(
    referenceOf('linux', { windows, scores: testScores(windows, 2), heldOut: true, attacks: [] }),
  );
  return made;
}

/** Keeps the windows of a fleet, each scored 0.1 by version 1. */
async function keep(fleet: ReturnType<typeof testFleet>, differing: Partial<KeptGraph> = {}): Promise<void> {
  await stores.graphs.keep(
    fleet.map(
      ({ endpoint, graph }): KeptGraph => ({
        inferenceId: idOf('inference', graph.contentHash, differing.modelVersion ?? '1'),
        tenantId: 'acme',
        endpointId: endpoint,
        platform: 'linux',
        windowStart: NOW - DAY - 180,
        windowEnd: NOW - DAY,
        modelVersion: '1',
        attackProb: 0.1,
        because: 'sample',
        pattern: '',
        featureSchema: featureSchema('linux'),
        contentHash: graph.contentHash,
        keptAt: NOW - DAY,
        bytes: encodeBatch('linux', [graph]),
        ...differing,
      }),
    ),
  );
}

test('what cannot be told says why: no champion, no reference, too few kept graphs', async () => {
  const reasonNow = async () => (await measureDrift('linux', stores, PERIOD)).reason;
  expect(await reasonNow()).toBe('no-champion');
  await championWith({ 'model.json': Buffer.from('{}') });
  expect(await reasonNow()).toBe('no-reference');
  await championWith({ [REFERENCE_FILE]: referenceFile() });
  await keep(testFleet(9, { seed: 3 }));
  const drift = await measureDrift('linux', stores, PERIOD);
  expect(drift).toMatchObject({ reason: 'too-few', shifts: null, windows: 90, endpoints: 9, model: '2' });
  expect(driftText(drift)).toContain('too few to tell');
});

test('kept graphs are compared with the reference; another platform, period or feature table is not', async () => {
  await championWith({ [REFERENCE_FILE]: referenceFile() });
  await keep(testFleet(20, { seed: 3, level: 0.8 }));
  await keep(testFleet(5, { seed: 4 }), { platform: 'windows' });
  await keep(testFleet(5, { seed: 5 }), { windowEnd: NOW - 8 * DAY });
  await keep(testFleet(5, { seed: 6 }), { featureSchema: 'older' });
  const drift = await measureDrift('linux', stores, PERIOD);
  expect(drift).toMatchObject({ windows: 200, endpoints: 20, reason: null });
  expect(drift.shifts?.strongest[0]?.excess).toBeGreaterThan(0.25);
  expect(drift.shifts?.score?.comparable).toBe(true);
  expect(driftText(drift)).toMatch(/process\s+\S+/);
});

test('an attack counts as the share of a window that the others stand for', async () => {
  await championWith({ [REFERENCE_FILE]: referenceFile() });
  const usual = testFleet(20, { seed: 3 });
  await keep(usual);
  const before = await measureDrift('linux', stores, PERIOD);
  // as many attacks, of the same endpoints, which look different
  const odd = testFleet(20, { seed: 3, level: 0.8 }).map((one) => ({
    ...one,
    graph: { ...one.graph, contentHash: `odd ${one.graph.contentHash}` },
  }));
  await keep(odd, { because: 'attack', attackProb: 0.9 });
  const after = await measureDrift('linux', stores, PERIOD);
  expect(after.windows).toBe(400);
  expect(Math.abs((after.shifts?.features.psi ?? 1) - (before.shifts?.features.psi ?? 0))).toBeLessThan(0.02);
});

test('scores are those of the champion alone', async () => {
  await championWith({ [REFERENCE_FILE]: referenceFile() });
  await championWith({ [REFERENCE_FILE]: referenceFile(), 'model.json': Buffer.from('{}') }); // version 2
  await keep(testFleet(20, { seed: 3 })); // scored by version 1
  const drift = await measureDrift('linux', stores, PERIOD);
  expect(drift.shifts).toMatchObject({ score: null });
});

test('replicas measure once an hour between them, and each gauges what was measured', async () => {
  await championWith({ [REFERENCE_FILE]: referenceFile() });
  await keep(testFleet(20, { seed: 3, feature: 40 }));
  const judged = alertOf('judged', { platform: 'linux' });
  await stores.alerts.transaction(async (transaction) => {
    await transaction.addFeedback(feedbackOf(judged, { at: NOW - DAY }));
  });
  const clock = fakeClock(NOW);
  const { log } = recordedTelemetry();
  const texts: string[] = [];
  for (const seconds of [0, 60]) {
    await clock.advance(seconds * 1000);
    const { metrics, text } = prometheusMetrics();
    const watch = watchDrift({ ...stores, clock, telemetry: { log, metrics } });
    await eventually('both platforms are gauged', async () =>
      (await text()).includes('logster_drift_windows{platform="linux"}'),
    );
    await watch.close();
    texts.push(await text());
  }
  const drift = await storedDrift(stores.state, 'linux');
  expect(drift).toMatchObject({ at: NOW, windows: 200, precision: { judged: 1, right: 1 } });
  for (const text of texts) {
    expect(text).toMatch(/^logster_unseen_feature_rate\{platform="linux"\} 0\.6/m);
    expect(text).toContain('logster_verdict_precision{platform="linux"} 1');
    expect(text).toContain('logster_drift_windows{platform="linux"} 200');
    expect(text).toContain('logster_drift_psi{platform="windows",of="features"} Nan');
  }
  await clock.advance(3_600_000);
  const later = watchDrift({ ...stores, clock, telemetry: recordedTelemetry() });
  await eventually('it is measured anew', async () => {
    return (await storedDrift(stores.state, 'linux'))?.at === NOW + 3660;
  });
  await later.close();
});

test('a store that fails costs a turn, is counted, and the next look measures', async () => {
  const clock = fakeClock(NOW);
  const telemetry = recordedTelemetry();
  let broken = true;
  const registry: typeof stores.registry = {
    ...stores.registry,
    alias: (...asked) =>
      broken ? Promise.reject(new Error('registry away')) : stores.registry.alias(...asked),
  };
  const watch = watchDrift({ ...stores, registry, clock, telemetry });
  await eventually('both platforms fail', () => telemetry.counted('drift_failures_total') === 2);
  broken = false;
  await eventually('the next look measures', async () => {
    await clock.advance(60_000);
    return (await storedDrift(stores.state, 'windows')) !== undefined;
  });
  await watch.close();
  expect(await storedDrift(stores.state, 'windows')).toMatchObject({ reason: 'no-champion' });
});
