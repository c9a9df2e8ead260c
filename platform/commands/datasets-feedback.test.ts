import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import type { Feedback } from '../../contracts/feedback.ts';
import { idOf } from '../../contracts/ids.ts';
import { keptOf, verdictOf } from '../../datasets/feedback/feedback-fixtures.ts';
import { readFeedbackExamples } from '../../datasets/feedback/read.ts';
import { readManifest } from '../../datasets/manifest.ts';
import type { KeptGraph } from '../../ports/graphs/graphs.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { windowsOf } from '../../train/windows-of.ts';
import { readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { projectRoot } from '../root.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { addDatasetsCommand } from './datasets.ts';

const root = projectRoot();
const recordings = join(root, 'datasets/recordings');
const folder = mkdtempSync(join(tmpdir(), 'logster-feedback-'));
const environment = { LOGSTER_DATA: folder };
afterAll(() => rmSync(folder, { recursive: true }));

const MODEL = 'logster-linux-gat';
const PATTERN = 'sshd → bash: spawned process';

/** Runs `logster datasets …` here and gives what it prints. */
async function datasets(...args: string[]): Promise<string> {
  const out: string[] = [];
  const { stdout, stderr } = process;
  const [print, say] = [stdout.write, stderr.write];
  stdout.write = ((text: string) => out.push(text) > 0) as typeof stdout.write;
  stderr.write = (() => true) as typeof stderr.write;
  try {
    const program = new Command().exitOverride();
    addDatasetsCommand(program, { root, environment });
    await program.parseAsync(['datasets', ...args], { from: 'user' });
  } finally {
    Object.assign(stdout, { write: print });
    Object.assign(stderr, { write: say });
  }
  return out.join('');
}

/** Graphs of a recorded session that no version here holds, as if its machine had been watched and scored. */
async function sessionGraphs(): Promise<readonly KeptGraph[]> {
  const { captures } = await readManifest(join(root, 'datasets/sessions/MANIFEST.json'));
  const session = captures.find((one) => one.attack === false && one.file.endsWith('ebpf.ndjson.br'));
  const { windows } = await windowsOf(session!);
  const distinct = [...new Map(windows.map((one) => [one.graph.contentHash, one.graph])).values()];
  return distinct.slice(0, 6).map((graph, place) => {
    const inferenceId = idOf('inference', `feedback test ${place}`);
    const watched = {
      ...graph,
      window: { ...graph.window, tenantId: 'acme', endpointId: `desk-${place % 3}` },
    };
    return keptOf(inferenceId, watched, { pattern: place < 3 ? PATTERN : '' });
  });
}

async function fill(graphs: readonly KeptGraph[], verdicts: readonly Feedback[]): Promise<void> {
  const ports = await openPorts(readConfig(environment, root), recordedTelemetry(), {
    only: ['alerts', 'graphs', 'registry'],
  });
  await ports.graphs.keep(graphs);
  await ports.alerts.transaction(async (transaction) => {
    for (const one of verdicts) await transaction.addFeedback(one);
  });
  await registerShippedModels(ports.registry, join(root, 'models'), recordedTelemetry().log);
  await ports.close();
}

/** Registers the champion's files once more, as if they had been trained on a version of the data. */
async function trainedOn(dataVersion: string): Promise<string> {
  const { registry } = await openPorts(readConfig(environment, root), recordedTelemetry(), {
    only: ['registry'],
  });
  const champion = await registry.alias(MODEL, 'champion');
  const files: Record<string, Buffer> = {};
  for (const { name } of champion!.files) files[name] = await registry.file(MODEL, champion!.version, name);
  const tags = { data_version: dataVersion };
  const { version } = await registry.register(MODEL, { files, tags, metrics: {} });
  await registry.close();
  return `${MODEL}@${version}`;
}

test('verdicts become a version, and each can be followed to the model that learnt from it', async () => {
  const graphs = await sessionGraphs();
  const [first, , third, fourth, fifth] = graphs;
  const onPattern = verdictOf(idOf('feedback', 'pattern'), {
    scope: 'pattern',
    endpoint_id: 'desk-0',
    inference_ids: [first!.inferenceId],
  });
  const onWindow = verdictOf(idOf('feedback', 'window'), {
    analyst: 'lee',
    at: 2000,
    is_true_positive: true,
    techniques: ['T1059'],
    inference_ids: [third!.inferenceId, fourth!.inferenceId],
  });
  const unsure = verdictOf(idOf('feedback', 'unsure'), {
    at: 3000,
    is_true_positive: null,
    inference_ids: [fifth!.inferenceId],
  });
  await fill(graphs, [onPattern, onWindow, unsure]);

  const build = ['build', '--manifest', join(recordings, 'MANIFEST.json'), '--folds', '2'];
  const plain = await datasets(...build);
  const said = await datasets(...build, '--with-feedback');
  expect(said).toMatch(/4 windows from 3 verdicts; linux: 2 attack \(weight .*\), 2 benign \(weight/);
  expect(said).toMatch(/Windows left out: 1 cannot tell/);
  const [, id = ''] = /version ([0-9a-f]{24})/.exec(said) ?? [];
  expect(plain).not.toContain(id);
  expect(await datasets(...build, '--with-feedback')).toMatch(`It is there already: version ${id}`);
  expect(await datasets(...build, '--with-feedback', '--since', '1970-01-01T00:20:00Z')).not.toContain(id);

  const examples = await readFeedbackExamples(join(folder, 'datasets/versions', id), 'linux');
  const byWindow = new Map(examples.map((one) => [one.inferenceId, one]));
  expect(graphs.map(({ inferenceId }) => byWindow.get(inferenceId)?.label ?? 'none')).toEqual([
    'benign',
    'benign',
    'attack',
    'attack',
    'none',
    'none',
  ]);
  for (const { content, graph } of examples) expect(content.contentHash).toBe(graph);
  expect(byWindow.get(third!.inferenceId)).toMatchObject({
    scope: 'window',
    feedbackIds: [onWindow.feedback_id],
    analysts: ['lee'],
    techniques: ['T1059'],
    pattern: PATTERN,
  });

  expect(await datasets('verify', id)).toMatch(/feedback split +in order/);
  expect(process.exitCode).toBeUndefined();
  expect(await datasets('inspect', id)).toMatch(
    /Feedback: 4 windows from 3 verdicts.*The review list is empty/s,
  );
  expect(JSON.parse(await datasets('inspect', id, '--json')).feedback.by.analyst).toMatchObject([
    { of: expect.stringMatching(/kim|lee/), weight: expect.any(Number) },
    { of: expect.stringMatching(/kim|lee/) },
  ]);
  expect(await datasets('list')).toContain(id);

  const model = await trainedOn(id);
  const traced = JSON.parse(await datasets('lineage', '--feedback', onPattern.feedback_id, '--json'));
  const found = traced.versions.find((one: { id: string }) => one.id === id);
  expect(found).toMatchObject({
    models: [model],
    review: [],
    windows: [{ label: 'benign' }, { label: 'benign' }],
  });
  expect(traced.windows).toHaveLength(2);
  for (const window of traced.windows)
    expect(window).toMatchObject({ scoredThen: 0.83, modelThen: '1', modelNow: `${MODEL}@1` });
  const probs = traced.windows.map((one: { scoresNow: number }) => one.scoresNow);
  for (const prob of probs) expect(prob > 0 && prob < 1).toBe(true);
  expect(new Set(probs).size).toBe(2); // each its own graph
  expect(await datasets('lineage', '--feedback', onPattern.feedback_id)).toMatch(
    new RegExp(`kim said benign .*0\\.83 .*${id} +0 +2 .*${model}`, 's'),
  );
  const open = JSON.parse(await datasets('lineage', '--feedback', unsure.feedback_id, '--json'));
  expect(open.versions).toEqual([]);
  expect(open.windows).toMatchObject([{ inferenceId: fifth!.inferenceId, scoresNow: expect.any(Number) }]);
}, 240_000);

test('a changed file of feedback fails verify', async () => {
  const versions = join(folder, 'datasets/versions');
  const id = readdirSync(versions).find((name) =>
    readdirSync(join(versions, name)).includes('feedback.parquet'),
  );
  const file = join(versions, id!, 'feedback-graphs.arrow');
  const bytes = readFileSync(file);
  bytes[400] = (bytes[400] ?? 0) ^ 1;
  chmodSync(file, 0o644);
  writeFileSync(file, bytes);
  try {
    expect(await datasets('verify', id!)).toMatch(/files +feedback-graphs.arrow was changed/);
    expect(process.exitCode).toBe(1);
  } finally {
    process.exitCode = undefined;
  }
});

test('wrong input about feedback is named with the way out', async () => {
  const build = ['build', '--manifest', join(recordings, 'MANIFEST.json')];
  await expect(datasets(...build, '--accept', 'x')).rejects.toThrow(
    /--accept and --since need --with-feedback/,
  );
  await expect(datasets(...build, '--with-feedback', '--since', 'soon')).rejects.toThrow(
    /--since soon is neither/,
  );
  await expect(datasets(...build, '--with-feedback', '--accept', 'x')).rejects.toThrow(
    /x is not on the review list/,
  );
  await expect(datasets('lineage', '--feedback', 'x')).rejects.toThrow(
    /Neither a verdict nor a version here/,
  );
});
