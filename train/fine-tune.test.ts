import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openProven } from '../models/artifact.ts';
import { besideTrees } from '../models/beside-trees.ts';
import type { Model } from '../models/engine.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { testCapture } from './example-fixtures.ts';
import { MOST_FEEDBACK } from './feedback-examples.ts';
import { fineTune } from './fine-tune.ts';
import { type Job, jobLines } from './job-fixtures.ts';
import { loadFiles } from './load-model.ts';
import { scoresOf } from './score-graphs.ts';
import { judged, readAll, sessions, shippedLinux } from './tune-fixtures.ts';
import { tunedVersion } from './tuned-version.ts';
import { CARD_FILE } from './version.ts';
import type { ReadCapture } from './weights.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-tune-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Windows of machines that run a job, three minutes and more after it began. */
async function windowsWith(job: Job, ...hosts: readonly number[]) {
  const captures = hosts.map((host) => {
    const file = join(folder, `${job}-${host}.ndjson`);
    writeFileSync(file, jobLines(job, host, 600));
    return testCapture({ id: `${job}-${host}`, file, attack: false, hosts: [`build-${host}`] });
  });
  const read = await readAll(captures);
  return read.flatMap((one) => one.content.windows.slice(6, 20));
}

/** Shown probabilities of graphs. */
async function shown(model: Model, graphs: readonly Parameters<typeof judged>[0][]) {
  const engine = besideTrees(wasmEngine(model), model);
  const { attackProbs } = await scoresOf(
    engine,
    graphs.map((one) => one.graph),
  );
  engine.close();
  return attackProbs;
}

/** Three trainings and what they are judged on take this long where other tests have the machine too. */
const SLOW_MS = 120_000;

const attacksIn = (read: readonly ReadCapture[]) =>
  read.flatMap((one) => one.content.windows).filter((one) => one.label === 'attack');
let corpus: readonly ReadCapture[];
beforeAll(async () => {
  corpus = await sessions(4);
}, SLOW_MS);

const alerting = (probabilities: readonly number[]): number =>
  probabilities.filter((one) => one >= 0.7).length;

test(
  'twenty verdicts on one kind of false alarm silence it on other machines, and attacks stay found',
  async () => {
    const champion = await shippedLinux();
    const told = (await windowsWith('inventory', 1, 2, 3, 4)).filter((_, place) => place % 14 < 5);
    const others = await windowsWith('inventory', 5, 6);
    const attacks = attacksIn(await sessions(4, true, 'attack'));
    const before = await shown(champion.model, [...others, ...attacks]);
    expect(alerting(before.slice(0, others.length))).toBe(others.length);
    const version = await tunedVersion({
      ...{ champion, corpus, seed: 1, data: 'data-1', code: 'code-1', createdAt: '2026-03-02T00:00:00Z' },
      feedback: told.map((one, place) => judged(one, 'benign', place)),
    });
    const { model, baselines } = loadFiles({ ...version.files }, '2');
    const after = await shown(model, [...others, ...attacks]);
    expect(alerting(after.slice(0, others.length))).toBe(0);
    expect(alerting(before.slice(others.length))).toBeGreaterThan(10);
    expect(alerting(after.slice(others.length))).toBeGreaterThanOrEqual(
      alerting(before.slice(others.length)) - 1,
    );
    (await openProven(model, wasmEngine)).close();
    expect(baselines).toEqual(champion.baselines);
    const { scaling, shift } = version.tuned.threshold;
    expect(model.manifest.scaling).toEqual(scaling);
    expect(scaling.alert).toBeCloseTo(champion.model.manifest.scaling.alert + shift);
    expect(version.tags).toMatchObject({
      ...{ origin: 'fine-tuned', from: champion.id, data: 'data-1', data_version: 'data-1', feedback: '20' },
    });
    expect(version.metrics).toMatchObject({
      feedbackBenignAlertShareBefore: 1,
      feedbackBenignAlertShareAfter: 0,
    });
    expect(version.files[CARD_FILE]?.toString()).toContain(`Fine-tuned from ${champion.id}`);
  },
  SLOW_MS,
);

test(
  'verdicts that a quiet window was an attack raise its kind elsewhere',
  async () => {
    const champion = await shippedLinux();
    const told = await windowsWith('copying', 1, 2);
    const others = await windowsWith('copying', 5, 6);
    const { fitted, trees, threshold } = await fineTune({
      ...{ champion, corpus, seed: 1 },
      feedback: told.map((one) => judged(one, 'attack')),
    });
    const manifest = { ...champion.model.manifest, scaling: threshold.scaling };
    const model = { manifest, parameters: fitted.parameters, trees };
    const [before, after] = [await shown(champion.model, others), await shown(model, others)];
    expect(alerting(before)).toBe(0);
    expect(alerting(after)).toBe(others.length);
  },
  SLOW_MS,
);

test(
  'fineTune() gives equal bytes for equal inputs and keeps feedback below its share of the corpus',
  async () => {
    const champion = await shippedLinux();
    const told = (await windowsWith('inventory', 1)).map((one) => ({ ...judged(one, 'benign'), weight: 50 }));
    const options = { champion, corpus, feedback: told, seed: 3, recipe: { epochs: 1, drawsPerEpoch: 32 } };
    const [one, two] = [await fineTune(options), await fineTune(options)];
    expect(two.fitted.parameters).toEqual(one.fitted.parameters);
    expect(two.trees).toEqual(one.trees);
    expect(one.trees?.trees.length).toBeGreaterThan(champion.model.trees?.trees.length ?? 0);
    expect(one.weights.asked).toBeGreaterThan(one.weights.given);
    expect(one.weights.given).toBeCloseTo(MOST_FEEDBACK * one.weights.corpus);
    expect(one.feedback.reduce((sum, { weight }) => sum + weight, 0)).toBeCloseTo(one.weights.given);
  },
  SLOW_MS,
);

test('fineTune() refuses a corpus without windows and feedback of another platform', async () => {
  const champion = await shippedLinux();
  await expect(fineTune({ champion, corpus: [], feedback: [], seed: 1 })).rejects.toThrow(/there are none/);
  const [window] = corpus[0]?.content.windows ?? [];
  if (!window) throw new Error('the session has no window');
  const foreign = { ...judged(window, 'benign'), platform: 'windows' as const };
  await expect(fineTune({ champion, corpus, feedback: [foreign], seed: 1 })).rejects.toThrow(
    /windows window/,
  );
});
