import { randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogsterError } from '../contracts/errors.ts';
import type { GraphBatch } from '../contracts/graph.ts';
import { decodeBatch, encodeGraphBatch } from '../contracts/graph-batch.ts';
import { idOf } from '../contracts/ids.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import { syntheticBatch, syntheticSizes } from '../models/synthetic.ts';
import { eventually } from '../ports/eventually.ts';
import { embeddedGraphs } from '../ports/graphs/embedded.ts';
import type { GraphStore, KeptGraph } from '../ports/graphs/graphs.ts';
import { fakeClock } from '../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { graphKeeper, type KeepSettings, reasonToKeep } from './keep-graphs.ts';
import type { ScoredWindow } from './messages.ts';
import { errorResultOf, resultOf } from './score.ts';

const batch = eightGraphs();
const bytes = encodeGraphBatch(batch);
const HOUR_MS = 3_600_000;

/** Graphs with contents and endpoints of their own. */
function eightGraphs(): GraphBatch {
  const made = syntheticBatch('linux', syntheticSizes(8, 3), 3);
  const graphsOfOwn = made.graphs.map((graph, place) => ({
    ...graph,
    window: { ...graph.window, endpointId: `h${place}` },
    windowId: randomUUID(),
    contentHash: `content ${place}`,
  }));
  return { ...made, graphs: graphsOfOwn };
}

/** Results of the batch's graphs with these probabilities; no probability: the graph could not be scored. */
function scored(
  version: string,
  probabilities: readonly (number | undefined)[],
  from = batch,
): ScoredWindow[] {
  const by = { modelName: 'm', modelVersion: version, backend: 'wasm', scoredAt: 1, inferenceMs: 1 };
  return from.graphs.map((graph, place) => {
    const attackProb = probabilities[place];
    if (attackProb === undefined) return errorResultOf(from, graph, 'not a number', by);
    const nodes = graph.nodesPerType.reduce((sum, count) => sum + count, 0);
    const nodeScore = new Float32Array(nodes).fill(1);
    const edgeScore = new Float32Array(graph.edges).fill(1);
    const scores = { attackProb, rawProb: attackProb, nodeScore, edgeScore };
    return resultOf(from, graph, scores, { ...by, reused: false });
  });
}

const all = (probability: number) => batch.graphs.map(() => probability);

