import type { HeteroGraph } from '../contracts/graph.ts';
import { processRowWidth } from '../models/process-rows.ts';
import { type BesideTrees, MOST_SUSPICIOUS, treesLogit } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { boostOn, type Growth, type Margins, scaledToRows } from './baselines/boosted.ts';
import { sigmoid } from './baselines/logistic.ts';
import { namelessRows } from './fit-process-trees.ts';
import { altered, namelessRow } from './fit-trees.ts';
import { seededRandom, shuffled } from './random.ts';

/** Few and small: they have to say what verdicts add, not to learn the corpus anew. */
const GROWTH: Growth = { trees: 40, leaves: 6, rate: 0.1, columnShare: 0.3 };

/** Processes of a window that are shown beside the most suspicious ones. */
const OTHERS_SHOWN = 4;

/** What a window of an attack counts more when trees go on: found attacks lie close above the threshold. */
const ATTACKS_HELD = 4;

/** What trees go on with: windows of the corpus, and those that verdicts gave a label. */
export interface TuneTreesOptions {
  readonly trees: BesideTrees; // of the version to begin from
  readonly corpus: readonly WeightedExample[];
  readonly feedback: readonly WeightedExample[];
  readonly seed: number;
}

/**
 * Goes on boosting where a version's trees stopped. What verdicts say is the target of their windows; the target of a
 * window of the corpus is what the version already says of it (distillation: Li and Hoiem 2016), so that new trees
 * pay for every margin they move there and the version's scaling stays true. Equal examples and seed give equal trees.
 */
export function tuneTrees(options: TuneTreesOptions): BesideTrees {
  const { trees, corpus, feedback, seed } = options;
  if (feedback.length === 0) return trees;
  const random = seededRandom(seed);
  const rowsOf = trees.over === 'window' ? windowRows : processRowsOf;
  const held = corpus.map((one) =>
    one.example.label === 'attack' ? { ...one, weight: ATTACKS_HELD * one.weight } : one,
  );
  const shown = [...rowsOf(trees, held, 'corpus', random), ...rowsOf(trees, feedback, 'feedback', random)];
  const table: Margins = scaledToRows({
    rows: shown.map((one) => one.row),
    targets: shown.map((one) => one.target),
    weights: shown.map((one) => one.weight),
    margins: shown.map((one) => one.margin),
  });
  return { ...trees, trees: [...trees.trees, ...boostOn(table, GROWTH, random)] };
}

interface Shown {
  readonly row: Float32Array;
  readonly margin: number; // logit
  readonly target: number; // 0 to 1
  readonly weight: number;
}

type Part = 'corpus' | 'feedback';

/** One row a window as it is, and some altered as in the first training. */
function windowRows(
  trees: BesideTrees,
  examples: readonly WeightedExample[],
  part: Part,
  random: () => number,
): readonly Shown[] {
  const rows = examples.map(({ example }) => namelessRow(example.graph));
  const all = [...rows, ...altered(examples, rows, random)];
  return all.map((row, place) => {
    const one = examples[place % examples.length];
    const margin = treesLogit(trees, row);
    const label = one?.example.label === 'attack' ? 1 : 0;
    return {
      row,
      margin,
      target: part === 'feedback' ? label : sigmoid(margin),
      weight: one?.weight ?? 0,
    };
  });
}

/**
 * The processes on which a window's score rests and a few others. A verdict that there was no attack holds for all of
 * them; that there was one, for the most suspicious: nobody said which.
 */
function processRowsOf(
  trees: BesideTrees,
  examples: readonly WeightedExample[],
  part: Part,
  random: () => number,
): readonly Shown[] {
  return examples.flatMap(({ example, weight }) => {
    const rows = processRowsIn(example.graph);
    const byMargin = rows.map((row) => ({ row, margin: treesLogit(trees, row) }));
    byMargin.sort((a, b) => b.margin - a.margin);
    const others = shuffled(byMargin.slice(MOST_SUSPICIOUS), random).slice(0, OTHERS_SHOWN);
    const shown = [...byMargin.slice(0, MOST_SUSPICIOUS), ...others];
    return shown.map(({ row, margin }, place) => {
      const told = part === 'feedback' && (example.label === 'benign' || place < MOST_SUSPICIOUS);
      const target = told ? (example.label === 'attack' ? 1 : 0) : sigmoid(margin);
      return { row, margin, target, weight: weight / shown.length };
    });
  });
}

function processRowsIn(graph: HeteroGraph): Float32Array[] {
  const width = processRowWidth(graph.window.platform);
  const rows = namelessRows(graph);
  return Array.from({ length: rows.length / width }, (_, row) => rows.slice(row * width, (row + 1) * width));
}
