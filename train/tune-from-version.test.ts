import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { keptOf, verdictOf, windowOf } from '../datasets/feedback/feedback-fixtures.ts';
import type { Capture } from '../datasets/manifest.ts';
import { buildVersion } from '../datasets/version/build.ts';
import type { KeptGraph } from '../ports/graphs/graphs.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { trackedTuning } from './tracked-tuning.ts';
import { sessions, shippedLinux } from './tune-fixtures.ts';
import { tuneFromVersion } from './tune-from-version.ts';
import { ORIGIN_FILE } from './tuned-version.ts';
import { CARD_FILE } from './version.ts';
import { windowsOf } from './windows-of.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-tune-from-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** A dataset version of captures, with one verdict on a window of another. */
async function versionOf(captures: readonly Capture[], judged: KeptGraph) {
  const { inferenceId, endpointId, platform, windowStart, windowEnd, contentHash, featureSchema } = judged;
  const known = { endpointId, platform, windowStart, windowEnd, contentHash, featureSchema };
  return buildVersion({
    manifest: { captures, unreadable: [] },
    captureFolder: dirname(captures[0]?.file ?? ''),
    readWindows: (capture) => windowsOf(capture),
    outFolder: folder,
    ...{ folds: 2, fitted: [], report: () => {} },
    feedback: {
      verdicts: [verdictOf('verdict-1', { endpoint_id: endpointId, inference_ids: [inferenceId] })],
      windows: [windowOf(inferenceId, known)],
      graphs: { get: async (ids) => (ids.includes(inferenceId) ? [judged] : []) },
      accepted: [],
    },
  });
}

test('a version is fine-tuned on a dataset version, tracked whole, and tells what it came from', async () => {
  const train = (await sessions(3)).map((one) => one.capture);
  const [attack] = await sessions(1, true, 'attack');
  const elsewhere = (await sessions(4)).at(-1)?.content.windows[0]?.graph;
  if (!attack || !elsewhere) throw new Error('the sessions lack one to judge');
  const window = { ...elsewhere.window, tenantId: 'acme', endpointId: 'h1' };
  const built = await versionOf([...train, attack.capture], keptOf('w1', { ...elsewhere, window }));
  expect(built.feedback).toMatchObject({ rows: 1, verdicts: 1 });
  const lines: string[] = [];
  const options = {
    champion: await shippedLinux(),
    versionFolder: built.folder,
    capturesFolder: dirname(attack.capture.file),
    ...{ cacheFolder: join(folder, 'cache'), seed: 4, clock: fakeClock() },
    recipe: { epochs: 1, drawsPerEpoch: 32 },
    report: (line: string) => lines.push(line),
  };
  const version = await tuneFromVersion(options);
  expect(version.tags).toMatchObject({
    data_version: built.id,
    feedback: '1',
    seed: '4',
    origin: 'fine-tuned',
  });
  expect(version.figures.heldBack?.after.captures).toBe(1);
  expect(version.metrics).toHaveProperty('heldBackCaptureRecallAfter');
  const origin = JSON.parse(version.files[ORIGIN_FILE]?.toString() ?? '{}');
  expect(origin).toMatchObject({
    data: built.id,
    from: 'logster-linux-gat@shipped',
    feedback: ['verdict-1'],
  });
  expect(origin.captures).toHaveLength(train.length); // what is held back trained nothing
  const card = version.files[CARD_FILE]?.toString() ?? '';
  expect(card).toContain('1 windows that 1 verdicts of 1 analysts');
  expect(card).not.toContain('kim');
  const run = trackedTuning(version, 100);
  expect(run.params).toMatchObject({ data_version: built.id, seed: '4', 'recipe.epochs': '1' });
  expect(run.metrics).toContainEqual(expect.objectContaining({ key: 'loss', step: 1 }));
  expect(Object.keys(run.files)).toEqual([CARD_FILE, ORIGIN_FILE]);
  expect(lines).toContainEqual(expect.stringMatching(/^epoch 1: loss/));
  const wrong = tuneFromVersion({ ...options, capturesFolder: folder });
  await expect(wrong).rejects.toThrow(/--captures names the folder/);
}, 240_000); // where other tests have the machine too
