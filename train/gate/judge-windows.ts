import type { HeteroGraph } from '../../contracts/graph.ts';
import type { Capture } from '../../datasets/manifest.ts';
import { besideTrees } from '../../models/beside-trees.ts';
import type { Engine, Model } from '../../models/engine.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { scoresOf } from '../score-graphs.ts';
import type { CaptureWindows } from '../windows-of.ts';

/** A window that both versions scored; nothing else is kept of it, so that any number can be judged. */
export interface JudgedPair {
  readonly capture: Capture;
  readonly host: string;
  readonly end: number; // the tick, epoch seconds
  readonly attack: boolean;
  readonly champion: number; // shown probability
  readonly challenger: number;
}

/** Labelled windows of frozen captures under both versions, and graphs to measure the time with. */
export interface JudgedWindows {
  readonly windows: readonly JudgedPair[];
  /** The middle one in size of every capture. */
  readonly graphs: readonly HeteroGraph[];
  readonly unread: readonly { readonly id: string; readonly reason: string }[];
}

export interface JudgeNeeds {
  readonly champion: Model;
  readonly challenger: Model;
  readonly captures: readonly Capture[];
  /** A capture's windows, from a cache or from its lines. */
  readonly windowsOf: (capture: Capture) => Promise<CaptureWindows>;
  readonly report?: ((line: string) => void) | undefined;
}

/** Scores the same windows with both versions: each capture is read once, its graphs are made once. */
export async function judgeWindows(needs: JudgeNeeds): Promise<JudgedWindows> {
  const { captures, windowsOf, report } = needs;
  const engines = [needs.champion, needs.challenger].map((model) => besideTrees(wasmEngine(model), model));
  const windows: JudgedPair[] = [];
  const graphs: HeteroGraph[] = [];
  const unread: { id: string; reason: string }[] = [];
  try {
    for (const [place, capture] of captures.entries()) {
      const content = await windowsOf(capture);
      const { error } = content.parsing;
      if (error !== null) {
        unread.push({ id: capture.id, reason: error });
        continue;
      }
      windows.push(...(await pairsIn(capture, content, engines)));
      graphs.push(...middleOf(content));
      report?.(`${place + 1}/${captures.length} ${capture.id}: ${content.windows.length} windows`);
    }
  } finally {
    for (const engine of engines) engine.close();
  }
  return { windows, graphs, unread };
}

async function pairsIn(
  capture: Capture,
  { windows }: CaptureWindows,
  engines: readonly Engine[],
): Promise<readonly JudgedPair[]> {
  const labelled = windows.filter((one) => one.label !== 'unknown');
  const graphs = labelled.map((one) => one.graph);
  const [champion, challenger] = await Promise.all(engines.map((engine) => scoresOf(engine, graphs)));
  return labelled.map(({ host, end, label }, place) => ({
    capture,
    host,
    end,
    attack: label === 'attack',
    champion: champion?.attackProbs[place] ?? 0,
    challenger: challenger?.attackProbs[place] ?? 0,
  }));
}

function middleOf({ windows }: CaptureWindows): readonly HeteroGraph[] {
  const bySize = windows.map((one) => one.graph).sort((a, b) => a.source.length - b.source.length);
  return bySize.slice(bySize.length >> 1, (bySize.length >> 1) + 1);
}
