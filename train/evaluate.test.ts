import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import type { Platform } from '../contracts/event.ts';
import { readManifests } from '../datasets/manifest.ts';
import type { LabelledWindow } from '../datasets/version/row.ts';
import { featureSchema } from '../featurize/features.ts';
import { syntheticModel } from '../models/synthetic.ts';
import { SHOWN_THRESHOLDS } from './calibrate.ts';
import { evaluate } from './evaluate.ts';
import { BENIGN_RATES } from './evaluation.ts';
import { cachedReading, cachedWindows, codeVersion } from './example-cache.ts';
import { sysmonLines, START as T, testCapture } from './example-fixtures.ts';
import type { LoadedModel } from './load-model.ts';
import { scoreFiles } from './score-file.ts';
import { windowsOf } from './windows-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-evaluate-'));
afterAll(() => rmSync(folder, { recursive: true }));

function writeManifest(): string {
  writeFileSync(
    join(folder, 'attack.gz'),
    gzipSync(sysmonLines('WS1.lab', 120) + sysmonLines('WS2.lab', 120)),
  );
  writeFileSync(join(folder, 'quiet'), sysmonLines('WS3.lab', 300));
  writeFileSync(join(folder, 'broken.gz'), gzipSync(sysmonLines('WS4.lab', 300)).subarray(0, 500));
  const base = { platform: 'windows', role: 'judge only', lab: 'l', licence: 'own' };
  const captures = [
    {
      ...base,
      id: 'attack',
      file: 'attack.gz',
      attack: true,
      attack_window: { kind: 'k', start: new Date((T + 60) * 1000).toISOString(), end: null },
      hosts: [
        { name: 'WS1.lab', marker: true, c2_or_injection_seen: true },
        { name: 'WS2.lab', marker: false, c2_or_injection_seen: false },
      ],
      techniques: ['T1059.001'],
    },
    { ...base, id: 'quiet', file: 'quiet', attack: false, hosts: 1 },
    { ...base, id: 'broken', file: 'broken.gz', attack: false },
    { ...base, id: 'missing', file: 'missing.gz', attack: false },
    { id: 'no platform' },
  ];
  const file = join(folder, 'MANIFEST.json');
  writeFileSync(file, JSON.stringify({ version: 1, captures }));
  return file;
}

const loadModel = async (platform: Platform): Promise<LoadedModel> => {
  const model = syntheticModel(platform, 1, featureSchema(platform));
  const thresholds = BENIGN_RATES.map((benignRate, at) => ({
    benignRate,
    threshold: SHOWN_THRESHOLDS[at] ?? 1,
  }));
  return {
    id: `${model.manifest.name}@test`,
    model: { ...model, manifest: { ...model.manifest, thresholds } },
    baselines: [],
  };
};

test('evaluate() judges what it can read and says why it could not read the rest', async () => {
  const inspect = (events: readonly unknown[]) => ({ score: events.length > 0 ? 0.8 : 0, techniques: [] });
  const evaluation = await evaluate({ manifest: await readManifests([writeManifest()]), loadModel, inspect });
  const byId = new Map(evaluation.captures.map((one) => [one.id, one]));
  expect(byId.get('attack')).toMatchObject({ lines: 122, events: 120, dead: 2, error: null });
  expect(byId.get('quiet')).toMatchObject({ lines: 151, events: 150, dead: 1, error: null });
  expect(byId.get('missing')?.error).toMatch(/ENOENT/);
  expect(byId.get('broken')?.error).toMatch(/unexpected end/);
  expect(byId.get('no platform')?.error).toMatch(/platform/);
  const windows = evaluation.platforms.windows;
  expect(Object.keys(evaluation.platforms)).toEqual(['windows']);
  expect(windows?.model).toBe('logster-windows-gat@test');
  expect(windows?.windows.attack).toBeGreaterThan(3);
  expect(windows?.windows.benign).toBeGreaterThan(10);
  expect(Object.keys(windows?.scorers ?? {})).toEqual(['gat', 'hybrid', 'sigma']);
  expect(windows?.scorers.sigma?.points[0]?.captures).toEqual({ attack: 1, detected: 1 });
  expect(windows?.scorers.gat?.pairs).toMatchObject({
    marked: { n: 1 },
    unmarked: { n: 1 },
    atomic: { n: 0 },
  });
  expect(windows?.techniques).toMatchObject({ 'T1059.001': { captures: 1 } });
  expect(evaluation.eventsPerCpuSecond).toBeGreaterThan(0);
  expect(JSON.parse(JSON.stringify(evaluation))).toEqual(evaluation); // nothing that JSON would lose
});

