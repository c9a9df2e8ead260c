import { FEATURES, RELATIONS } from '../contracts/graph.ts';
import type { GraphPart } from './graph-part.ts';

const SPAWNED = 0; // place in RELATIONS of both platforms

/** Blocks of a row, in order; the other relations of the platform follow. */
export const PROCESS_BLOCKS = ['own', 'parent', 'children', 'siblings'] as const;

/** Numbers in the row of one process. */
export function processRowWidth(platform: GraphPart['platform']): number {
  return (PROCESS_BLOCKS.length + RELATIONS[platform].length - 1) * FEATURES;
}

/**
 * What each process of a graph is and does, one row each: its own features, those of the process that started it, the
 * largest of those it started and of those started beside it, and per other relation the largest of what it
 * reached; 0 where there is none. A deed and who did it stand in one row, which largest values over a window lose.
 * -> processes x processRowWidth(), row-major
 */
export function processRows(graph: GraphPart): Float32Array {
  const { platform, nodesPerType, features, source, target, relation, nodeOffset, edgeOffset, edges } = graph;
  const processes = nodesPerType[0] ?? 0;
  const width = processRowWidth(platform);
  const rows = new Float32Array(processes * width);
  const copy = (row: number, block: number, node: number): void => {
    const from = (nodeOffset + node) * FEATURES;
    rows.set(features.subarray(from, from + FEATURES), row * width + block * FEATURES);
  };
  const raise = (row: number, block: number, values: Float32Array, from: number): void => {
    const place = row * width + block * FEATURES;
    for (let i = 0; i < FEATURES; i++) {
      const value = values[from + i] ?? 0;
      if (value > (rows[place + i] ?? 0)) rows[place + i] = value;
    }
  };
  for (let row = 0; row < processes; row++) copy(row, 0, row);
  const parents = new Int32Array(processes).fill(-1);
  for (let edge = edgeOffset; edge < edgeOffset + edges; edge++) {
    const [from, to] = [(source[edge] ?? 0) - nodeOffset, (target[edge] ?? 0) - nodeOffset];
    const kind = relation[edge] ?? SPAWNED;
    const block = kind === SPAWNED ? 2 : PROCESS_BLOCKS.length + kind - 1;
    raise(from, block, features, (nodeOffset + to) * FEATURES);
    if (kind === SPAWNED) {
      parents[to] = from;
      copy(to, 1, from);
    }
  }
  parents.forEach((parent, row) => {
    if (parent >= 0) raise(row, 3, rows, parent * width + 2 * FEATURES);
  });
  return rows;
}
