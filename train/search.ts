import { crossFit } from './cross-fit.ts';
import type { PlatformEvaluation, ScorerName } from './evaluation.ts';
import { seedOptions } from './final-unit.ts';
import type { Recipe } from './fit.ts';
import { openRun, type RunOptions } from './open-run.ts';
import { seededRandom } from './random.ts';

/** What is searched over, and the values that are worth a try: about half and twice what the recipes say. */
const SPACE = {
  learningRate: [1e-3, 2e-3, 3e-3, 5e-3],
  weightDecay: [0.1, 0.3, 0.5, 1],
  dropout: [
    { node: 0, edge: 0.2, feature: 0.2 },
    { node: 0.15, edge: 0.3, feature: 0.3 },
    { node: 0.2, edge: 0.4, feature: 0.45 },
    { node: 0.3, edge: 0.5, feature: 0.6 },
  ],
  maskShare: [0, 0.2, 0.3, 0.5],
  namelessShare: [0, 0.3, 0.5, 0.8],
  renamedShare: [0, 0.1, 0.3],
  overlayShare: [0, 0.15, 0.3],
  smoothing: [0, 0.01, 0.03],
  pairShare: [0, 0.2, 0.4],
  treeRows: ['window', 'processes'],
  treeShare: [0, 0.5, 0.7, 1],
} as const satisfies Partial<{ readonly [Field in keyof Recipe]: readonly Recipe[Field][] }>;

type Searched = Partial<Pick<Recipe, keyof typeof SPACE>>;

export interface SearchOptions extends RunOptions {
  readonly seed?: number; // of the draws and of every fit
  readonly trials: number;
  readonly budgetMinutes?: number | null; // a trial that would end later is not begun
  /** Called with each trial as soon as it is over. */
  readonly onTrial?: (trial: Trial) => Promise<void>;
}

/** One recipe and what cross-fitting made of it. */
export interface Trial {
  readonly number: number; // 0: the recipe as it is
  readonly changed: Searched;
  /** Mean PR-AUC of the network and of what is served, by which trials are compared. */
  readonly score: number;
  readonly prAuc: Readonly<Record<'gat' | 'hybrid', number>>;
  readonly found: number; // share of runs with an alert, hybrid
  readonly alerted: number; // share of benign windows, hybrid
  readonly seconds: number;
}

/**
 * Random search over recipes (Bergstra and Bengio, JMLR 13, 2012), each judged by one cross-fit on the captures that
 * train; none of them sees what is held back. A search that was stopped goes on where it was, since finished fits are
 * kept. The best of many trials looks better than it is: judge it anew, over other seeds, before it ships.
 */
export async function searchRecipe(options: SearchOptions): Promise<readonly Trial[]> {
  const { trials: count, seed = 1, budgetMinutes = null, clock, report } = options;
  const random = seededRandom(seed);
  const begun = clock.now();
  const trials: Trial[] = [];
  let longest = 0;
  for (let number = 0; number < count; number += 1) {
    const changed = number === 0 ? {} : drawn(random);
    if (budgetMinutes !== null && clock.now() - begun + longest > budgetMinutes * 60) {
      report(`the budget of ${budgetMinutes} minutes ends the search after ${trials.length} trials`);
      break;
    }
    report(`trial ${number} of ${count}: ${number === 0 ? 'the recipe as it is' : JSON.stringify(changed)}`);
    const trial = await tried(options, { number, changed, seed });
    longest = Math.max(longest, trial.seconds);
    trials.push(trial);
    await options.onTrial?.(trial);
  }
  return trials.toSorted((a, b) => b.score - a.score);
}

/** Half of the fields, each with one of its values. */
function drawn(random: () => number): Searched {
  const entries = Object.entries(SPACE).flatMap(([field, values]) => {
    const isDrawn = random() < 0.5;
    const value = values[Math.floor(random() * values.length)];
    return isDrawn ? [[field, value] as const] : [];
  });
  return Object.fromEntries(entries) as Searched;
}

async function tried(
  options: SearchOptions,
  { number, changed, seed }: { number: number; changed: Searched; seed: number },
): Promise<Trial> {
  const begun = options.clock.now();
  const run = await openRun({ ...options, recipe: { ...options.recipe, ...changed } });
  try {
    const [crossFitted] = await crossFit(run.usable, seedOptions(run, [seed]), run.runner);
    if (!crossFitted) throw new RangeError('A search needs a seed');
    const { evaluation } = crossFitted;
    const prAuc = { gat: areaOf(evaluation, 'gat'), hybrid: areaOf(evaluation, 'hybrid') };
    const alert = evaluation.scorers.hybrid?.points[0];
    return {
      ...{ number, changed, prAuc },
      score: (prAuc.gat + prAuc.hybrid) / 2,
      found: shareOf(alert?.runs.detected, alert?.runs.attack),
      alerted: shareOf(alert?.benignWindows.alerted, alert?.benignWindows.total),
      seconds: options.clock.now() - begun,
    };
  } finally {
    await run.close();
  }
}

const areaOf = ({ scorers }: PlatformEvaluation, name: ScorerName): number => scorers[name]?.prAuc ?? 0;
const shareOf = (part = 0, whole = 0): number => (whole === 0 ? 0 : part / whole);
