import { HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { type Group, projectInput, putFeatures } from './forward.ts';
import type { WasmModule } from './kernels.ts';
import type { LayerWeights, Weights } from './weights.ts';

/** What scoring a group leaves in the module's memory until the arena is reset. */
export interface ScorePass {
  readonly output: number; // [rows, HIDDEN]
  readonly attention: number; // [messages, HEADS] of the last layer, in the order of the planned messages
}

/** Which nodes of a group are multiplied by a layer's weights; plan.as.ts tells why. */
interface Plan {
  readonly senders: number; // a list of rows
  readonly senderCount: number;
  readonly receivers: number; // a list of rows
  readonly receiverCount: number;
  readonly gatherFrom: number; // [rows]
}

/** Runs a group through the network with as few multiplications as a plan of its messages allows, and keeps little. */
export function scorePass(module: WasmModule, weights: Weights, group: Group): ScorePass {
  const { rows, messages } = group;
  const room = (floats: number) => module.arena.reserve(floats * 4);
  const plan = planOf(module, group);
  const features = putFeatures(module, group);
  const scratch = {
    z: room(rows * HIDDEN),
    scores: room(rows * 2 * HEADS),
    exponents: room(rows * 4 * HEADS),
    attention: room(messages * HEADS),
    gathered: room(plan.receiverCount * HEADS * HIDDEN),
  };
  let [from, to] = [room(rows * HIDDEN), room(rows * HIDDEN)];
  projectInput(module, weights, group, features, from);
  for (const layer of weights.layers) {
    attendLayer(module, layer, group, plan, { ...scratch, from, to });
    [from, to] = [to, from];
  }
  return { output: from, attention: scratch.attention };
}

/** Plans the messages of a group, which puts them in another order. */
function planOf({ kernels, arena }: WasmModule, { rows, graphs }: Group): Plan {
  const room = () => arena.reserve(rows * 4);
  const [senders, receivers, gatherFrom, state, open, waiting] = [
    room(),
    room(),
    room(),
    room(),
    room(),
    room(),
  ];
  let senderCount = 0;
  let receiverCount = 0;
  for (const graph of graphs) {
    const counts = kernels.plan(
      ...([graph.rows, graph.rowStart, graph.source, graph.kind, graph.origin] as const),
      ...([gatherFrom + graph.row * 4, graph.row] as const),
      ...([senders + senderCount * 4, receivers + receiverCount * 4, state, open, waiting] as const),
    );
    receiverCount += Math.floor(counts / 65_536);
    senderCount += counts % 65_536;
  }
  return { senders, senderCount, receivers, receiverCount, gatherFrom };
}

interface Buffers {
  readonly from: number; // [rows, HIDDEN]
  readonly to: number; // [rows, HIDDEN]
  readonly z: number; // [rows, HIDDEN], filled in for senders
  readonly scores: number;
  readonly exponents: number;
  readonly attention: number;
  readonly gathered: number; // [receivers, HEADS, HIDDEN]
}

function attendLayer(
  { kernels }: WasmModule,
  { projection, folded, kindExponents, bias }: LayerWeights,
  { rows, graphs }: Group,
  plan: Plan,
  { from, to, z, scores, exponents, attention, gathered }: Buffers,
): void {
  kernels.multiplyRows(from, projection, z, plan.senders, plan.senderCount);
  kernels.foldedScores(from, rows, folded, scores, exponents, SCORE_LIMIT, LEAKY_SLOPE);
  let next = gathered;
  for (const graph of graphs) {
    const row = graph.row * HIDDEN * 4;
    next = kernels.attendPlanned(
      ...([z + row, from + row, to + row, graph.rows, graph.rowStart] as const),
      ...([plan.gatherFrom + graph.row * 4, graph.source, graph.kind] as const),
      ...([exponents + graph.row * 4 * HEADS * 4, kindExponents] as const),
      ...([attention + graph.message * HEADS * 4, bias, next] as const),
    );
  }
  kernels.addGathered(gathered, projection, to, plan.receivers, plan.receiverCount);
  kernels.elu(to, rows * HIDDEN);
}
