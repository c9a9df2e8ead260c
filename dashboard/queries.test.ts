import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { InferenceResult } from '../contracts/inference.ts';
import type { Caller } from '../ports/access/roles.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import { embeddedAlerts } from '../ports/alerts/embedded.ts';
import type { Documents } from '../ports/documents/documents.ts';
import { embeddedDocuments } from '../ports/documents/embedded.ts';
import { alertOf, alertsOf } from './queries/alerts.ts';
import { hosts } from './queries/hosts.ts';
import { inference } from './queries/inference.ts';
import { recent } from './queries/recent.ts';
import { summary } from './queries/summary.ts';
import { techniques } from './queries/techniques.ts';
import { timeline } from './queries/timeline.ts';
import { type Sample, sampleAttack, storeSample } from './sample-attack.ts';
import type { Scope } from './scope.ts';

const NOW = 1_700_000_010;
const ALL: Scope = { range: { from: NOW - 1830 } };
const ANYBODY: Caller = { name: 'a', role: 'viewer', tenants: '*', authenticated: true };
const STRANGER: Caller = { ...ANYBODY, tenants: ['other'] };
const sample: Sample = sampleAttack(NOW);

let directory: string;
let documents: Documents;
let alerts: AlertStore;

beforeAll(async () => {
  directory = mkdtempSync(join(tmpdir(), 'logster-dashboard-'));
  documents = embeddedDocuments({ file: join(directory, 'documents.db') });
  alerts = await embeddedAlerts({ file: join(directory, 'alerts.db') });
  await storeSample(sample, { documents, alerts });
  const failed: InferenceResult = {
    ...(sample.inferences[0] as InferenceResult),
    ...{ inference_id: 'failed', prediction: 'error', attack_prob: 0, confidence: 0, timestamp: NOW - 5 },
  };
  const foreign = { ...failed, inference_id: 'foreign', tenant_id: 'other', endpoint_id: 'elsewhere' };
  await documents.create('logster-inferences', [
    { id: 'failed', body: failed },
    { id: 'foreign', body: foreign },
  ]);
});
afterAll(async () => {
  await documents.close();
  await alerts.close();
  rmSync(directory, { recursive: true });
});

test('summary() adds up: all windows are attacks, benign or errors', async () => {
  const view = await summary(documents, ALL, 0.7);
  expect(view).toMatchObject({ total_inferences: 542, total_attacks: 7, total_errors: 2, hosts: 10 });
  expect(view.total_attacks + view.total_benign + view.total_errors).toBe(view.total_inferences);
  expect(view).toMatchObject({ max_attack_probability: 0.91, attacks_below_alert: 2 });
});

test('summary() leaves windows that could not be scored out of every average', async () => {
  const view = await summary(documents, ALL, 0.7);
  const sum = sample.inferences.reduce((total, one) => total + one.attack_prob, 0);
  expect(view.average_attack_probability).toBeCloseTo(sum / sample.inferences.length, 9);
  expect(view.average_graph_nodes).toBe(62);
});

test('summary() of an empty range has no averages', async () => {
  const view = await summary(documents, { range: { from: NOW + 100 } }, 0.7);
  expect(view).toMatchObject({ total_inferences: 0, hosts: 0, average_confidence: null });
});

test('every view is held to the host and to the tenants of its scope', async () => {
  const other: Scope = { ...ALL, tenantIds: ['other'] };
  const one: Scope = { ...ALL, endpointId: 'fs-01' };
  const none: Scope = { ...ALL, tenantIds: [] };
  expect((await summary(documents, other, 0.7)).total_inferences).toBe(1);
  expect(await summary(documents, one, 0.7)).toMatchObject({ total_attacks: 1, hosts: 1 });
  expect((await summary(documents, none, 0.7)).total_inferences).toBe(0);
  expect((await recent(documents, other, { ...PAGE, sort: 'timestamp' })).total).toBe(0);
  expect((await recent(documents, one, { ...PAGE, sort: 'timestamp' })).total).toBe(1);
  expect(await techniques(documents, other)).toEqual([]);
  expect((await timeline(documents, one, NOW)).steps.reduce((sum, step) => sum + step.attacks, 0)).toBe(1);
  const cards = await hosts({ documents, alerts }, other, { limit: 9, offset: 0, sort: 'hostname' });
  expect(cards.hosts.map((host) => host.endpoint_id)).toEqual(['elsewhere']);
  expect((await alertsOf(alerts, other, { limit: 9, offset: 0, sort: 'last_seen' })).total).toBe(0);
});

const PAGE = { limit: 50, offset: 0, alertThreshold: 0.7 };

