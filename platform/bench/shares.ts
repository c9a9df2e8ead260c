import { createPreparer } from '../../models/prepare.ts';
import { groupFrom, placeBatch } from '../../models/wasm/forward.ts';
import { openKernels } from '../../models/wasm/kernels.ts';
import { rowsMultiplied } from '../../models/wasm/score-pass.ts';
import type { GraphSet } from './graph-sets.ts';

/** What scoring leaves out of a set's graphs: rows that a layer multiplies per node, and features that are 0; 0 to 1. */
export function sharesOf({ exchanges }: GraphSet): { readonly rows: number; readonly zeros: number } {
  const counted = { nodes: 0, rows: 0, features: 0, zeros: 0 };
  for (const { batch } of exchanges) {
    const module = openKernels();
    const placed = placeBatch(module, createPreparer(batch.platform).prepare(batch));
    const mark = module.arena.mark();
    for (let graph = 0; graph < placed.graphs; graph++) {
      module.arena.reset(mark);
      counted.rows += rowsMultiplied(module, groupFrom(placed, graph, 0));
    }
    counted.nodes += placed.nodes;
    counted.features += batch.features.length;
    for (const value of batch.features) if (value === 0) counted.zeros += 1;
  }
  return { rows: counted.rows / counted.nodes, zeros: counted.zeros / counted.features };
}
