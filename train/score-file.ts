import type { NormalizedEvent, Platform } from '../contracts/event.ts';
import type { HeteroGraph } from '../contracts/graph.ts';
import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import { joinGraphs } from '../featurize/batch.ts';
import { buildGraph } from '../featurize/build-graph.ts';
import { besideTrees } from '../models/beside-trees.ts';
import type { Engine } from '../models/engine.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { createExplainer, type Explainer } from '../models/wasm/explainer.ts';
import { type CarryingEdge, type CarryingNode, carriedBy } from './carried.ts';
import type { LoadedModel } from './load-model.ts';
import { type Parsing, readCapture } from './read-capture.ts';
import { scoreGraphs } from './score-graphs.ts';
import { closedWindows, firstFrom, type Inspect } from './windows-of.ts';

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
  readonly nodes: readonly CarryingNode[]; // strongest first
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
  const opened = new Map<Platform, Opened>();
  const open = async (platform: Platform): Promise<Opened> => {
    const known = opened.get(platform);
    if (known) return known;
    const { model } = await loadModel(platform);
    const fresh = { engine: besideTrees(wasmEngine(model), model), explainer: createExplainer(model) };
    opened.set(platform, fresh);
    return fresh;
  };
  try {
    for (const file of files) yield await scoreFile(file, open, inspect);
  } finally {
    for (const { engine } of opened.values()) engine.close();
  }
}

interface Opened {
  readonly engine: Engine;
  readonly explainer: Explainer;
}

async function scoreFile(
  file: string,
  open: (platform: Platform) => Promise<Opened>,
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
    const { engine, explainer } = await open(platform);
    for await (const batch of scoreGraphs(engine, graphs)) {
      batch.graphs.forEach((graph, place) => {
        const { start, end } = graph.window;
        const inside = inspect ? events.slice(firstFrom(events, start), firstFrom(events, end)) : [];
        windows.push({
          ...scored(graph, batch.scores.attackProb[place] ?? 0, techniquesOf(inside, inspect)),
          ...carriedBy(graph, explainer.explain(joinGraphs(platform, [graph]))),
        });
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
  techniques: readonly string[],
): Omit<ScoredWindow, 'nodes' | 'edges'> {
  const { hostname, platform, start, end } = graph.window;
  const prediction = attackProb >= ATTACK_PROBABILITY ? 'attack' : 'benign';
  return {
    host: hostname,
    platform,
    start,
    end,
    events: graph.eventCount,
    attackProb,
    prediction,
    techniques,
  };
}
