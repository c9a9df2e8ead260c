import { PLATFORMS, type Platform } from '../contracts/event.ts';
import type { Feedback } from '../contracts/feedback.ts';
import type { HeteroGraph } from '../contracts/graph.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { graphsOf } from '../contracts/graphs-of.ts';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { keptGraphs } from '../datasets/feedback/gather.ts';
import { readFeedbackExamples, readFeedbackRows } from '../datasets/feedback/read.ts';
import { readVersionManifest } from '../datasets/version/read.ts';
import { featureSchema } from '../featurize/features.ts';
import { besideTrees } from '../models/beside-trees.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import type { GraphStore } from '../ports/graphs/graphs.ts';
import type { Registry } from '../ports/registry/registry.ts';
import { loadVersion, modelName } from './load-model.ts';
import { scoresOf } from './score-graphs.ts';

/** The tag of a model version that names the version of the data it learnt from. */
export const DATA_TAG = 'data_version';

/** A window that a verdict reaches, what it scored and what it scores. */
export interface TracedWindow {
  readonly inferenceId: string;
  readonly endpointId: string;
  readonly platform: Platform;
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, exclusive
  readonly scoredThen: number;
  readonly modelThen: string; // version
  readonly scoresNow: number | null; // null: no champion, or its graph is of another feature schema
  readonly modelNow: string | null; // name@version
}

/** A version of the data that read a verdict. */
export interface TracedVersion {
  readonly id: string;
  readonly windows: readonly {
    readonly inferenceId: string;
    readonly equalIds: readonly string[]; // windows with an equal graph, for which it stands
    readonly label: 'attack' | 'benign';
    readonly weight: number;
  }[];
  readonly review: readonly string[]; // why the verdict is on its review list
  readonly accepted: boolean; // all the same
  readonly models: readonly string[]; // name@version of what was trained on it
}

/** From a verdict to the models that learnt from it. */
export interface FeedbackLineage {
  readonly feedbackId: string;
  readonly verdict: Feedback | null; // null: kept no more
  readonly windows: readonly TracedWindow[]; // oldest first
  readonly versions: readonly TracedVersion[];
}

/** Where a verdict left its traces. */
export interface LineageSources {
  readonly verdict: Feedback | null;
  readonly versionFolders: readonly string[];
  readonly graphs: Pick<GraphStore, 'get'>;
  readonly registry: Pick<Registry, 'versions' | 'version' | 'alias' | 'file'>;
}

/**
 * Follows a verdict: to the windows that it was given on or reached, to the versions of the data in which they are
 * examples, and to the model versions that learnt from those. Each window is scored again with the champion; its
 * graph is the one that a version holds, else the one that is kept.
 */
export async function feedbackLineage(feedbackId: string, sources: LineageSources): Promise<FeedbackLineage> {
  const traced = new Map<string, Scorable>();
  const versions: TracedVersion[] = [];
  for (const folder of sources.versionFolders) {
    const version = await versionOf(feedbackId, folder, sources.registry);
    if (version === null) continue;
    versions.push(version);
    for (const one of await examplesOf(feedbackId, folder)) traced.set(one.inferenceId, one);
  }
  const missing = (sources.verdict?.inference_ids ?? []).filter((id) => !traced.has(id));
  for await (const { bytes, ...kept } of keptGraphs(sources.graphs, missing)) {
    const { inferenceId, endpointId, platform, windowStart: start, windowEnd: end } = kept;
    const graph =
      kept.featureSchema === featureSchema(platform) ? graphsOf(decodeBatch(bytes))[0] : undefined;
    const then = { scoredThen: kept.attackProb, modelThen: kept.modelVersion };
    traced.set(inferenceId, { inferenceId, endpointId, platform, start, end, ...then, graph });
  }
  const windows = await scoredNow([...traced.values()], sources.registry);
  return { feedbackId, verdict: sources.verdict, windows, versions };
}

interface Scorable extends Omit<TracedWindow, 'scoresNow' | 'modelNow'> {
  readonly graph: HeteroGraph | undefined;
}

async function versionOf(
  feedbackId: string,
  folder: string,
  registry: LineageSources['registry'],
): Promise<TracedVersion | null> {
  const { id, content } = await readVersionManifest(folder);
  if (content.feedback === undefined) return null;
  const rows = (await readFeedbackRows(folder)).filter((row) => row.feedbackIds.includes(feedbackId));
  const review = content.feedback.review.find((one) => one.feedbackId === feedbackId);
  if (rows.length === 0 && review === undefined) return null;
  return {
    id,
    windows: rows.map(({ inferenceId, equalIds, label, weight }) => ({
      inferenceId,
      equalIds,
      label,
      weight,
    })),
    review: review?.reasons ?? [],
    accepted: review?.accepted ?? false,
    models: await trainedOn(id, registry),
  };
}

async function trainedOn(
  dataVersion: string,
  registry: LineageSources['registry'],
): Promise<readonly string[]> {
  const found: string[] = [];
  for (const platform of PLATFORMS) {
    const name = modelName(platform);
    for (const one of await registry.versions(name))
      if (one.tags[DATA_TAG] === dataVersion) found.push(`${name}@${one.version}`);
  }
  return found;
}

async function examplesOf(feedbackId: string, folder: string): Promise<readonly Scorable[]> {
  const { content } = await readVersionManifest(folder);
  const found: Scorable[] = [];
  for (const platform of PLATFORMS) {
    const isNow = content.feedback?.platforms[platform]?.featureSchema === featureSchema(platform);
    for (const one of await readFeedbackExamples(folder, platform))
      if (one.feedbackIds.includes(feedbackId)) found.push(scorableOf(one, isNow));
  }
  return found;
}

function scorableOf(example: FeedbackExample, isNow: boolean): Scorable {
  const { inferenceId, endpointId, platform, start, end, attackProb, modelVersion, content } = example;
  return {
    ...{ inferenceId, endpointId, platform, start, end },
    scoredThen: attackProb,
    modelThen: modelVersion,
    graph: isNow ? content : undefined,
  };
}

async function scoredNow(
  windows: readonly Scorable[],
  registry: LineageSources['registry'],
): Promise<readonly TracedWindow[]> {
  const scored: TracedWindow[] = [];
  for (const platform of PLATFORMS) {
    const own = windows.filter((one) => one.platform === platform);
    const graphs = own.flatMap((one) => one.graph ?? []);
    const { model, probs } = await championScores(platform, graphs, registry);
    let place = 0;
    for (const { graph, ...window } of own) {
      const prob = graph === undefined ? undefined : probs[place++];
      scored.push({
        ...window,
        scoresNow: prob ?? null,
        modelNow: prob === undefined ? null : model,
      });
    }
  }
  return scored.sort((a, b) => a.start - b.start || (a.inferenceId < b.inferenceId ? -1 : 1));
}

async function championScores(
  platform: Platform,
  graphs: readonly HeteroGraph[],
  registry: LineageSources['registry'],
): Promise<{ readonly model: string | null; readonly probs: readonly number[] }> {
  const name = modelName(platform);
  const champion = graphs.length > 0 ? await registry.alias(name, 'champion') : undefined;
  if (champion === undefined) return { model: null, probs: [] };
  const { id, model } = await loadVersion(registry, name, champion.version);
  const engine = besideTrees(wasmEngine(model), model);
  try {
    return { model: id, probs: (await scoresOf(engine, graphs)).attackProbs };
  } finally {
    engine.close();
  }
}
