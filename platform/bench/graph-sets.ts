import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { joinGraphs } from '../../featurize/batch.ts';
import { scoringParameters } from '../../models/artifact.ts';
import type { Exchange } from '../../models/exchange.ts';
import { nodesOf } from '../../models/prepare.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../../models/synthetic.ts';
import { loadFolder } from '../../train/load-model.ts';
import { sampleWindows } from '../../train/sample-windows.ts';

/** Graphs to measure on, by platform; every contestant gets the same. */
export interface GraphSet {
  readonly name: string;
  readonly exchanges: readonly Exchange[];
}

const SEED = 7;
/** About four hundred windows of both platforms together. */
const SAMPLE = { captures: 40, windowsEach: 6 };

/** Made-up graphs of the sizes of real windows, with an untrained network. */
export function syntheticSet(graphs: number): GraphSet {
  const batch = syntheticBatch('linux', syntheticSizes(graphs, SEED), SEED);
  return { name: 'synthetic', exchanges: [exchangeOf(batch, syntheticModel('linux', SEED).parameters)] };
}

/** Windows of recorded captures, each platform with the network that ships for it. */
export async function realSet(root: string, manifest: string): Promise<GraphSet> {
  const exchanges: Exchange[] = [];
  for (const platform of PLATFORMS) {
    const graphs = await sampleWindows(manifest, platform, SAMPLE);
    if (graphs.length === 0) continue;
    exchanges.push(exchangeOf(joinGraphs(platform, graphs), await shippedParameters(root, platform)));
  }
  return { name: 'real', exchanges };
}

/** The captures to sample: those beside the project's folder when they are there, else the ones that ship. */
export function capturesManifest(root: string): string {
  const beside = join(root, '..', 'shared', 'data', 'MANIFEST.json');
  return existsSync(beside) ? beside : join(root, 'datasets', 'recordings', 'MANIFEST.json');
}

/** Sizes of a set's graphs, for people: smallest, middle and largest. */
export function sizesOf({ exchanges }: GraphSet): { readonly graphs: number; readonly text: string } {
  const graphs = exchanges.flatMap(({ batch }) => batch.graphs);
  const nodes = graphs.map(nodesOf).sort((a, b) => a - b);
  const edges = graphs.map((graph) => graph.edges).sort((a, b) => a - b);
  const of = (sorted: readonly number[]) =>
    [0.05, 0.5, 0.95, 1].map((share) => sorted[Math.ceil(share * (sorted.length - 1))] ?? 0).join(' / ');
  return { graphs: graphs.length, text: `nodes ${of(nodes)}, edges ${of(edges)} (p5 / p50 / p95 / max)` };
}

async function shippedParameters(root: string, platform: Platform): Promise<Float32Array> {
  return scoringParameters((await loadFolder(join(root, 'models', platform))).model);
}

/** Graphs with parameters, every second one labelled an attack. */
export function exchangeOf(batch: GraphBatch, parameters: Float32Array): Exchange {
  const labels = Float32Array.from(batch.graphs, (_, graph) => graph % 2);
  return { batch, parameters, labels, weights: new Float32Array(labels.length).fill(1) };
}
