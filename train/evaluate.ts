import { PLATFORMS, type Platform } from '../contracts/event.ts';
import type { Capture, Manifest } from '../datasets/manifest.ts';
import type { Engine } from '../models/engine.ts';
import { wholeGraph } from '../models/graph-part.ts';
import { shownProbability } from '../models/scaling.ts';
import { besideLogit } from '../models/trees.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { scoreBaselines } from './baselines/baselines.ts';
import { boundedLogit, SHOWN_THRESHOLDS } from './calibrate.ts';
import type { CaptureReport, Evaluation, PlatformEvaluation, ScorerName } from './evaluation.ts';
import type { Example } from './example.ts';
import { type JudgedPair, type JudgedWindow, judge, type Scores } from './judge.ts';
import type { LoadedModel } from './load-model.ts';
import { scoresOf } from './score-graphs.ts';
import { type Inspect, windowsOf } from './windows-of.ts';

/** What an evaluation needs. */
export interface EvaluateOptions {
  readonly manifest: Manifest;
  readonly judges?: ((capture: Capture) => boolean) | undefined; // which captures; all when absent
  readonly platform?: Platform | undefined; // both when absent
  readonly loadModel: (platform: Platform) => Promise<LoadedModel>;
  /** A rule engine; with one, `sigma` is judged too. */
  readonly inspect?: Inspect | undefined;
  readonly report?: ((line: string) => void) | undefined; // progress, one line per capture
}

/**
 * Judges trained versions on a manifest's captures, from raw lines to scores, one capture at a time. Thresholds
 * come with the models. A capture that cannot be read is reported and does not end the evaluation.
 */
export async function evaluate(options: EvaluateOptions): Promise<Evaluation> {
  const { captures: all, unreadable } = options.manifest;
  const captures = options.judges ? all.filter(options.judges) : all;
  const reports: CaptureReport[] = unreadable.map(({ id, reason }) => ({
    ...EMPTY_REPORT,
    id,
    error: reason,
  }));
  const platforms: Partial<Record<Platform, PlatformEvaluation>> = {};
  const started = process.cpuUsage();
  for (const platform of PLATFORMS) {
    const own = captures.filter((capture) => capture.platform === platform);
    if (own.length === 0 || (options.platform ?? platform) !== platform) continue;
    platforms[platform] = await evaluatePlatform(own, await options.loadModel(platform), reports, options);
  }
  const { user, system } = process.cpuUsage(started);
  const events = reports.reduce((sum, one) => sum + one.events, 0);
  return { platforms, captures: reports, eventsPerCpuSecond: Math.round(events / ((user + system) / 1e6)) };
}

async function evaluatePlatform(
  captures: readonly Capture[],
  loaded: LoadedModel,
  reports: CaptureReport[],
  { inspect, report }: EvaluateOptions,
): Promise<PlatformEvaluation> {
  const windows: JudgedWindow[] = [];
  const pairs: JudgedPair[] = [];
  const engine = wasmEngine(loaded.model);
  try {
    for (const [place, capture] of captures.entries()) {
      const read = await windowsOf(capture, inspect);
      const score = (examples: readonly Example[]) => shownScores(engine, loaded, capture, examples);
      const scored = await score(read.windows);
      read.windows.forEach(({ host, end, label }, at) => {
        windows.push({ capture, host, end, label, scores: scored[at] ?? {} });
      });
      const before = await score(read.pairs.map((pair) => pair.before));
      const during = await score(read.pairs.map((pair) => pair.during));
      read.pairs.forEach(({ kind }, at) => {
        pairs.push({ kind, before: before[at] ?? {}, during: during[at] ?? {} });
      });
      const probs = scored.map((one) => one.gat ?? 0);
      const max = probs.length > 0 ? Math.max(...probs) : null;
      const alerted = (max ?? 0) >= SHOWN_THRESHOLDS[0];
      reports.push({ id: capture.id, ...read.parsing, maxAttackProb: max, alerted });
      report?.(
        `${place + 1}/${captures.length} ${capture.id}: ${read.parsing.events} events, ${max ?? 'no window'}`,
      );
    }
  } finally {
    engine.close();
  }
  return judge(loaded.id, windows, pairs, thresholdsOf(loaded, inspect !== undefined));
}

/** Shown probabilities of a capture's examples by every scorer that the version carries, in order. */
export async function shownScores(
  engine: Engine,
  { model, baselines }: LoadedModel,
  capture: Capture,
  examples: readonly Example[],
): Promise<readonly Scores[]> {
  const { scaling, networkScaling = scaling } = model.manifest;
  const { logits } = await scoresOf(
    engine,
    examples.map((one) => one.graph),
  );
  return examples.map((example, place) => {
    const logit = logits[place] ?? 0;
    const gat = shownProbability(networkScaling, logit);
    const shown = shownProbability(
      scaling,
      Math.fround(besideLogit(model.trees, logit, wholeGraph(example.graph))),
    );
    const probabilities = scoreBaselines(baselines, example, capture);
    const simple = baselines.flatMap(({ name, scaling }) =>
      scaling ? [[name, shownProbability(scaling, boundedLogit(probabilities[name] ?? 0))]] : [],
    );
    const rules = example.rules && { sigma: example.rules.score };
    return { gat, hybrid: shown, ...Object.fromEntries(simple), ...rules };
  });
}

function thresholdsOf({ model, baselines }: LoadedModel, ruled: boolean) {
  const own = model.manifest.thresholds.map((one) => one.threshold);
  const names: ScorerName[] = baselines.filter((one) => one.scaling).map((one) => one.name);
  const scaled = [...names, 'hybrid' as const, ...(ruled ? (['sigma'] as const) : [])];
  return { ...Object.fromEntries(scaled.map((name) => [name, SHOWN_THRESHOLDS])), gat: own };
}

const EMPTY_REPORT: CaptureReport = {
  id: '',
  lines: 0,
  events: 0,
  dropped: {},
  dead: 0,
  maxAttackProb: null,
  alerted: false,
  error: null,
};
