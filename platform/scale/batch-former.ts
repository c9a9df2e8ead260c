import { BATCH_LIMITS } from '../../contracts/graph.ts';

/** What the closing rule has to know of a window. */
export interface Sized {
  readonly edges: number;
}

/**
 * Windows of one platform that wait for a batch, closed by the rule of `featurize/send-batches.ts`: ripe with 256
 * windows or when the oldest has waited 200 ms; a batch ends before the graph that would bring it above 65,536 edges.
 */
export interface BatchFormer<W extends Sized> {
  add(window: W, now: number): void;
  /** When the batch is ripe; in the past when it has been for some time, Infinity when nothing waits. */
  ripeAt(): number;
  /** Since when the oldest has waited; Infinity when nothing waits. */
  oldest(): number;
  take(): readonly W[];
  readonly waiting: number;
}

/** Waits for nothing yet. */
export function batchFormer<W extends Sized>(limits = BATCH_LIMITS): BatchFormer<W> {
  let windows: W[] = [];
  let oldest = Number.POSITIVE_INFINITY;
  let fullAt = Number.POSITIVE_INFINITY;
  return {
    add(window, now) {
      if (windows.length === 0) oldest = now;
      windows.push(window);
      if (windows.length === limits.graphs) fullAt = now;
    },
    ripeAt: () => Math.min(fullAt, oldest + limits.waitMs / 1000),
    oldest: () => oldest,
    take() {
      let edges = 0;
      let count = 0;
      for (const window of windows) {
        if (count === limits.graphs || (count > 0 && edges + window.edges > limits.edges)) break;
        edges += window.edges;
        count += 1;
      }
      const batch = windows.slice(0, count);
      windows = windows.slice(count);
      // as there: while anything is left, the time of the oldest stays, so that the rest is ripe at once
      if (windows.length === 0) oldest = Number.POSITIVE_INFINITY;
      if (windows.length < limits.graphs) fullAt = Number.POSITIVE_INFINITY;
      return batch;
    },
    get waiting() {
      return windows.length;
    },
  };
}