describe('graphKeeper()', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-keep-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));
  const closers: (() => unknown)[] = [];
  afterEach(async () => {
    for (const close of closers.splice(0).reverse()) await close();
  });

  async function keeping(settings: Partial<KeepSettings>) {
    const store = await embeddedGraphs({ file: join(folder, `${randomUUID()}.db`) });
    const calls: (readonly KeptGraph[])[] = [];
    const instead: { keep?: GraphStore['keep']; expire?: GraphStore['expire'] } = {};
    const graphs: GraphStore = {
      ...store,
      keep(kept) {
        calls.push(kept);
        return (instead.keep ?? store.keep)(kept);
      },
      expire: (before) => (instead.expire ?? store.expire)(before),
    };
    const telemetry = recordedTelemetry();
    const clock = fakeClock();
    const asked = { from: 0.5, sampleShare: 0, retentionDays: 90, ...settings };
    const keeper = graphKeeper({ graphs, telemetry, clock, settings: asked });
    closers.push(() => store.close(), keeper.close);
    const kept = async () => (await store.list({}, { limit: 99 })).map(({ endpointId }) => endpointId).sort();
    return { store, instead, calls, telemetry, clock, keeper, kept };
  }

  test('keeps every window from the threshold on in one call, each as a batch of its own', async () => {
    const { store, calls, keeper, kept: endpoints, clock } = await keeping({ from: 0.5 });
    await keeper.keep(bytes, scored('1', [0.5, 0.49, 0.9, undefined, 1, 0, 0.2, 0.51]));
    expect(await endpoints()).toEqual(['h0', 'h2', 'h4', 'h7']);
    expect(calls).toHaveLength(1);
    const kept = calls[0]!.find(({ endpointId }) => endpointId === 'h4')!;
    const one = decodeBatch((await store.get([kept.inferenceId]))[0]!.bytes);
    const expected = selectGraphs(batch, [4]);
    expect(one.graphs).toEqual(expected.graphs);
    expect([one.features, one.source, one.target]).toEqual([
      expected.features,
      expected.source,
      expected.target,
    ]);
    expect([one.nodeLabel(0), one.edgeEvent(0)]).toEqual([expected.nodeLabel(0), expected.edgeEvent(0)]);
    expect(kept).toMatchObject({
      because: 'attack',
      modelVersion: '1',
      contentHash: 'content 4',
      featureSchema: batch.featureSchema,
      keptAt: clock.now(),
    });
  });

  test('the sample takes its share of the others, and no window that could not be scored', async () => {
    const ids = Array.from({ length: 4_000 }, (_, place) => idOf('inference', String(place)));
    const settings = { from: 0.5, sampleShare: 0.1, retentionDays: 1 };
    const reasonOf = (prediction: ScoredWindow['prediction'], attack_prob: number, inference_id: string) =>
      reasonToKeep({ prediction, attack_prob, inference_id }, settings);
    const sampled = ids.filter((id) => reasonOf('benign', 0.1, id) === 'sample');
    // ids are fixed, so this is no game of chance: 400 are expected, 4 standard deviations are 76
    expect(Math.abs(sampled.length - 400)).toBeLessThan(76);
    expect(sampled.map((id) => reasonOf('error', 0, id))).toEqual(sampled.map(() => undefined));
    const { keeper, kept } = await keeping({ sampleShare: 1 });
    await keeper.keep(bytes, scored('1', [undefined, ...all(0.1).slice(1)]));
    expect(await kept()).toEqual(['h1', 'h2', 'h3', 'h4', 'h5', 'h6', 'h7']);
  });

  test('the same graph of the same endpoint enters the sample once, and as an attack each time', async () => {
    const sample = await keeping({ sampleShare: 1 });
    await sample.keeper.keep(bytes, scored('1', all(0.1)));
    await sample.keeper.keep(bytes, scored('2', all(0.1)));
    expect(await sample.store.list({}, { limit: 99 })).toHaveLength(8);
    const attacks = await keeping({});
    await attacks.keeper.keep(bytes, scored('1', all(0.9)));
    await attacks.keeper.keep(bytes, scored('2', all(0.9)));
    expect(await attacks.store.list({}, { limit: 99 })).toHaveLength(16);
  });

  test('after a failure the store is left alone for ten seconds; then the sample is taken again', async () => {
    const { keeper, instead, calls, telemetry, clock, kept } = await keeping({ sampleShare: 1 });
    instead.keep = () => Promise.reject(new LogsterError('unavailable', 'no answer'));
    await keeper.keep(bytes, scored('1', all(0.1)));
    await keeper.keep(bytes, scored('1', all(0.1)));
    expect(calls).toHaveLength(1);
    expect(telemetry.counted('graphs_unkept_total', { reason: 'unavailable' })).toBe(16);
    delete instead.keep;
    await clock.advance(10_000);
    await keeper.keep(bytes, scored('1', all(0.1)));
    expect(await kept()).toEqual(batch.graphs.map((_, place) => `h${place}`));
    expect(telemetry.counted('graphs_kept_total', { platform: 'linux', because: 'sample' })).toBe(8);
    expect(telemetry.lines.map(({ level, sentence }) => [level, sentence])).toEqual([
      ['warn', 'Graphs could not be kept; scoring goes on without'],
      ['info', 'Graphs are kept again'],
    ]);
  });

  test('a store that hangs holds a batch up for two seconds, the next ones not at all', async () => {
    const { keeper, instead, store, telemetry, clock, kept } = await keeping({});
    let answer: () => void = () => undefined;
    const hanging = new Promise<void>((resolve) => {
      answer = resolve;
    });
    instead.keep = async (graphs) => {
      await hanging;
      await store.keep(graphs);
    };
    const first = keeper.keep(bytes, scored('1', all(0.9)));
    await clock.advance(2_000);
    await first;
    await keeper.keep(bytes, scored('2', all(0.9)));
    expect(telemetry.counted('graphs_unkept_total', { reason: 'late' })).toBe(8);
    answer();
    await eventually('what came late is kept all the same', async () => (await kept()).length === 8);
    await eventually('it is counted', () => telemetry.counted('graphs_kept_total') === 8);
    delete instead.keep;
    await keeper.keep(bytes, scored('2', all(0.9)));
    expect(await kept()).toHaveLength(16);
    expect(telemetry.counted('graphs_unkept_total')).toBe(8);
  });

  test('bytes that are no batch cost the graphs and nothing else', async () => {
    const { keeper, telemetry } = await keeping({});
    await keeper.keep(Buffer.from('no batch'), scored('1', all(0.9)));
    expect(telemetry.counted('graphs_unkept_total', { reason: 'input-invalid' })).toBe(8);
  });

  test('once an hour graphs of more than so many days go; a failure waits for the next hour', async () => {
    const { keeper, instead, telemetry, clock, kept } = await keeping({ retentionDays: 1.5 / 24 });
    await keeper.keep(bytes, scored('1', all(0.9)));
    await clock.advance(HOUR_MS);
    expect(await kept()).toHaveLength(8);
    instead.expire = () => Promise.reject(new LogsterError('unavailable', 'no answer'));
    await clock.advance(HOUR_MS);
    await eventually('the failure is told of', () =>
      telemetry.lines.some(({ sentence }) => sentence === 'Old graphs could not be removed'),
    );
    delete instead.expire;
    await clock.advance(HOUR_MS);
    await eventually('they are gone', async () => (await kept()).length === 0);
    await eventually('it is told of', () => telemetry.lines.at(-1)?.sentence === 'Old graphs were removed');
    expect(telemetry.lines.at(-1)?.fields).toEqual({ removed: 8 });
    keeper.close();
    instead.expire = () => Promise.reject(new Error('it was asked after its end'));
    await clock.advance(3 * HOUR_MS);
    expect(telemetry.lines.at(-1)?.sentence).toBe('Old graphs were removed');
  });
});
