import type { GraphRange } from '../network-scores.ts';
import type { PreparedBatch } from '../prepare.ts';

/** Cuts a batch into runs of graphs with at most `maxRows` nodes and messages each; a larger graph goes alone. */
export function chunksOf(batch: PreparedBatch, maxRows: number): GraphRange[] {
  const chunks: GraphRange[] = [];
  let from = 0;
  for (let to = 1; to <= batch.graphs; to++) {
    if (to < batch.graphs && rowsOf(batch, { from, to: to + 1 }) <= maxRows) continue;
    chunks.push({ from, to });
    from = to;
  }
  return chunks;
}

/** Nodes or messages of some graphs, whichever are more. */
export function rowsOf({ nodeStart, messageStart }: PreparedBatch, { from, to }: GraphRange): number {
  const nodes = (nodeStart[to] ?? 0) - (nodeStart[from] ?? 0);
  const messages = (messageStart[to] ?? 0) - (messageStart[from] ?? 0);
  return Math.max(nodes, messages);
}

/** A graph that failed alone, and why. */
export interface Failure {
  readonly graph: number;
  readonly reason: string;
}

/**
 * Tries some graphs together; what fails is tried again in halves, a single graph once more. `attempt` gives the
 * reason of a failure. Ends with the first graph that fails alone.
 */
export async function inHalves(
  range: GraphRange,
  attempt: (range: GraphRange) => Promise<string | undefined>,
): Promise<Failure | undefined> {
  const { from, to } = range;
  if ((await attempt(range)) === undefined) return undefined;
  if (to - from === 1) {
    const reason = await attempt(range);
    return reason === undefined ? undefined : { graph: from, reason };
  }
  const middle = from + Math.ceil((to - from) / 2);
  return (await inHalves({ from, to: middle }, attempt)) ?? inHalves({ from: middle, to }, attempt);
}
