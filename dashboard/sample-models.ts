import type { Drift, Shift } from '../contracts/drift.ts';
import type { Platform } from '../contracts/event.ts';
import type { ShadowReport } from '../contracts/shadow-report.ts';
import type { Registry } from '../ports/registry/registry.ts';
import type { ModelSources } from './queries/models.ts';

const DAY = 86_400;
const WEEK = 7 * DAY;

/** For tests: a registry of two Linux versions with a report, a drift that alarms and a challenger in shadow. */
export async function sampleModels(registry: Registry, now: number): Promise<ModelSources> {
  const nameOf = (platform: Platform): string => `logster-${platform}-gat`;
  const name = nameOf('linux');
  const metrics = { prAuc: 0.667, rocAuc: 0.868, runRecall: 0.579, benignAlertShare: 0.0052, brier: 0.084 };
  const files = (content: string) => ({ 'model.json': Buffer.from(content) });
  await registry.register(name, { files: files('1'), tags: { origin: 'shipped' }, metrics });
  await registry.register(name, {
    files: files('2'),
    tags: { origin: 'fine-tuned from 1' },
    metrics: { ...metrics, prAuc: 0.702, benignAlertShare: 0.0031 },
  });
  await registry.setAlias(name, 'champion', '1');
  await registry.setAlias(name, 'challenger', '2');
  await registry.attach(
    name,
    '2',
    'bless.html',
    Buffer.from('<!doctype html><title>Report</title><b>Blessed</b>'),
  );
  const line = { version: '2', from: null, by: 'ines' };
  await registry.record(name, {
    ...line,
    at: now - 3 * DAY,
    change: 'blessed',
    why: 'better on every slice',
  });
  await registry.record(name, {
    ...line,
    at: now - 2 * DAY,
    change: 'approved',
    by: 'jo',
    why: '<img src=x onerror=alert(1)>',
  });
  return {
    registry,
    nameOf,
    drift: async (platform) => (platform === 'linux' ? sampleDrift(now) : undefined),
    shadow: async (platform) => (platform === 'linux' ? [sampleShadow(now)] : []),
  };
}

/** For tests: features that moved, scores that did not, and three weeks of verdicts. */
export function sampleDrift(now: number): Drift {
  const shift = (psi: number, expected: number): Shift => ({ psi, expected, excess: psi - expected });
  const edges = Array.from({ length: 19 }, (_, bin) => (bin + 1) / 20);
  const falling = (rate: number) => {
    const raw = [0, ...Array.from({ length: 20 }, (_, bin) => rate ** bin)];
    const sum = raw.reduce((all, value) => all + value, 0);
    return raw.map((value) => value / sum);
  };
  const population = { edges, reference: falling(0.5), now: falling(0.62) };
  const strongest = [
    ['process', 'class 7', 5.07, 0.01],
    ['process', 'nameHash 0', 2.39, 0.02],
    ['network', 'port 3', 1.04, 0.03],
    ['window', 'share of performed syscall', 0.9, 0.13],
    ['file', 'nameHash 11', 0.56, 0.13],
  ] as const;
  const monday = Math.floor((now - 4 * DAY) / WEEK) * WEEK + 4 * DAY;
  return {
    platform: 'linux',
    model: '1',
    at: now - 600,
    from: now - WEEK,
    until: now,
    windows: 412,
    endpoints: 37,
    scored: 41_200,
    shifts: {
      features: shift(0.34, 0.05),
      window: shift(0.2, 0.12),
      score: { ...shift(0.11, 0.04), population, comparable: true },
      moved: { features: 42, of: 217 },
      strongest: strongest.map(([of, named, psi, expected]) => ({
        ...{ of, name: named, endpoints: 37, bound: 2 * expected },
        ...shift(psi, expected),
        population,
      })),
      unseen: {
        nodes: 0.063,
        windows: 0.21,
        features: [{ of: 'process', name: 'oddParent', windows: 0.21 }],
      },
    },
    reason: null,
    precision: {
      judged: 44,
      right: 27,
      weeks: [
        { week: monday - 2 * WEEK, judged: 12, right: 10 },
        { week: monday - WEEK, judged: 18, right: 11 },
        { week: monday, judged: 14, right: 6 },
      ],
    },
  };
}

function sampleShadow(now: number): ShadowReport {
  return {
    platform: 'linux',
    champion: '1',
    challenger: '2',
    since: now - DAY,
    until: now,
    windows: 5200,
    skipped: 80,
    failed: 0,
    at_half: { both: 31, champion: 12, challenger: 4 },
    at_alert: { both: 22, champion: 9, challenger: 1 },
    difference_sum: 52,
    differences: new Array<number>(20).fill(0),
    largest: [
      {
        inference_id: '5f6c1c9e-6b5f-4c11-9d5e-0d7a4a3b2c1d',
        endpoint_id: 'build-2',
        tenant_id: 'default',
        window_end: now - 900,
        champion: 0.83,
        challenger: 0.12,
      },
      {
        inference_id: '6f6c1c9e-6b5f-4c11-9d5e-0d7a4a3b2c1d',
        endpoint_id: 'other-tenant',
        tenant_id: 'other',
        window_end: now - 900,
        champion: 0.8,
        challenger: 0.2,
      },
    ],
  };
}
