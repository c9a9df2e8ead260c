import { compressFrameSync } from 'lz4-napi';
import { partitionCheckpoints } from '../../featurize/checkpoint.ts';
import type { SlidingWindows } from '../../featurize/window.ts';
import type { State } from '../../ports/state/state.ts';

/** What featurize's checkpoints cost the state store, per endpoint. */
export interface CheckpointCost {
  readonly heldBytes: number; // after the last one: its open panes, and segments not yet let go
  readonly headBytes: number; // of them the part that every checkpoint writes anew
  readonly writtenPerSecond: number; // bytes
  readonly lz4Ratio: number; // of what is held, were it compressed
}

export interface MeasuredCheckpoints {
  isDue(at: number): boolean;
  write(at: number): Promise<void>;
  cost(): CheckpointCost;
}

const EVERY_SECONDS = 10;
/** Before that panes are filling up and nothing is let go of yet. */
const FILLING_SECONDS = 200;

/** Writes the product's checkpoints of these windows to memory, every ten seconds of the stream, and weighs them. */
export function checkpointCost(windows: SlidingWindows): MeasuredCheckpoints {
  const values = new Map<string, Buffer>();
  let written = 0;
  let [begun, last] = [Number.NaN, Number.NaN];
  let countedFrom = Number.NaN;
  let now = 0;
  let endpoints = 1;
  const only: Pick<State, 'get' | 'set' | 'delete'> = {
    get: async (key) => values.get(key),
    async set(key, value) {
      if (now - begun >= FILLING_SECONDS) written += value.length;
      values.set(key, value);
    },
    async delete(key) {
      values.delete(key);
    },
  };
  const checkpoints = partitionCheckpoints(only as State, 0);
  return {
    isDue(at) {
      if (Number.isNaN(begun)) begun = last = at;
      return at - last >= EVERY_SECONDS;
    },
    async write(at) {
      last = now = at;
      if (at - begun < FILLING_SECONDS) countedFrom = at;
      endpoints = Math.max(1, windows.endpoints);
      await checkpoints.write({ offset: 0, publishedAt: at }, windows.snapshot);
    },
    cost() {
      const held = Buffer.concat([...values.values()]);
      return {
        heldBytes: held.length / endpoints,
        headBytes: (values.get('featurize/checkpoint/0')?.length ?? 0) / endpoints,
        writtenPerSecond: last > countedFrom ? written / (last - countedFrom) / endpoints : 0,
        lz4Ratio: held.length > 0 ? held.length / compressFrameSync(held).length : 1,
      };
    },
  };
}

/** Each figure's mean. */
export function meanOf(costs: readonly CheckpointCost[]): CheckpointCost {
  const mean = (of: (cost: CheckpointCost) => number) =>
    costs.reduce((sum, cost) => sum + of(cost), 0) / Math.max(1, costs.length);
  return {
    heldBytes: mean((cost) => cost.heldBytes),
    headBytes: mean((cost) => cost.headBytes),
    writtenPerSecond: mean((cost) => cost.writtenPerSecond),
    lz4Ratio: mean((cost) => cost.lz4Ratio),
  };
}
