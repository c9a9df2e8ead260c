import type { NormalizedEvent, Platform } from '../contracts/event.ts';
import { type HeteroGraph, RELATIONS } from '../contracts/graph.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import { buildGraph } from '../featurize/build-graph.ts';
import { besideTrees } from '../models/beside-trees.ts';
import type { Engine } from '../models/engine.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import type { LoadedModel } from './load-model.ts';
import { type Parsing, readCapture } from './read-capture.ts';
import { scoreGraphs } from './score-graphs.ts';
import { closedWindows, firstFrom, type Inspect } from './windows-of.ts';

/** Edges shown per window. */
const TOP_EDGES = 5;

/** An edge that carried a window's score. */
export interface CarryingEdge {
  readonly relation: string;
  readonly source: string;
  readonly target: string;
  readonly eventId: string; // its most recent event
  readonly share: number; // of all edges' scores of the window
}

/** One scored window of a file. */
export interface ScoredWindow {
  readonly host: string;
  readonly platform: Platform;
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, exclusive
  readonly events: number;
  readonly attackProb: number;
  readonly prediction: 'attack' | 'benign';
  readonly techniques: readonly string[];
  readonly edges: readonly CarryingEdge[]; // strongest first
}

/** What a file gave. */
export interface ScoredFile {
  readonly file: string;
  readonly parsing: Parsing;
  readonly windows: readonly ScoredWindow[]; // in the order of their end
}

/** What scoring needs. */
export interface ScoreFilesOptions {
  readonly loadModel: (platform: Platform) => Promise<LoadedModel>;
  readonly inspect?: Inspect | undefined;
}

/** Scores captured files of any sensor, one after another. A file that cannot be read says so in `parsing.error`. */
export async function* scoreFiles(
  files: readonly string[],
  { loadModel, inspect }: ScoreFilesOptions,
): AsyncGenerator<ScoredFile> {
  const engines = new Map<Platform, Engine>();
  const engineFor = async (platform: Platform): Promise<Engine> => {
    const known = engines.get(platform);
    if (known) return known;
    const { model } = await loadModel(platform);
    const opened = besideTrees(wasmEngine(model), model);
    engines.set(platform, opened);
    return opened;
  };
  try {
    for (const file of files) yield await scoreFile(file, engineFor, inspect);
  } finally {
    for (const engine of engines.values()) engine.close();
  }
}

async function scoreFile(
  file: string,
  engineFor: (platform: Platform) => Promise<Engine>,
  inspect: Inspect | undefined,
): Promise<ScoredFile> {
  const capture = { id: file, file, hosts: [], useFrom: null, to: null, platform: null };
  const { byEndpoint, parsing } = await readCapture(capture);
  const dropped: Record<string, number> = { ...parsing.dropped };
  const windows: ScoredWindow[] = [];
  for (const events of byEndpoint.values()) {
    const platform = events[0]?.platform;
    if (!platform) continue;
    const graphs = closedWindows(events, dropped).map(({ window, panes }) => buildGraph(window, panes));
    for await (const batch of scoreGraphs(await engineFor(platform), graphs)) {
      let edge = 0;
      batch.graphs.forEach((graph, place) => {
        const edgeScores = batch.scores.edgeScore.subarray(edge, edge + graph.source.length);
        edge += graph.source.length;
        const { start, end } = graph.window;
        const inside = inspect ? events.slice(firstFrom(events, start), firstFrom(events, end)) : [];
        windows.push(
          scored(graph, batch.scores.attackProb[place] ?? 0, edgeScores, techniquesOf(inside, inspect)),
        );
      });
    }
  }
  windows.sort((a, b) => a.end - b.end);
  return { file, parsing: { ...parsing, dropped }, windows };
}

const techniquesOf = (events: readonly NormalizedEvent[], inspect: Inspect | undefined): readonly string[] =>
  inspect ? inspect(events).techniques : [];

function scored(
  graph: HeteroGraph,
  attackProb: number,
  edgeScores: Float32Array,
  techniques: readonly string[],
): ScoredWindow {
  const { hostname, platform, start, end } = graph.window;
  const prediction = attackProb >= ATTACK_PROBABILITY ? 'attack' : 'benign';
  const edges = carryingEdges(graph, edgeScores);
  return {
    host: hostname,
    platform,
    start,
    end,
    events: graph.eventCount,
    attackProb,
    prediction,
    techniques,
    edges,
  };
}

function carryingEdges(graph: HeteroGraph, edgeScores: Float32Array): readonly CarryingEdge[] {
  const total = edgeScores.reduce((sum, score) => sum + score, 0);
  return [...edgeScores.keys()]
    .filter((edge) => (edgeScores[edge] ?? 0) > 0)
    .sort((a, b) => (edgeScores[b] ?? 0) - (edgeScores[a] ?? 0))
    .slice(0, TOP_EDGES)
    .map((edge) => ({
      relation: RELATIONS[graph.window.platform][graph.relation[edge] ?? 0]?.name ?? '',
      source: graph.labels[graph.source[edge] ?? 0] ?? '',
      target: graph.labels[graph.target[edge] ?? 0] ?? '',
      eventId: graph.edgeEvents[edge] ?? '',
      share: (edgeScores[edge] ?? 0) / total,
    }));
}
