import type { PreparedBatch } from '../prepare.ts';
import type { Stretch } from './batch-inputs.ts';

/**
 * What graphs [from, to) of a batch cost, in rows: a message takes about as long as an eighth of a node, whose products
 * have 128 x 136 multiplications per layer and run at full speed, while messages wait for memory.
 */
export function workOf(batch: PreparedBatch, from: number, to: number): number {
  const nodes = (batch.nodeStart[to] ?? 0) - (batch.nodeStart[from] ?? 0);
  const messages = (batch.messageStart[to] ?? 0) - (batch.messageStart[from] ?? 0);
  return nodes + messages / MESSAGES_PER_NODE;
}

/** As many graphs from `from` on as stay within `most`, but at least one. */
export function nextStretch(batch: PreparedBatch, from: number, most: number): Stretch {
  let to = from + 1;
  while (to < batch.graphs && workOf(batch, from, to + 1) <= most) to++;
  return { from, to };
}

const MESSAGES_PER_NODE = 8;
