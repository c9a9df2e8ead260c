import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Capture } from '../../datasets/manifest.ts';
import { decodeModel, MODEL_FILES } from '../../models/artifact.ts';
import { folderRegistry } from '../../ports/registry/embedded.ts';
import type { ModelVersion } from '../../ports/registry/registry.ts';
import { fakeClock } from '../../ports/telemetry/clock.ts';
import { ORIGIN_FILE } from '../origin.ts';
import { type CaptureWindows, windowsOf } from '../windows-of.ts';
import { bless } from './bless.ts';
import { BLESS_FILES, type BlessReport } from './bless-report.ts';
import { blessingOf } from './blessing.ts';
import { candidateOf } from './candidate.ts';
import {
  filesOf,
  heldBackSessions,
  sessions,
  shippedFiles,
  slowed,
  trainedOnFlippedLabels,
  withManifest,
} from './gate-fixtures.ts';

import.meta.jest.setTimeout(180_000);

const script = join(import.meta.dirname, '..', '..', 'dist', 'serve', 'scorer.js');
const suite = existsSync(script) ? describe : describe.skip;

const NAME = 'logster-linux-gat';
const TRAINING = [
  '0830-97-ebpf',
  '0830-93-ebpf',
  '0830-51-ebpf',
  '0830-3-ebpf',
  '0808-6-ebpf',
  '0808-46-ebpf',
];

