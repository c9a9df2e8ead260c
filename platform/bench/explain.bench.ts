import { join } from 'node:path';
import type { BenchResult } from '../../contracts/bench.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import { CAPS, type HeteroGraph, NODE_TYPES, type NodeType } from '../../contracts/graph.ts';
import { syntheticBatch } from '../../models/synthetic.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { createExplainer } from '../../models/wasm/explainer.ts';
import { checkByDeletion, DELETED, type Deletion, OURS } from '../../train/deletion-check.ts';
import { type LoadedModel, loadFolder } from '../../train/load-model.ts';
import { bootstrapByGroup, quantile } from '../../train/metrics.ts';
import { sampleCaptures } from '../../train/sample-windows.ts';
import { scoresOf } from '../../train/score-graphs.ts';
import { table } from '../table.ts';
import { type Say, sayOnStderr } from './arena.ts';
import { capturesManifest } from './graph-sets.ts';

/** What a window may take to be explained. */
const LIMIT_MS = 100;
const SAMPLE = { captures: 120, windowsEach: 6 };
/** Windows below it raise no alert, where nothing else is set. */
const ALERT_THRESHOLD = 0.7;
/** Shares of every cap at which windows are timed; the last are the largest there can be. */
const SIZES = [0.01, 0.05, 0.2, 0.5, 1];
const ROUNDS = 40;
const SEED = 11;

/**
 * Whether what we name as carrying a score carried it: what alerting windows of recordings lose without the nodes and
 * edges that we, attention or degree put first, beside as many random ones; and how long an explanation takes.
 */
export async function benchExplain(root: string): Promise<readonly BenchResult[]> {
  const results: BenchResult[] = [];
  for (const platform of PLATFORMS) {
    const loaded = await loadFolder(join(root, 'models', platform));
    results.push(...(await deletionOf(root, platform, loaded, sayOnStderr)));
  }
  return [...results, ...(await speedOf(root))];
}

async function deletionOf(
  root: string,
  platform: Platform,
  { model }: LoadedModel,
  say: Say,
): Promise<readonly BenchResult[]> {
  const engine = wasmEngine(model);
  const scorer = { engine, explainer: createExplainer(model) };
  const byRun = new Map<string, Deletion[]>();
  let windows = 0;
  for (const { run, graphs } of await sampleCaptures(capturesManifest(root), platform, SAMPLE)) {
    for (const graph of await alerting(graphs, engine)) {
      const deletions = await checkByDeletion(graph, scorer, SEED + windows++);
      byRun.set(run, [...(byRun.get(run) ?? []), ...deletions]);
    }
  }
  engine.close();
  say(`${platform}: ${windows} windows of ${byRun.size} recordings score ${ALERT_THRESHOLD} and more`);
  if (windows === 0) return [];
  const runs = [...byRun.values()];
  return (['nodes', 'edges'] as const).flatMap((parts) => {
    printLosses(`${platform}, ${parts}`, runs, parts);
    return DELETED.flatMap((count) => resultOf(platform, runs, { parts, count }));
  });
}

async function alerting(graphs: readonly HeteroGraph[], engine: ReturnType<typeof wasmEngine>) {
  const { attackProbs } = await scoresOf(engine, graphs);
  return graphs.filter((_, place) => (attackProbs[place] ?? 0) >= ALERT_THRESHOLD);
}

type Which = Pick<Deletion, 'parts' | 'count'>;

function ofRuns(runs: readonly (readonly Deletion[])[], { parts, count }: Which) {
  return runs.map((run) => run.filter((one) => one.parts === parts && one.count === count));
}

const meanOf = (values: readonly number[]): number | null =>
  values.length === 0 ? null : values.reduce((sum, value) => sum + value, 0) / values.length;

/** Mean log-odds lost by who ranked, with 95 % bootstrap intervals over recordings. */
function printLosses(title: string, runs: readonly (readonly Deletion[])[], parts: Deletion['parts']): void {
  const rows = DELETED.flatMap((count) => {
    const groups = ofRuns(runs, { parts, count });
    const names = Object.keys(groups.flat()[0]?.lost ?? {});
    const cells = names.map((name) => interval(groups, ({ lost }) => lost[name] ?? 0));
    const beyond = interval(groups, ({ lost }) => (lost[OURS] ?? 0) - (lost.random ?? 0));
    return names.length === 0 ? [] : [{ names, row: [count, groups.flat().length, ...cells, beyond] }];
  });
  const [first] = rows;
  if (!first) return;
  const head = [title, 'windows', ...first.names, 'ours less random'];
  process.stdout.write(
    `${table(
      head,
      rows.map(({ row }) => row),
    )}\n\n`,
  );
}

function interval(groups: readonly (readonly Deletion[])[], of: (one: Deletion) => number): string {
  const figure = bootstrapByGroup(groups, (items) => meanOf(items.map(of)));
  if (!figure) return '-';
  return `${figure.value.toFixed(2)} (${figure.low.toFixed(2)} to ${figure.high.toFixed(2)})`;
}

function resultOf(
  platform: Platform,
  runs: readonly (readonly Deletion[])[],
  which: Which,
): readonly BenchResult[] {
  const all = ofRuns(runs, which).flat();
  const ours = meanOf(all.map(({ lost }) => lost[OURS] ?? 0));
  const peerValue = meanOf(all.map(({ lost }) => lost.random ?? 0));
  if (ours === null || peerValue === null) return [];
  const name = `${platform}, strongest ${which.count} ${which.parts} gone`;
  return [{ name, unit: 'log-odds lost', ours, peer: 'random', peerValue, ratio: ours / peerValue }];
}

/** Times made-up windows up to the caps, one after another on this thread. */
async function speedOf(root: string): Promise<readonly BenchResult[]> {
  const { model } = await loadFolder(join(root, 'models', 'windows'));
  const explainer = createExplainer(model);
  const engine = wasmEngine(model);
  const types: readonly NodeType[] = NODE_TYPES.windows;
  const results: BenchResult[] = [];
  const rows: (string | number)[][] = [];
  for (const share of SIZES) {
    const nodesPerType = types.map((type) => Math.ceil(CAPS.nodes[type] * share));
    const edges = Math.ceil(CAPS.edges * share);
    const batch = syntheticBatch('windows', [{ nodesPerType, edges }], SEED);
    const nodes = nodesPerType.reduce((sum, count) => sum + count, 0);
    const explained = await timesOf(async () => explainer.explain(batch));
    const scored = await timesOf(() => engine.score(batch));
    rows.push([nodes, edges, ...[...explained, ...scored].map((ms) => Number(ms.toPrecision(3)))]);
    const [, ours] = explained;
    const name = `a window of ${nodes} nodes, ${edges} edges, p95`;
    results.push({ name, unit: 'ms', ours, peer: 'the limit', peerValue: LIMIT_MS, ratio: LIMIT_MS / ours });
  }
  engine.close();
  const head = ['nodes', 'edges', 'explained in ms, p50', 'p95', 'scored in ms, p50', 'p95'];
  process.stdout.write(`${table(head, rows)}\n\n`);
  return results;
}

/** The middle time and the 95th of 100, in milliseconds on the clock; the first rounds are not counted. */
async function timesOf(run: () => Promise<unknown>): Promise<readonly [number, number]> {
  const times: number[] = [];
  for (let round = -5; round < ROUNDS; round++) {
    const begun = performance.now();
    await run();
    if (round >= 0) times.push(performance.now() - begun);
  }
  return [quantile(times, 0.5) ?? 0, quantile(times, 0.95) ?? 0];
}
