import { z } from 'zod';
import { LogsterError } from '../contracts/errors.ts';
import { FEATURES } from '../contracts/graph.ts';
import { flatTrees, type RowLogit } from './flat-trees.ts';
import type { GraphPart } from './graph-part.ts';
import { processRows, processRowWidth } from './process-rows.ts';

/** A branch sends a row left when its column is at most `cut`; a leaf adds to the logit. */
export type Tree =
  | { readonly column: number; readonly cut: number; readonly left: Tree; readonly right: Tree }
  | { readonly value: number };

/** Gradient-boosted trees for two classes, over rows of numbers. */
export interface Trees {
  readonly base: number; // logit before any tree
  readonly trees: readonly Tree[];
}

export const TREE_ROWS = ['window', 'processes'] as const;
/** What trees look at: one row of a window's largest values, or a row of each of its processes. */
export type TreeRows = (typeof TREE_ROWS)[number];

/** Trees that score beside a network, and how much they count. */
export interface BesideTrees extends Trees {
  readonly over: TreeRows;
  readonly share: number; // of the trees in the combined logit, 0 to 1
}

const finite = z.number().refine(Number.isFinite);
const treeSchema: z.ZodType<Tree> = z.lazy(() =>
  z.union([
    z.object({ column: z.number().int().nonnegative(), cut: finite, left: treeSchema, right: treeSchema }),
    z.object({ value: finite }),
  ]),
);
export const treesSchema = z.object({ base: finite, trees: z.array(treeSchema) });
const besideSchema = treesSchema.extend({ over: z.enum(TREE_ROWS), share: z.number().min(0).max(1) });

/** Attack logit of a row. */
export function treesLogit({ base, trees }: Trees, row: Float32Array): number {
  return trees.reduce((logit, tree) => logit + leafValue(tree, row), base);
}

/** What one tree adds to the logit of a row. */
export function leafValue(tree: Tree, row: Float32Array): number {
  let at = tree;
  while ('column' in at) at = (row[at.column] ?? 0) <= at.cut ? at.left : at.right;
  return at.value;
}

/**
 * The largest value of every feature among the nodes of each type, 0 where there are none: what the most unusual
 * thing of a window is like, however much else goes on. Nodes [from, ...) of `features` lie type by type.
 * -> [types x FEATURES]
 */
export function extremesOf(nodesPerType: readonly number[], features: Float32Array, from = 0): Float32Array {
  const extremes = new Float32Array(nodesPerType.length * FEATURES);
  let node = from;
  nodesPerType.forEach((count, type) => {
    const own = extremes.subarray(type * FEATURES, (type + 1) * FEATURES);
    if (count > 0) own.fill(Number.NEGATIVE_INFINITY);
    for (const end = node + count; node < end; node++)
      for (let place = 0; place < FEATURES; place++)
        own[place] = Math.max(own[place] ?? 0, features[node * FEATURES + place] ?? 0);
  });
  return extremes;
}

/** Beyond this many nats a scorer is certain; without a bound the surer one of two would always decide. */
const CERTAIN = 8;

/** One logit of the network's and the trees', their mean by `share`, each bounded; without trees the network's. */
export function besideLogit(
  trees: BesideTrees | null | undefined,
  network: number,
  graph: GraphPart,
): number {
  if (!trees) return network;
  const beside = trees.over === 'window' ? windowLogit(trees, graph) : processesLogit(trees, graph);
  return (1 - trees.share) * bounded(network) + trees.share * bounded(beside);
}

function windowLogit(trees: Trees, { nodesPerType, features, nodeOffset }: GraphPart): number {
  return walkerOf(trees)(extremesOf(nodesPerType, features, nodeOffset));
}

const walkers = new WeakMap<Trees, RowLogit>();

/** A version's trees are laid flat once. */
function walkerOf(trees: Trees): RowLogit {
  const walker = walkers.get(trees) ?? flatTrees(trees);
  walkers.set(trees, walker);
  return walker;
}

/** An attack shows in few processes, and seldom in one alone. */
export const MOST_SUSPICIOUS = 4;

/** The mean of the highest logit and of the mean of the four highest; the base where there is no process. */
function processesLogit(trees: Trees, graph: GraphPart): number {
  const width = processRowWidth(graph.platform);
  const rows = processRows(graph);
  const logitOf = walkerOf(trees);
  const logits = Array.from({ length: rows.length / width }, (_, row) =>
    logitOf(rows.subarray(row * width, (row + 1) * width)),
  );
  if (logits.length === 0) return trees.base;
  const highest = logits.sort((a, b) => b - a).slice(0, MOST_SUSPICIOUS);
  return ((highest[0] ?? 0) + highest.reduce((sum, one) => sum + one, 0) / highest.length) / 2;
}

const bounded = (logit: number): number => Math.max(-CERTAIN, Math.min(CERTAIN, logit));

/** Trees as a file, to the last digit: what is served is what was trained. */
export function encodeTrees({ over, base, trees, share }: BesideTrees): Buffer {
  return Buffer.from(JSON.stringify({ over, share, base, trees }));
}

/** Reads what `encodeTrees` wrote. Throws model-invalid, naming the model, when it is something else. */
export function decodeTrees(bytes: Buffer, model: string): BesideTrees {
  const read = besideSchema.safeParse(parsed(bytes));
  if (read.success) return read.data;
  throw new LogsterError(
    'model-invalid',
    `The trees of ${model} are damaged, train it again: ${z.prettifyError(read.error)}`,
  );
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // the schema says that it is no object
  }
}