test('scoreFiles() gives windows in the order of time, and the nodes and edges that carried them', async () => {
  const file = join(folder, 'quiet');
  writeFileSync(file, sysmonLines('WS3.lab', 300));
  const results = [];
  for await (const result of scoreFiles([file, join(folder, 'none')], { loadModel })) results.push(result);
  const [quiet, none] = results;
  expect(quiet?.windows.length).toBeGreaterThan(10);
  const ends = quiet?.windows.map((one) => one.end) ?? [];
  expect(ends).toEqual([...ends].sort((a, b) => a - b));
  for (const { attackProb, prediction, nodes, edges } of quiet?.windows ?? []) {
    expect(prediction).toBe(attackProb >= 0.5 ? 'attack' : 'benign');
    for (const edge of edges) expect(edge.share).toBeGreaterThan(0);
    const contributions = nodes.map(({ contribution }) => contribution);
    expect(contributions).toEqual([...contributions].sort((a, b) => b - a));
    expect(nodes.flatMap(({ features }) => features).every(({ contribution }) => contribution !== 0)).toBe(
      true,
    );
  }
  expect(
    quiet?.windows.every((one) => one.edges.every((edge) => edge.source !== '' && edge.relation !== '')),
  ).toBe(true);
  expect(quiet?.windows.some((one) => one.edges.length > 0)).toBe(true);
  expect(quiet?.windows.some((one) => one.nodes.some((node) => node.eventIds.length > 0))).toBe(true);
  expect(none?.parsing.error).toMatch(/ENOENT/);
});

test('a capture from the cache gives the graphs of its first reading', async () => {
  const file = join(folder, 'kept');
  writeFileSync(file, sysmonLines('WS1.lab', 200));
  const capture = {
    ...testCapture({
      platform: 'windows',
      sha256: 'ab',
      attack_window: { start: T + 100, end: T + 110 },
      hosts: [{ name: 'ws1' }],
    }),
    file,
  };
  const version = await codeVersion();
  const cache = join(folder, 'cache');
  const first = await cachedWindows(capture, cache, version);
  const fresh = await windowsOf(capture);
  rmSync(file); // the second reading must not need it
  const second = await cachedWindows(capture, cache, version);
  expect(second.parsing).toEqual(fresh.parsing);
  expect(second.windows.length).toBe(fresh.windows.filter((one) => one.label !== 'unknown').length);
  expect(second.pairs.length).toBe(1);
  for (const content of [first, second])
    for (const [place, { graph, label, facts }] of content.windows.entries()) {
      const same = fresh.windows.filter((one) => one.label !== 'unknown')[place];
      expect({ label, facts, hash: graph.contentHash }).toEqual({
        label: same?.label,
        facts: same?.facts,
        hash: same?.graph.contentHash,
      });
      expect(graph.features).toEqual(same?.graph.features);
      expect([...graph.target]).toEqual([...(same?.graph.target ?? [])]);
    }
  const summed = ({ host, end, label, graph }: LabelledWindow) =>
    [end, host, label, graph.contentHash, graph.eventCount, graph.relation.length].join(' ');
  const reading = await cachedReading(capture, cache, version);
  expect(reading.parsing).toEqual(fresh.parsing);
  expect(reading.windows.map(summed).sort()).toEqual(fresh.windows.map(summed).sort());
  const elsewhere = { ...capture, from: T - 30, to: T + 230 }; // what a dataset version measured decides no window
  expect((await cachedWindows(elsewhere, cache, version)).parsing.error).toBeNull();
  const changed = await cachedWindows({ ...capture, techniques: ['T1'] }, cache, version).catch(String);
  expect(changed).toMatchObject({ parsing: { error: expect.stringMatching(/ENOENT/) } }); // another entry, read anew
});

const shared = join(import.meta.dirname, '..', '..', 'shared', 'data', 'MANIFEST.json');
(existsSync(shared) ? describe : describe.skip)('recorded captures (needs ../shared/data)', () => {
  test('a marked Windows capture and a Linux run with two views are read, labelled and judged', async () => {
    const all = JSON.parse(readFileSync(shared, 'utf8')) as { captures: { id: string; file: string }[] };
    const wanted = [
      'win-otrf-empire_reg_dump_sam',
      'lin-rec-attack-log-wipe-136-auditd',
      'lin-rec-attack-log-wipe-136-ebpf',
    ];
    const captures = all.captures
      .filter((one) => wanted.includes(one.id))
      .map((one) => ({ ...one, file: join(shared, '..', one.file) }));
    mkdirSync(join(folder, 'subset'), { recursive: true });
    const manifestFile = join(folder, 'subset', 'MANIFEST.json');
    writeFileSync(manifestFile, JSON.stringify({ captures }));
    const { platforms, captures: reports } = await evaluate({
      manifest: await readManifests([manifestFile]),
      loadModel,
    });
    expect(reports.map((one) => one.error)).toEqual([null, null, null]);
    expect(reports.every((one) => one.dead === 0 && one.events > 0)).toBe(true);
    expect(platforms.windows?.scorers.gat?.points[0]?.captures.attack).toBe(1);
    expect(platforms.linux?.scorers.gat?.points[0]?.captures.attack).toBe(2);
    expect(platforms.linux?.scorers.gat?.points[0]?.runs.attack).toBe(1);
    expect(reports.find((one) => one.id.endsWith('ebpf'))?.dropped['recording-prelude']).toBeGreaterThan(0);
  });
});