suite('the gate (needs dist/, which `npm test` builds)', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-gate-'));
  const registry = folderRegistry({ directory: folder });
  const clock = fakeClock(1_700_000_000);
  const shipped = shippedFiles();
  const model = decodeModel(shipped);
  const read = new Map<string, Promise<CaptureWindows>>();
  let frozen: { used: readonly Capture[]; leftOut: []; digest: string };
  let champion: ModelVersion;

  const windows = (capture: Capture): Promise<CaptureWindows> => {
    const known = read.get(capture.id) ?? windowsOf(capture);
    read.set(capture.id, known);
    return known;
  };
  const register = (files: Record<string, Buffer>) =>
    registry.register(NAME, { files, tags: {}, metrics: {} });
  const judge = async (version: ModelVersion): Promise<BlessReport> => {
    const known = async () => null;
    return bless(
      registry,
      {
        champion: await candidateOf(registry, champion, known),
        challenger: await candidateOf(registry, version, known),
        ...{ platform: 'linux', frozen, clock, windowsOf: windows, scorer: { script, backend: 'wasm' } },
      },
      { by: 'ada', why: '' },
    );
  };
  const rules = (report: BlessReport) => report.reasons.map((one) => one.rule);
  const lastLine = async () => (await registry.history(NAME)).at(-1);

  beforeAll(async () => {
    frozen = {
      used: await heldBackSessions(6, 4),
      leftOut: [],
      digest: 'd',
    };
    champion = await register(shipped);
    await registry.setAlias(NAME, 'champion', champion.version);
  });
  afterAll(() => rmSync(folder, { recursive: true }));

  test('an equal challenger passes, and its report stands beside it', async () => {
    const version = await register({ ...shipped, 'card.md': Buffer.from('# The same again') });
    const report = await judge(version);
    expect(report.reasons).toEqual([]);
    expect(report.passed).toBe(true);
    expect(report.frozen).toMatchObject({
      attackRuns: 6,
      captures: expect.arrayContaining([frozen.used[0]!.id]),
    });
    expect(report.figures?.prAuc.difference).toEqual({ value: 0, low: 0, high: 0 });
    const json = await registry.attached(NAME, version.version, BLESS_FILES.json);
    expect(JSON.parse(json!.toString())).toEqual(JSON.parse(JSON.stringify(report)));
    const page = (await registry.attached(NAME, version.version, BLESS_FILES.page))!.toString();
    expect(page).toMatch(/<strong>Passed<\/strong>/);
    expect(page.match(/<svg/g)).toHaveLength(5);
    expect(page).not.toMatch(/<script|https?:|NaN|undefined/);
    expect(report.frozen.unknown).toEqual([]);
    expect(await lastLine()).toMatchObject({
      change: 'blessed',
      version: version.version,
      from: champion.version,
      by: 'ada',
    });
    expect(await blessingOf(registry, version, champion)).toMatchObject({ ok: true });
  });

  test('a report says when nobody knows what a version learnt from', async () => {
    const { [ORIGIN_FILE]: _, ...nameless } = shipped;
    const unknown = await judge(await register(nameless));
    expect(unknown.frozen.unknown).toEqual([unknown.challenger.version]);
    const told = await registry.attached(NAME, unknown.challenger.version, BLESS_FILES.page);
    expect(told?.toString()).toContain(`It is not known here what ${NAME}@${unknown.challenger.version}`);
  });

  test('a challenger that learnt flipped labels is refused for PR-AUC, recall and false alarms at once', async () => {
    const captures = await sessions(...TRAINING);
    const learnt = await Promise.all(
      captures.map(async (capture) => ({ capture, content: await windows(capture) })),
    );
    const version = await register(await filesOf(await trainedOnFlippedLabels(model, learnt)));
    const report = await judge(version);
    expect(report.passed).toBe(false);
    expect(rules(report)).toEqual(
      expect.arrayContaining(['prAuc', 'recallAtOneFalseAlarm', 'falseAlarmsPerHostDay', 'brier']),
    );
    const prAuc = report.reasons.find((one) => one.rule === 'prAuc')!;
    expect(prAuc.challenger!).toBeLessThan(prAuc.champion!);
    expect(prAuc.interval!.low).toBeLessThan(prAuc.limit!);
    expect(prAuc.text).toMatch(/^PR-AUC fell from 0\.\d{3} to 0\.\d{3} \(difference -0\.\d{3}, 95 % /);
    const line = await lastLine();
    expect(line).toMatchObject({ change: 'refused', why: expect.stringContaining(prAuc.text) });
    expect(await blessingOf(registry, version, champion)).toMatchObject({
      ok: false,
      reasons: report.reasons.map((one) => one.text),
    });
  });

  test('one for other features is refused by the scorer, which names both', async () => {
    const report = await judge(await register(withManifest(shipped, { featureSchema: 'other-features' })));
    expect(rules(report)).toEqual(['loading']);
    expect(report.reasons[0]!.text).toMatch(/trained on features other-features, these are /);
    expect(report.figures).toBeNull();
  });

  test('one whose weights are other bytes, or fewer, is refused by hash and by length', async () => {
    const weights = Buffer.from(shipped[MODEL_FILES.weights]!);
    weights[1000]! ^= 1;
    const changed = await judge(await register({ ...shipped, [MODEL_FILES.weights]: weights }));
    expect(changed.reasons.map((one) => one.text)).toEqual([
      expect.stringMatching(/weights\.bin does not have the sha256 of the manifest/),
    ]);
    const cut = await judge(await register({ ...shipped, [MODEL_FILES.weights]: weights.subarray(0, 5000) }));
    expect(cut.reasons.map((one) => one.text)).toEqual([
      expect.stringMatching(/weights\.bin has 5000 bytes instead of \d+/),
    ]);
  });

  test('one whose file was changed in the registry after its registration is refused', async () => {
    const version = await register(shipped);
    const path = join(folder, NAME, version.version, 'files', MODEL_FILES.weights);
    chmodSync(path, 0o644);
    writeFileSync(path, 'something else');
    const report = await judge(version);
    expect(rules(report)).toEqual(['loading']);
    expect(report.reasons[0]!.text).toMatch(/is damaged: it has 14 bytes of sha256 /);
  });

  test('one that takes several times as long is refused for that alone', async () => {
    const report = await judge(await register(await filesOf(slowed(model, 16))));
    expect(rules(report)).toEqual(['latency']);
    expect(report.latency!.ratio).toBeGreaterThan(report.limits.slowdown);
    expect(report.figures?.recallShown.difference?.value).toBe(0);
  });

  test('a blessing counts for these files and this champion alone', async () => {
    const [, equal] = await registry.versions(NAME);
    const forged = { ...equal!, files: champion.files };
    expect(await blessingOf(registry, forged, champion)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/other files/),
    });
    const another = await register({ 'weights.bin': Buffer.from('x') });
    expect(await blessingOf(registry, equal!, another)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/judged against version 1/),
    });
    expect(await blessingOf(registry, another, champion)).toMatchObject({
      ok: false,
      problem: expect.stringMatching(/never judged/),
    });
  });
});
