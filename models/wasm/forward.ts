import { FEATURES } from '../../contracts/graph.ts';
import { FEATURE_LIMIT, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import type { PreparedBatch } from '../prepare.ts';
import type { WasmModule } from './kernels.ts';
import { PROJECTED, type Weights } from './weights.ts';

/** One layer's intermediate values in the module's memory. */
export interface LayerPass {
  readonly input: number; // [rows, HIDDEN]
  readonly output: number; // [rows, HIDDEN]
  readonly zx: number; // [rows, PROJECTED]
  readonly exponents: number; // [rows, 4 HEADS]
  readonly attention: number; // [messages, HEADS], not yet divided by its sum
  readonly inverse: number; // [rows, HEADS], 1 / that sum
}

/** One graph's way through the network: where everything lies that explanations and gradients need. */
export interface GraphPass {
  readonly rows: number;
  readonly messages: number;
  readonly nodesPerType: Int32Array;
  readonly features: number; // [rows, FEATURES]
  readonly rowStart: number;
  readonly source: number;
  readonly kind: number;
  readonly layers: readonly LayerPass[];
  readonly gates: number; // [rows]
  readonly shares: number; // [rows]
  readonly pooled: number; // [2 HIDDEN]
}

/**
 * Runs one graph of a batch. `keep` gives every layer memory of its own, as the backward pass needs; without it
 * layers follow one another in the same place. The pass holds until the arena is reset.
 */
export function forward(
  module: WasmModule,
  weights: Weights,
  batch: PreparedBatch,
  graph: number,
  keep = false,
): GraphPass {
  const pass = layOut(module, weights.layers.length, batch, graph, keep);
  const { kernels } = module;
  const { rows, rowStart, source, kind } = pass;
  projectInput(module, weights, pass);
  pass.layers.forEach(({ input, output, zx, exponents, attention, inverse }, place) => {
    const layer = weights.layers[place];
    if (!layer) return;
    kernels.multiply(input, layer.projection, zx, rows, HIDDEN, PROJECTED, 0, 0);
    kernels.exponentials(zx, rows, exponents, SCORE_LIMIT, LEAKY_SLOPE);
    const { kindExponents, bias } = layer;
    kernels.attend(
      ...([zx, input, output, rows, rowStart, source, kind] as const),
      ...([exponents, kindExponents, attention, inverse, bias] as const),
    );
    kernels.elu(output, rows * HIDDEN);
  });
  const last = pass.layers.at(-1)?.output ?? 0;
  kernels.readout(last, rows, weights.gate, pass.gates, pass.shares, pass.pooled, SCORE_LIMIT);
  return pass;
}

function layOut(
  { arena }: WasmModule,
  layers: number,
  batch: PreparedBatch,
  graph: number,
  keep: boolean,
): GraphPass {
  const node = batch.nodeStart[graph] ?? 0;
  const rows = (batch.nodeStart[graph + 1] ?? 0) - node;
  const message = batch.messageStart[graph] ?? 0;
  const messageEnd = batch.messageStart[graph + 1] ?? 0;
  const messages = messageEnd - message;
  const room = (floats: number) => arena.reserve(floats * 4);
  const features = arena.put(batch.features.subarray(node * FEATURES, (node + rows) * FEATURES));
  const rowStart = arena.put(batch.rowStart.subarray(node + graph, node + graph + rows + 1));
  const source = arena.put(batch.source.subarray(message, messageEnd));
  const kind = arena.put(batch.kind.subarray(message, messageEnd));
  const passes: LayerPass[] = [];
  let input = room(rows * HIDDEN);
  for (let place = 0; place < layers; place++) {
    const before = passes[place - 1];
    const scratch =
      before && !keep
        ? before
        : {
            zx: room(rows * PROJECTED),
            exponents: room(rows * 4 * HEADS),
            attention: room(messages * HEADS),
            inverse: room(rows * HEADS),
          };
    const { zx, exponents, attention, inverse } = scratch;
    const output = keep ? room(rows * HIDDEN) : input;
    passes.push({ input, output, zx, exponents, attention, inverse });
    input = output;
  }
  return {
    rows,
    messages,
    nodesPerType: batch.nodesPerType.subarray(graph * batch.nodeTypes, (graph + 1) * batch.nodeTypes),
    features,
    rowStart,
    source,
    kind,
    layers: passes,
    gates: room(rows + 1),
    shares: room(rows + 1),
    pooled: room(2 * HIDDEN),
  };
}

function projectInput({ kernels }: WasmModule, weights: Weights, pass: GraphPass): void {
  const first = pass.layers[0]?.input ?? 0;
  kernels.clamp(pass.features, pass.rows * FEATURES, FEATURE_LIMIT);
  let row = 0;
  weights.input.forEach(({ weight, bias }, type) => {
    const rows = pass.nodesPerType[type] ?? 0;
    const from = pass.features + row * FEATURES * 4;
    kernels.multiply(from, weight, first + row * HIDDEN * 4, rows, FEATURES, HIDDEN, bias, 0);
    row += rows;
  });
  kernels.elu(first, pass.rows * HIDDEN);
}
