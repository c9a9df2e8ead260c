import type { Platform } from '../contracts/event.ts';
import { FEATURES, type GraphBatch, type GraphInBatch, NODE_TYPES, RELATIONS } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { architectureHash } from './architecture.ts';
import type { Model } from './engine.ts';
import { initialParameters } from './parameters.ts';
import { type Random, randomFrom } from './random.ts';
import { logitOf, scalingAt } from './scaling.ts';

/** What a made-up graph should be like. */
export interface SyntheticGraph {
  readonly nodesPerType: readonly number[];
  readonly edges: number;
  /** Added to the first features of process nodes: lets a test make classes that can be told apart. */
  readonly shift?: number;
  /** Largest feature, 3 unless told. */
  readonly amplitude?: number;
}

const SHARES = [0.35, 0.35, 0.05, 0.15, 0.1];

/**
 * Graphs of the sizes of real windows: 20 to 400 nodes, log-uniform, mean about 130; twice as many edges, so about
 * 500 messages.
 */
export function syntheticSizes(graphs: number, seed: number): SyntheticGraph[] {
  const random = randomFrom(seed);
  return Array.from({ length: graphs }, () => {
    const nodes = Math.round(20 * 20 ** random.next());
    const nodesPerType = SHARES.map((share) => Math.max(1, Math.round(nodes * share)));
    return { nodesPerType, edges: Math.round(nodes * (1 + 2 * random.next())) };
  });
}

/** A batch of made-up graphs, for tests and measurements; the same arguments give the same batch. */
export function syntheticBatch(
  platform: Platform,
  sizes: readonly SyntheticGraph[],
  seed: number,
): GraphBatch {
  const random = randomFrom(seed);
  const total = (part: (size: SyntheticGraph) => number) => sizes.reduce((sum, size) => sum + part(size), 0);
  const nodes = total((size) => sum(size.nodesPerType));
  const edges = total((size) => size.edges);
  const features = new Float32Array(nodes * FEATURES);
  const source = new Int32Array(edges);
  const target = new Int32Array(edges);
  const relation = new Uint8Array(edges);
  const count = new Uint32Array(edges);
  const graphs: GraphInBatch[] = [];
  let nodeOffset = 0;
  let edgeOffset = 0;
  for (const size of sizes) {
    fillFeatures(features, nodeOffset, size, random);
    for (let e = edgeOffset; e < edgeOffset + size.edges; e++) {
      const edge = drawEdge(platform, size.nodesPerType, random);
      source[e] = nodeOffset + edge.source;
      target[e] = nodeOffset + edge.target;
      relation[e] = edge.relation;
      count[e] = Math.ceil(1 / (1 - random.next()));
    }
    graphs.push(graphOf(platform, size, graphs.length, nodeOffset, edgeOffset));
    nodeOffset += sum(size.nodesPerType);
    edgeOffset += size.edges;
  }
  const first = Float32Array.from(source, () => 120);
  const last = Float32Array.from(source, () => 30);
  const arrays = { features, source, target, relation, count, first, last };
  return batchOf(platform, graphs, arrays);
}

/** An untrained model, for tests and measurements; it shows the softmax value as it is. */
export function syntheticModel(platform: Platform, seed = 1, featureSchema = 'synthetic'): Model {
  return {
    manifest: {
      format: 1,
      name: `logster-${platform}-gat`,
      platform,
      architecture: architectureHash(platform),
      featureSchema,
      data: 'synthetic',
      createdAt: '2026-01-01T00:00:00Z',
      seed,
      scaling: scalingAt(logitOf(0.7)),
      thresholds: [],
      metrics: {},
      files: {},
    },
    parameters: initialParameters(platform, seed),
  };
}

type Arrays = Pick<GraphBatch, 'features' | 'source' | 'target' | 'relation' | 'count' | 'first' | 'last'>;

function batchOf(platform: Platform, graphs: readonly GraphInBatch[], arrays: Arrays): GraphBatch {
  return {
    platform,
    featureSchema: 'synthetic',
    graphs,
    ...arrays,
    nodeLabel: (node) => `node ${node}`,
    edgeEvent: (edge) => `event ${edge}`,
  };
}

function graphOf(
  platform: Platform,
  size: SyntheticGraph,
  place: number,
  nodeOffset: number,
  edgeOffset: number,
): GraphInBatch {
  const end = 1_700_000_000 + place * 30;
  return {
    window: {
      tenantId: 'default',
      endpointId: `host-${place}`,
      hostname: `host-${place}`,
      platform,
      start: end - 180,
      end,
    },
    windowId: idOf('window', 'default', `host-${place}`, platform, String(end)),
    eventCount: size.edges,
    contentHash: `synthetic-${place}`,
    nodesPerType: size.nodesPerType,
    nodeOffset,
    edgeOffset,
    edges: size.edges,
  };
}

function fillFeatures(features: Float32Array, firstNode: number, size: SyntheticGraph, random: Random): void {
  const { nodesPerType, shift = 0, amplitude = 3 } = size;
  const processes = nodesPerType[0] ?? 0;
  for (let node = 0; node < sum(nodesPerType); node++) {
    for (let f = 0; f < FEATURES; f++) {
      const value = (random.next() * 2 - 1) * amplitude;
      features[(firstNode + node) * FEATURES + f] = node < processes && f < 4 ? value + shift : value;
    }
  }
}

/** An edge between types that have nodes; low node numbers are the hubs. */
function drawEdge(
  platform: Platform,
  nodesPerType: readonly number[],
  random: Random,
): { source: number; target: number; relation: number } {
  const types: readonly string[] = NODE_TYPES[platform];
  const offsetOf = (type: number) => sum(nodesPerType.slice(0, type));
  const pick = (type: number) => offsetOf(type) + Math.floor(random.next() ** 2 * (nodesPerType[type] ?? 0));
  for (;;) {
    const relation = Math.floor(random.next() * RELATIONS[platform].length);
    const { source, target } = RELATIONS[platform][relation] ?? { source: '', target: '' };
    const from = types.indexOf(source);
    const to = types.indexOf(target);
    if (nodesPerType[from] && nodesPerType[to]) return { source: pick(from), target: pick(to), relation };
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
