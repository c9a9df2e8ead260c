import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { SCORE_QUEUE } from '../contracts/batch.ts';
import { deadLetterSchema } from '../contracts/dead-letter.ts';
import { LogsterError } from '../contracts/errors.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { idOf } from '../contracts/ids.ts';
import { DEAD_LETTER_TOPIC } from '../contracts/topics.ts';
import { decodeModel, encodeModel } from '../models/artifact.ts';
import { eventually } from '../ports/eventually.ts';
import { patternOf } from './pattern.ts';
import { killedBy } from './scorer-fixtures.ts';
import { type ServeBench, scorerScript, serveBench } from './try-serving.contract.ts';

const suite = existsSync(scorerScript) ? describe : describe.skip;

suite('serve (needs dist/, which `npm test` builds)', () => {
  let at: ServeBench;
  beforeEach(async () => {
    at = await serveBench();
  });
  afterEach(() => at.close());

  test('the graph of every attack is kept, as it was scored and under its inference id', async () => {
    await at.start();
    await at.add(3, 12);
    await eventually('twelve results', async () => (await at.results()).length === 12);
    const results = await at.results();
    const attacks = results.filter(({ prediction }) => prediction === 'attack');
    expect([attacks.length > 0, attacks.length < 12]).toEqual([true, true]);
    const kept = await at.graphs.get(results.map(({ inference_id }) => inference_id));
    expect(kept.map(({ inferenceId }) => inferenceId)).toEqual(attacks.map((one) => one.inference_id));
    for (const [place, { bytes, ...window }] of kept.entries()) {
      const [graph, ...others] = decodeBatch(bytes).graphs;
      const { window_id, attack_prob, endpoint_id } = attacks[place]!;
      expect(others).toEqual([]);
      expect(graph).toMatchObject({ windowId: window_id, contentHash: window.contentHash });
      expect(idOf('window', window.contentHash)).toBe(window_id); // as `add` named both
      const pattern = patternOf(attacks[place]!);
      expect(window).toMatchObject({ attackProb: attack_prob, endpointId: endpoint_id, pattern });
    }
    expect(at.telemetry.counted('graphs_kept_total', { because: 'attack' })).toBe(attacks.length);
  });

  test('results are published while the store of graphs is away, and what was not kept is counted', async () => {
    const keep = () => Promise.reject(new LogsterError('unavailable', 'The store does not answer'));
    await at.start('wasm', 1, scorerScript, {}, { ...at.graphs, keep });
    await at.add(3, 12);
    await eventually('twelve results', async () => (await at.results()).length === 12);
    const attacks = (await at.results()).filter(({ prediction }) => prediction === 'attack');
    expect(at.telemetry.counted('graphs_unkept_total', { reason: 'unavailable' })).toBe(attacks.length);
    expect(await at.queue.failed(10)).toEqual([]);
  });

  test('one result per window names model, version and engine, and the batch is gone afterwards', async () => {
    await at.start();
    const job = await at.add(7, 5);
    await eventually('five results', async () => (await at.results()).length === 5);
    for (const result of await at.results()) {
      expect(result).toMatchObject({
        model_name: 'logster-windows-gat',
        model_version: '1',
        backend: 'wasm',
        prefiltered: false,
      });
    }
    await eventually('the bytes are deleted', async () => (await at.state.get(job.key)) === undefined);
  });

  test('a batch goes on when its scorer is killed', async () => {
    const stage = await at.start('wasm', 1);
    for (let seed = 1; seed <= 12; seed++) await at.add(seed, 20);
    await eventually('the first results', async () => (await at.results()).length > 0);
    const { detail } = await stage.health();
    for (const pid of detail.scorers as number[]) process.kill(pid, 'SIGKILL');
    await eventually(
      'all results',
      async () => new Set((await at.results()).map((one) => one.window_id)).size === 240,
      80_000,
    );
    const results = await at.results();
    expect(results.filter((one) => one.prediction === 'error')).toEqual([]);
    expect(at.telemetry.counted('scorer_restarts_total')).toBeGreaterThan(0);
    // one endpoint's results keep the order of the batches, though two were retried
    const firsts = Array.from({ length: 12 }, (_, batch) => idOf('window', `${batch + 1}/0`));
    expect(results.map((one) => one.window_id).filter((id) => firsts.includes(id))).toEqual(firsts);
  });

  test('a graph that kills its scorer fails alone, and no batch beside it is blamed', async () => {
    const script = join(mkdtempSync(join(tmpdir(), 'logster-scorer-')), 'scorer.mjs');
    writeFileSync(script, killedBy(scorerScript, '3/2'));
    await at.start('wasm', 1, script);
    for (let seed = 1; seed <= 6; seed++) await at.add(seed);
    await eventually('all results', async () => (await at.results()).length === 24, 80_000);
    const failed = (await at.results()).filter((one) => one.prediction === 'error');
    expect(failed.map((one) => one.window_id)).toEqual([idOf('window', '3/2')]);
    expect(failed[0]?.error).toContain('ended while scoring');
    rmSync(dirname(script), { recursive: true });
  });

  test('a batch whose bytes are gone is tried again and then told of in the dead letters', async () => {
    await at.start();
    const job = await at.add(3, 4, false);
    await eventually(
      'a dead letter',
      async () => (await at.messages(DEAD_LETTER_TOPIC)).length === 1,
      80_000,
    );
    const [letter] = (await at.messages(DEAD_LETTER_TOPIC)).map((message) => deadLetterSchema.parse(message));
    expect(letter).toMatchObject({ stage: 'serve', reason: 'reference-expired', source_topic: SCORE_QUEUE });
    expect(await at.results()).toEqual([]);
    // the letter leaves before the queue is told
    await eventually('the failed job', async () => (await at.queue.failed(10)).length === 1);
    expect((await at.queue.failed(10)).map((failed) => failed.id)).toEqual([job.batch_id]);
  });

  test('a new champion takes over between two batches, without a restart', async () => {
    await at.start();
    await at.add(1);
    await eventually('results of version 1', async () => (await at.results()).length === 4);
    await at.promote('windows', 2);
    await eventually('version 2 serves', () =>
      Promise.resolve(at.telemetry.lines.some(({ sentence }) => sentence === 'A new champion took over')),
    );
    await at.add(2);
    await eventually(
      'results of version 2',
      async () => (await at.results()).filter((one) => one.model_version === '2').length === 4,
    );
  });

  test('a swap during which the registry goes away comes when it is back', async () => {
    const stage = await at.start();
    at.setAway(true);
    await at.promote('windows', 2);
    const missed = () =>
      at.telemetry.lines.some(({ sentence }) => sentence === 'The registry did not answer');
    await eventually('the registry was missed', missed);
    await at.add(1);
    await eventually('results of version 1', async () => (await at.results()).length === 4);
    expect((await stage.health()).detail.refused).toEqual([]);
    at.setAway(false);
    await eventually('version 2 serves', () =>
      at.telemetry.lines.some(({ sentence }) => sentence === 'A new champion took over'),
    );
  });

  test('a broken champion never serves: the old one goes on and health says why', async () => {
    const stage = await at.start();
    await at.promote('windows', 2, (files) => files['weights.bin']?.writeFloatLE(1e9, 0));
    await eventually(
      'the refusal',
      async () => ((await stage.health()).detail.refused as string[]).length > 0,
    );
    await at.add(5);
    await eventually('results of the old version', async () => (await at.results()).length === 4);
    expect((await at.results())[0]?.model_version).toBe('1');
  });

  test('a backend that is asked for and cannot prove itself stops the start with the way out', async () => {
    await at.promote('windows', 2, (files) => {
      const { golden, ...model } = decodeModel(files);
      const rawProb = golden!.rawProb.map((one) => 1 - one);
      Object.assign(files, encodeModel({ ...model, golden: { ...golden!, rawProb } }));
    });
    await expect(at.start('wasm')).rejects.toMatchObject({
      message: expect.stringMatching(/wasm gives .* for golden graph 0.*LOGSTER_BACKEND=auto/),
    });
  });
});
