import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Platform } from '../../contracts/event.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { type Capture, parseManifest } from '../../datasets/manifest.ts';
import { joinGraphs } from '../../featurize/batch.ts';
import { featureSchema } from '../../featurize/features.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { createExplainer } from '../../models/wasm/explainer.ts';
import type { KeptWindow } from '../../ports/graphs/graphs.ts';
import { reasonToKeep, scoredFacts } from '../../serve/keep-graphs.ts';
import type { ScoredWindow } from '../../serve/messages.ts';
import { rememberedScores } from '../../serve/remembered.ts';
import { scoreBatch } from '../../serve/score-batch.ts';
import type { Example } from '../../train/example.ts';
import { recurringLines } from '../../train/job-fixtures.ts';
import type { LoadedModel } from '../../train/load-model.ts';
import type { CaptureWindows } from '../../train/windows-of.ts';
import { BENIGN_JOBS } from './teach-jobs.ts';

/** A window of the stream with what the product knows of it once the champion has scored it. */
export interface StreamWindow {
  /** `recorded`, or the made-up job. */
  readonly kind: string;
  readonly run: string; // two views of one run are one
  readonly machine: string; // one view of one machine
  readonly example: Example;
  readonly scored: KeptWindow;
  /** Whether its graph is kept, so that it can be offered for a verdict. */
  readonly kept: boolean;
}

/** As the configuration has it where nothing else is set. */
const KEEPING = { from: 0.5, sampleShare: 0.01 };
const JOB = { hosts: 4, seconds: 600 };
const AT_ONCE = 32;
const REMEMBERED_BYTES = 64 * 1024 * 1024;

/** How a champion scores windows, explanations and patterns included, on this thread. */
export function streamScorer({ id, model }: LoadedModel) {
  const engine = besideTrees(wasmEngine(model), model);
  const explainer = createExplainer(model);
  const remembered = rememberedScores(REMEMBERED_BYTES);
  const { platform, name } = model.manifest;
  const scoring = {
    ...{ engine, remembered, engineMs: () => 0, now: () => 0 },
    explaining: {
      explain: async (one: Parameters<typeof explainer.explain>[0]) => explainer.explain(one),
      featureNames: {},
    },
    by: { modelName: name, modelVersion: id, backend: 'wasm' },
  };
  return {
    /** The benign windows of a capture as the product knows them. */
    async score(
      kind: string,
      { id: capture, run }: Capture,
      { windows }: CaptureWindows,
    ): Promise<StreamWindow[]> {
      const benign = windows.filter((one) => one.label === 'benign').map((one) => onOwnMachine(one, capture));
      const found: StreamWindow[] = [];
      for (let from = 0; from < benign.length; from += AT_ONCE) {
        const some = benign.slice(from, from + AT_ONCE);
        const batch = joinGraphs(
          platform,
          some.map((one) => one.graph),
        );
        const scored = await scoreBatch(batch, { from: 0, to: some.length }, scoring);
        found.push(
          ...some.flatMap((example, place) => {
            const window = scored[place];
            if (!window) return [];
            const because = reasonToKeep(window, KEEPING);
            const facts = keptWindow(window, example.graph, because ?? 'sample');
            return [
              { kind, run, machine: example.host, example, scored: facts, kept: because !== undefined },
            ];
          }),
        );
      }
      return found;
    },
    close: () => engine.close(),
  };
}

/** Every view of a run is a machine of its own, so that two of them never share a window's id. */
function onOwnMachine(one: Example, capture: string): Example {
  const host = `${capture} ${one.host}`;
  return { ...one, host, graph: { ...one.graph, window: { ...one.graph.window, endpointId: host } } };
}

function keptWindow(window: ScoredWindow, graph: HeteroGraph, because: KeptWindow['because']): KeptWindow {
  return {
    ...scoredFacts(window),
    because,
    featureSchema: featureSchema(window.platform),
    contentHash: graph.contentHash,
    keptAt: window.window_end,
  };
}

/** Recordings of the made-up jobs, each on several machines; what `use` makes of them must not need the file. */
export async function eachJobCapture(
  platform: Platform,
  use: (kind: string, capture: Capture) => Promise<void>,
): Promise<void> {
  const folder = await mkdtemp(join(tmpdir(), 'logster-teach-'));
  try {
    for (const [kind, job] of BENIGN_JOBS.entries())
      for (let host = 0; host < JOB.hosts; host++) {
        const id = `${job.name}-${host}`;
        const file = `${id}.ndjson`;
        const own = { host: JOB.hosts * kind + host, seconds: JOB.seconds };
        await writeFile(join(folder, file), recurringLines(job, own));
        const entry = {
          id,
          platform,
          file,
          lab: 'made up',
          role: 'judge only',
          attack: false,
          hosts: [{ name: id }],
        };
        for (const capture of parseManifest({ captures: [entry] }, folder).captures)
          await use(job.name, capture);
      }
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}
