import { HIDDEN } from '../architecture.ts';
import type { Pass } from './forward.ts';
import type { WasmModule } from './kernels.ts';
import type { Weights } from './weights.ts';

/** Above this share of the gate pool a node counts as all of it: what is left is below the precision of float32. */
const WHOLE = 1 - 1e-4;

/**
 * Adds to node [rows] by how much the logit falls when the node leaves the readout: both pools then are means over the
 * others. `shares` [rows] are the weights of the gate pool.
 */
export function addReadout(
  { arena }: WasmModule,
  weights: Weights,
  { output, rows }: Pass,
  { shares: sharesAt }: { readonly shares: number },
  node: Float32Array,
): void {
  const hidden = arena.floats(output, rows * HIDDEN);
  const direction = arena.floats(weights.direction, 2 * HIDDEN);
  const shares = arena.floats(sharesAt, rows);
  const plain = new Float64Array(rows);
  const gated = new Float64Array(rows);
  let [mean, pool] = [0, 0];
  for (let row = 0; row < rows; row++) {
    const [own, ofGate] = dots(hidden, row * HIDDEN, direction);
    plain[row] = own;
    gated[row] = ofGate;
    mean += own / rows;
    pool += ofGate * (shares[row] ?? 0);
  }
  for (let row = 0; row < rows; row++) {
    const [own, ofGate, share] = [plain[row] ?? 0, gated[row] ?? 0, shares[row] ?? 0];
    const fromMean = rows > 1 ? (own - mean) / (rows - 1) : own;
    const fromPool = share < WHOLE ? (share * (ofGate - pool)) / (1 - share) : ofGate;
    node[row] = (node[row] ?? 0) + fromMean + fromPool;
  }
}

/** A hidden vector times both halves of the direction. */
function dots(hidden: Float32Array, at: number, direction: Float32Array): readonly [number, number] {
  let [plain, gated] = [0, 0];
  for (let j = 0; j < HIDDEN; j++) {
    const value = hidden[at + j] ?? 0;
    plain += value * (direction[j] ?? 0);
    gated += value * (direction[HIDDEN + j] ?? 0);
  }
  return [plain, gated];
}
