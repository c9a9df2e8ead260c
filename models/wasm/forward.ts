import { FEATURES } from '../../contracts/graph.ts';
import { FEATURE_LIMIT, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import type { PreparedBatch } from '../prepare.ts';
import { MULTIPLY, type WasmModule } from './kernels.ts';
import type { Weights } from './weights.ts';

/** A prepared batch whose messages lie in the module's memory. */
export interface PlacedBatch extends PreparedBatch {
  readonly at: { readonly rowStart: number; readonly source: number; readonly kind: number };
}

/** Copies a batch's messages into the module's memory, where they hold until the arena is reset. */
export function placeBatch({ arena }: WasmModule, batch: PreparedBatch): PlacedBatch {
  const { rowStart, source, kind } = batch;
  return {
    ...batch,
    at: { rowStart: arena.put(rowStart), source: arena.put(source), kind: arena.put(kind) },
  };
}

/** One layer's intermediate values in the module's memory. */
export interface LayerPass {
  readonly input: number; // [rows, HIDDEN]
  readonly output: number; // [rows, HIDDEN]
  readonly z: number; // [rows, HIDDEN]
  readonly scores: number; // [rows, 2 HEADS]
  readonly exponents: number; // [rows, 4 HEADS]
  readonly attention: number; // [messages, HEADS]
}

/** The way of some graphs of a batch through the network: where everything lies that comes after it needs. */
export interface Pass {
  readonly batch: PlacedBatch;
  readonly from: number; // graphs [from, to)
  readonly to: number;
  readonly rows: number;
  readonly messages: number;
  readonly features: number; // [rows, FEATURES]
  readonly layers: readonly LayerPass[];
  readonly output: number; // [rows, HIDDEN] of the last layer
}

/** Where one graph of a pass lies. */
export interface GraphPlace {
  readonly row: number; // its first, counted in the pass
  readonly rows: number;
  readonly message: number; // its first, counted in the pass
  readonly rowStart: number;
  readonly source: number;
  readonly kind: number;
}

/** The place of a graph in a pass. */
export function placeOf({ batch, from }: Pick<Pass, 'batch' | 'from'>, graph: number): GraphPlace {
  const node = batch.nodeStart[graph] ?? 0;
  const message = batch.messageStart[graph] ?? 0;
  return {
    row: node - (batch.nodeStart[from] ?? 0),
    rows: (batch.nodeStart[graph + 1] ?? 0) - node,
    message: message - (batch.messageStart[from] ?? 0),
    rowStart: batch.at.rowStart + (node + graph) * 4,
    source: batch.at.source + message * 4,
    kind: batch.at.kind + message * 4,
  };
}

/**
 * The end of the graphs from `from` on that go through the network together: as many as have `rows` nodes at most,
 * at least one.
 */
export function endOfPass({ graphs, nodeStart }: PreparedBatch, from: number, rows: number): number {
  const most = (nodeStart[from] ?? 0) + rows;
  let to = from + 1;
  while (to < graphs && (nodeStart[to + 1] ?? 0) <= most) to++;
  return to;
}

/**
 * Runs graphs [from, to) of a batch. `keep` gives every layer memory of its own, as the backward pass needs; without
 * it layers follow one another in the same place. The pass holds until the arena is reset.
 */
export function forward(
  module: WasmModule,
  weights: Weights,
  batch: PlacedBatch,
  { from, to, keep = false }: { readonly from: number; readonly to: number; readonly keep?: boolean },
): Pass {
  const pass = layOut(module, weights.layers.length, batch, { from, to, keep });
  const { kernels } = module;
  const graphs = Array.from({ length: to - from }, (_, i) => placeOf(pass, from + i));
  projectInput(module, weights, pass, graphs);
  pass.layers.forEach(({ input, output, z, scores, exponents, attention }, place) => {
    const layer = weights.layers[place];
    if (!layer) return;
    const { projection, source, target, kindExponents, bias } = layer;
    kernels.multiply(input, projection, z, pass.rows, HIDDEN, HIDDEN, 0, MULTIPLY.plain);
    kernels.attentionScores(z, pass.rows, source, target, scores, exponents, SCORE_LIMIT, LEAKY_SLOPE);
    for (const graph of graphs) {
      const row = graph.row * HIDDEN * 4;
      kernels.attend(
        z + row,
        input + row,
        output + row,
        graph.rows,
        graph.rowStart,
        graph.source,
        graph.kind,
        exponents + graph.row * HEADS * 16,
        kindExponents,
        attention + graph.message * HEADS * 4,
        bias,
      );
    }
  });
  return pass;
}

function layOut(
  { arena }: WasmModule,
  layers: number,
  batch: PlacedBatch,
  { from, to, keep }: { readonly from: number; readonly to: number; readonly keep: boolean },
): Pass {
  const node = batch.nodeStart[from] ?? 0;
  const rows = (batch.nodeStart[to] ?? 0) - node;
  const messages = (batch.messageStart[to] ?? 0) - (batch.messageStart[from] ?? 0);
  const room = (floats: number) => arena.reserve(floats * 4);
  const features = arena.put(batch.features.subarray(node * FEATURES, (node + rows) * FEATURES));
  const passes: LayerPass[] = [];
  let input = room(rows * HIDDEN);
  for (let place = 0; place < layers; place++) {
    const before = passes[place - 1];
    const scratch =
      before && !keep
        ? before
        : {
            z: room(rows * HIDDEN),
            scores: room(rows * 2 * HEADS),
            exponents: room(rows * 4 * HEADS),
            attention: room(messages * HEADS),
          };
    const output = keep ? room(rows * HIDDEN) : input;
    passes.push({ ...scratch, input, output });
    input = output;
  }
  return { batch, from, to, rows, messages, features, layers: passes, output: input };
}

function projectInput(
  { kernels }: WasmModule,
  weights: Weights,
  { batch, from, rows, features, layers }: Pass,
  graphs: readonly GraphPlace[],
): void {
  const first = layers[0]?.input ?? 0;
  kernels.clamp(features, rows * FEATURES, FEATURE_LIMIT);
  graphs.forEach(({ row }, i) => {
    const type0 = (from + i) * batch.nodeTypes;
    weights.input.forEach(({ weight, bias }, type) => {
      const ofType = batch.nodesPerType[type0 + type] ?? 0;
      if (ofType === 0) return;
      const x = features + row * FEATURES * 4;
      kernels.project(x, weight, first + row * HIDDEN * 4, ofType, FEATURES, bias);
      row += ofType;
    });
  });
}
