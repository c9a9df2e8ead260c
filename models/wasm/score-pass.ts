import { HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { type Group, projectInput, putFeatures } from './forward.ts';
import type { WasmModule } from './kernels.ts';
import type { LayerWeights, Weights } from './weights.ts';

/** What scoring a group leaves in the module's memory until the arena is reset. */
export interface ScorePass {
  readonly output: number; // [rows, HIDDEN]
  readonly attention: number; // [messages, HEADS] of the last layer, in the order of the planned messages
}

/** A list of rows in the module's memory. */
interface RowList {
  readonly at: number;
  readonly count: number;
}

/** Which nodes of a group are multiplied by a layer's weights; plan.as.ts tells why. */
interface Plan {
  readonly senders: RowList;
  readonly receivers: RowList;
  readonly bare: RowList;
  readonly gatherFrom: number; // [rows]
}

/** Runs a group through the network with as few multiplications as a plan of its messages allows, and keeps little. */
export function scorePass(module: WasmModule, weights: Weights, group: Group): ScorePass {
  const { rows, messages } = group;
  const room = (floats: number) => module.arena.reserve(floats * 4);
  const plan = planOf(module, group);
  const features = putFeatures(module, group);
  const z = room(rows * HIDDEN);
  const scores = room(rows * 2 * HEADS);
  const exponents = room(rows * 4 * HEADS);
  const attention = room(messages * HEADS);
  const gathered = room(plan.receivers.count * HEADS * HIDDEN);
  let from = room(rows * HIDDEN);
  let to = room(rows * HIDDEN);
  projectInput(module, weights, group, features, from);
  for (const layer of weights.layers) {
    attendLayer(module, layer, group, plan, { from, to, z, scores, exponents, attention, gathered });
    [from, to] = [to, from];
  }
  return { output: from, attention };
}

/** How many rows a layer multiplies when a group is scored. */
export function rowsMultiplied(module: WasmModule, group: Group): number {
  const { senders, receivers } = planOf(module, group);
  return senders.count + receivers.count;
}

/** Plans the messages of a group, which puts them in another order. */
function planOf({ kernels, arena }: WasmModule, { rows, graphs }: Group): Plan {
  const list = () => arena.reserve((rows + 1) * 4);
  const senders = list();
  const receivers = list();
  const bare = list();
  const gatherFrom = arena.reserve(rows * 4);
  const counts = arena.reserve(3 * 4);
  const scratch = arena.reserve(3 * rows * 4);
  arena.clear(counts, 3 * 4);
  for (const { row, rows: own, rowStart, source, kind, origin } of graphs) {
    const from = gatherFrom + row * 4;
    kernels.plan(own, rowStart, source, kind, origin, from, row, senders, receivers, bare, counts, scratch);
  }
  const [senderCount = 0, receiverCount = 0, bareCount = 0] = arena.ints(counts, 3);
  return {
    senders: { at: senders, count: senderCount },
    receivers: { at: receivers, count: receiverCount },
    bare: { at: bare, count: bareCount },
    gatherFrom,
  };
}

interface Buffers {
  readonly from: number; // [rows, HIDDEN]
  readonly to: number; // [rows, HIDDEN]
  readonly z: number; // [rows, HIDDEN], filled in for senders
  readonly scores: number; // [rows, 2 HEADS]
  readonly exponents: number; // [rows, 4 HEADS]
  readonly attention: number; // [messages, HEADS]
  readonly gathered: number; // [receivers, HEADS, HIDDEN]
}

function attendLayer(
  { kernels }: WasmModule,
  { projection, source, target, folded, kindExponents, bias }: LayerWeights,
  { rows, graphs }: Group,
  { senders, receivers, bare, gatherFrom }: Plan,
  { from, to, z, scores, exponents, attention, gathered }: Buffers,
): void {
  kernels.multiplyRows(from, projection, z, senders.at, senders.count);
  kernels.plannedScores(
    z,
    from,
    rows,
    senders.at,
    senders.count,
    bare.at,
    bare.count,
    source,
    target,
    folded,
    scores,
    exponents,
    SCORE_LIMIT,
    LEAKY_SLOPE,
  );
  let next = gathered;
  for (const graph of graphs) {
    const row = graph.row * HIDDEN * 4;
    next = kernels.attend(
      z + row,
      from + row,
      to + row,
      graph.rows,
      graph.rowStart,
      gatherFrom + graph.row * 4,
      graph.source,
      graph.kind,
      exponents + graph.row * 4 * HEADS * 4,
      kindExponents,
      attention + graph.message * HEADS * 4,
      bias,
      next,
    );
  }
  kernels.addGathered(gathered, projection, to, receivers.at, receivers.count);
  kernels.elu(to, rows * HIDDEN);
}
