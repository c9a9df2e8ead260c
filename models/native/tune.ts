import type { Platform } from '../../contracts/event.ts';
import { emptyScores } from '../explain.ts';
import { createPreparer } from '../prepare.ts';
import { syntheticBatch, syntheticSizes } from '../synthetic.ts';
import type { ScoreStretch } from './engine.ts';
import { nextStretch } from './stretches.ts';

/** How much goes into one call: nodes and messages weighed as workOf() does. */
export interface TunedWork {
  readonly work: number;
  readonly reason: string;
}

/** From what fits the second-level cache to what only memory holds. */
const CANDIDATES = [500, 1000, 2000, 4000, 8000] as const;
const GRAPHS = 48;
const ROUNDS = 3;
/** A larger call must be this much faster to be taken: smaller ones keep answers short and memory low. */
const WORTH = 1.03;

/** A process keeps its processor, and both platforms' networks have the same sizes. */
let tuned: TunedWork | undefined;

/** What measureWork() finds, measured once in a process: a model that is swapped in must not hold up scoring. */
export function tuneWork(platform: Platform, score: ScoreStretch): TunedWork {
  tuned ??= measureWork(platform, score);
  return tuned;
}

/** Scores made-up graphs in calls of several sizes and takes the fastest; a fifth of a second. */
function measureWork(platform: Platform, score: ScoreStretch): TunedWork {
  const graphs = syntheticBatch(platform, syntheticSizes(GRAPHS, 1), 1);
  const batch = createPreparer(platform).prepare(graphs);
  const scores = emptyScores(graphs);
  const pass = (most: number) => {
    const begun = performance.now();
    for (let from = 0; from < batch.graphs; ) {
      const stretch = nextStretch(batch, from, most);
      score(batch, stretch, scores);
      from = stretch.to;
    }
    return performance.now() - begun;
  };
  for (const most of CANDIDATES) pass(most); // TensorFlow prepares itself at the first call
  const best = CANDIDATES.map((most) => ({
    most,
    ms: Math.min(...Array.from({ length: ROUNDS }, () => pass(most))),
  }));
  const chosen = best.reduce((a, b) => (a.ms > b.ms * WORTH ? b : a));
  const others = best.map(({ most, ms }) => `${most}: ${Math.round((GRAPHS * 1000) / ms)}`).join(', ');
  return {
    work: chosen.most,
    reason: `${chosen.most} nodes a call (graphs per second with ${others})`,
  };
}
