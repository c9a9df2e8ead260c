import { FEATURES, type HeteroGraph, NODE_TYPES, type NodeType, RELATIONS } from '../contracts/graph.ts';
import { wholeGraph } from '../models/graph-part.ts';
import { PROCESS_BLOCKS, processRows, processRowWidth } from '../models/process-rows.ts';
import type { Trees } from '../models/trees.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { fitBoosted, type Growth } from './baselines/boosted.ts';
import { hashedPlaces } from './hide-names.ts';
import { seededRandom, shuffled } from './random.ts';

const GROWTH: Growth = { trees: 150, leaves: 16, rate: 0.1, columnShare: 0.2 };

/** Processes of an ordinary window that are shown; those of one window are much alike. */
const ORDINARY_SHOWN = 8;

/** Edge that says when a process began. */
const SPAWNED = 0;

/**
 * Fits the trees that look at each process of a window by itself. A window's label says only that some process in it
 * is not what it seems; where the mark of an attack has an end, the processes that began inside it are taken for
 * the attack's and the others of such a window are left out, else all of them are shown. Names are left out. Each
 * window counts with its weight, however many processes it has. Equal examples and seed give equal trees.
 */
export function fitProcessTrees(examples: readonly WeightedExample[], seed: number): Trees {
  const random = seededRandom(seed);
  const rows: Float32Array[] = [];
  const attack: boolean[] = [];
  const weights: number[] = [];
  for (const one of examples) {
    const { graph, label } = one.example;
    const shown = shownProcesses(one, random);
    const all = namelessRows(graph);
    const width = processRowWidth(graph.window.platform);
    for (const process of shown) {
      rows.push(all.slice(process * width, (process + 1) * width));
      attack.push(label === 'attack');
      weights.push(one.weight / shown.length);
    }
  }
  const { base, trees } = fitBoosted({ rows, attack, weights }, GROWTH, random);
  return { base, trees };
}

/** Which processes of an example are learnt from. */
export function shownProcesses(
  { example, capture }: WeightedExample,
  random: () => number,
): readonly number[] {
  const all = [...Array(example.graph.nodesPerType[0] ?? 0).keys()];
  if (example.label === 'benign') return shuffled(all, random).slice(0, ORDINARY_SHOWN);
  const { mark } = capture;
  if (mark === null || mark.end === null) return all;
  const began = beginnings(example.graph, example.end);
  const inside = all.filter((process) => {
    const time = began[process] ?? Number.NaN;
    return time >= mark.start && time <= (mark.end ?? time);
  });
  return inside.length > 0 ? inside : all;
}

/** When each process began, epoch seconds; NaN for those that were there before. */
function beginnings(graph: HeteroGraph, end: number): Float64Array {
  const began = new Float64Array(graph.nodesPerType[0] ?? 0).fill(Number.NaN);
  graph.relation.forEach((relation, edge) => {
    if (relation === SPAWNED) began[graph.target[edge] ?? 0] = end - (graph.first[edge] ?? 0);
  });
  return began;
}

/** A column that never changes is never cut: names that are 0 here play no part in scoring either. */
export function namelessRows(graph: HeteroGraph): Float32Array {
  const { platform } = graph.window;
  const rows = processRows(wholeGraph(graph));
  const width = processRowWidth(platform);
  const blocks: readonly NodeType[] = [
    ...PROCESS_BLOCKS.map(() => NODE_TYPES[platform][0]),
    ...RELATIONS[platform].slice(1).map((relation) => relation.target),
  ];
  blocks.forEach((type, block) => {
    for (const { from, to } of hashedPlaces(platform, type))
      for (let row = block * FEATURES; row < rows.length; row += width) rows.fill(0, row + from, row + to);
  });
  return rows;
}