test('hosts() puts the highest peak first and says what is open there', async () => {
  const page = { limit: 2, offset: 0, sort: 'max_attack_probability' } as const;
  const view = await hosts({ documents, alerts }, ALL, page);
  expect(view.total).toBe(10);
  expect(view.hosts.map((host) => host.hostname)).toEqual(['DESKTOP-1NNIMRR', 'FS-01']);
  expect(view.hosts[0]).toMatchObject({ attacks: 6, open_alerts: 1, platform: 'windows' });
  expect(view.hosts[0]!.recent).toHaveLength(40);
  expect(view.hosts[0]!.recent.map(({ at }) => at)).toEqual(
    [...view.hosts[0]!.recent.map(({ at }) => at)].sort((a, b) => a - b),
  );
  const second = await hosts({ documents, alerts }, ALL, { ...page, offset: 1 });
  expect(second.hosts[0]?.hostname).toBe('FS-01');
});

test('timeline() counts every window once, and each in its own step', async () => {
  const view = await timeline(documents, ALL, NOW);
  const count = view.steps.reduce((sum, step) => sum + step.attacks + step.benign + step.errors, 0);
  expect([count, view.step_seconds]).toEqual([542, 30]);
  const attack = view.steps.find((step) => step.at === sample.attack.timestamp);
  expect(attack).toMatchObject({ attacks: 1, benign: 8, max_attack_probability: 0.91 });
  expect(view.probabilities.reduce((sum, bin) => sum + bin.windows, 0)).toBe(540);
  expect(view.probabilities[18]).toMatchObject({ from: 0.9, windows: 3 });
});

test('timeline() of all time begins where the windows begin', async () => {
  const view = await timeline(documents, { range: { from: 0 } }, NOW + 1e8);
  expect(view.from).toBeGreaterThan(NOW - 1900);
  expect(view.to).toBeLessThan(NOW + 60);
});

test('recent() lists attacks, says which raise no alert, and what carried them', async () => {
  const view = await recent(documents, ALL, { ...PAGE, sort: 'attack_prob' });
  expect(view.total).toBe(7);
  expect(view.attacks[0]).toMatchObject({ attack_prob: 0.91, alerts: true });
  expect(view.attacks[0]!.strongest).toMatchObject({ relation: 'spawned' });
  expect(view.attacks.filter((attack) => !attack.alerts).map((attack) => attack.attack_prob)).toEqual([
    0.64, 0.57,
  ]);
  const latest = await recent(documents, ALL, { ...PAGE, sort: 'timestamp', limit: 1 });
  expect(latest.attacks[0]?.attack_prob).toBe(0.88);
});

test('techniques() counts alerts and names each technique', async () => {
  expect(await techniques(documents, ALL)).toContainEqual({
    ...{ id: 'T1059.001', name: 'PowerShell', tactics: ['execution'], alerts: 1 },
  });
});

test('inference() shows the events in sequence with the evidence marked', async () => {
  const view = await inference({ documents, alerts }, sample.attack.inference_id, ANYBODY);
  expect(view.alert?.inference_ids).toContain(sample.attack.inference_id);
  const times = view.events.map((event) => event.timestamp);
  expect(times).toEqual([...times].sort((a, b) => a - b));
  expect(times[0]).toBeGreaterThanOrEqual(sample.attack.window_start);
  expect(times.at(-1)).toBeLessThan(sample.attack.window_end);
  const evidence = view.events.filter((event) => event.evidence);
  expect(evidence.map((event) => event.event_type)).toEqual([
    ...['process_create', 'network_connect', 'file_create', 'registry_value', 'process_create'],
  ]);
  expect(evidence[0]).toMatchObject({ techniques: ['T1059.001'], influence: 1 });
  expect(evidence[0]!.what).toContain('-Enc');
  expect(view.techniques.map(({ id }) => id)).toContain('T1059.001');
});

test('inference() follows the process tree to an ancestor that started long before the window', async () => {
  const { process_tree } = await inference({ documents, alerts }, sample.attack.inference_id, ANYBODY);
  const path = process_tree.rows
    .filter((row) => row.leads_to_evidence)
    .map((row) => row.image.split('\\').at(-1));
  expect(path).toEqual(['userinit.exe', 'explorer.exe', 'WINWORD.EXE', 'powershell.exe', 'whoami.exe']);
});

test('inference() without an alert has none, and nothing marked when it is benign', async () => {
  const benign = sample.inferences.find((one) => one.prediction === 'benign')!;
  const view = await inference({ documents, alerts }, benign.inference_id, ANYBODY);
  expect(view).toMatchObject({ alert: null, techniques: [], events: [] });
});

test('what belongs to another tenant is not found', async () => {
  const notFound = { code: 'not-found' };
  await expect(inference({ documents, alerts }, sample.attack.inference_id, STRANGER)).rejects.toMatchObject(
    notFound,
  );
  await expect(alertOf(alerts, sample.alerts[0]!.alert_id, STRANGER)).rejects.toMatchObject(notFound);
  await expect(inference({ documents, alerts }, 'nothing', ANYBODY)).rejects.toMatchObject(notFound);
});
