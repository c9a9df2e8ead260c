import { FEATURES } from '../../contracts/graph.ts';
import { FEATURE_LIMIT, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import type { PreparedBatch } from '../prepare.ts';
import type { WasmModule } from './kernels.ts';
import type { Weights } from './weights.ts';

/** A prepared batch whose messages lie in the module's memory. */
export interface PlacedBatch extends PreparedBatch {
  readonly at: Readonly<Record<'rowStart' | 'source' | 'kind' | 'origin', number>>;
}

/** Copies a batch's messages into the module's memory, where they hold until the arena is reset. */
export function placeBatch({ arena }: WasmModule, batch: PreparedBatch): PlacedBatch {
  const { rowStart, source, kind, origin } = batch;
  const at = {
    rowStart: arena.put(rowStart),
    source: arena.put(source),
    kind: arena.put(kind),
    origin: arena.put(origin),
  };
  return { ...batch, at };
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

/** Some graphs of a batch that go through the network together. */
export interface Group {
  readonly batch: PlacedBatch;
  readonly from: number; // graphs [from, to)
  readonly to: number;
  readonly rows: number; // nodes of all of them
  readonly messages: number;
  readonly graphs: readonly GraphPlace[];
}

/** The way of a group through the network: where everything lies that a backward pass needs. */
export interface Pass extends Group {
  readonly features: number; // [rows, FEATURES]
  readonly layers: readonly LayerPass[];
  readonly output: number; // [rows, HIDDEN] of the last layer
}

/** Where one graph of a group lies. */
export interface GraphPlace {
  readonly row: number; // its first, counted in the group
  readonly rows: number;
  readonly message: number; // its first, counted in the group
  readonly rowStart: number;
  readonly source: number;
  readonly kind: number;
  readonly origin: number;
}

/** The graphs of a batch from `from` on that go through the network together: at least one, `rows` nodes at most. */
export function groupFrom(batch: PlacedBatch, from: number, rows: number): Group {
  const { graphs: all, nodeStart, messageStart } = batch;
  const first = nodeStart[from] ?? 0;
  const graphs = [placeOf(batch, from, from)];
  let to = from + 1;
  for (; to < all && (nodeStart[to + 1] ?? 0) <= first + rows; to++) graphs.push(placeOf(batch, from, to));
  return {
    batch,
    from,
    to,
    rows: (nodeStart[to] ?? 0) - first,
    messages: (messageStart[to] ?? 0) - (messageStart[from] ?? 0),
    graphs,
  };
}

function placeOf(batch: PlacedBatch, from: number, graph: number): GraphPlace {
  const node = batch.nodeStart[graph] ?? 0;
  const message = batch.messageStart[graph] ?? 0;
  return {
    row: node - (batch.nodeStart[from] ?? 0),
    rows: (batch.nodeStart[graph + 1] ?? 0) - node,
    message: message - (batch.messageStart[from] ?? 0),
    rowStart: batch.at.rowStart + (node + graph) * 4,
    source: batch.at.source + message * 4,
    kind: batch.at.kind + message * 4,
    origin: batch.at.origin + message * 4,
  };
}

/** Runs a group through the network and keeps everything; it holds until the arena is reset. */
export function forward(module: WasmModule, weights: Weights, group: Group): Pass {
  const { kernels } = module;
  const { rows, messages, graphs } = group;
  const room = (floats: number) => module.arena.reserve(floats * 4);
  const features = putFeatures(module, group);
  let output = room(rows * HIDDEN);
  projectInput(module, weights, group, features, output);
  const layers = weights.layers.map((layer): LayerPass => {
    const input = output;
    output = room(rows * HIDDEN);
    const z = room(rows * HIDDEN);
    const scores = room(rows * 2 * HEADS);
    const exponents = room(rows * 4 * HEADS);
    const attention = room(messages * HEADS);
    kernels.multiply(input, layer.projection, z, rows, HIDDEN, false);
    const { source, target } = layer;
    kernels.attentionScores(z, rows, source, target, scores, exponents, SCORE_LIMIT, LEAKY_SLOPE);
    for (const graph of graphs) {
      const row = graph.row * HIDDEN * 4;
      kernels.attend(
        z + row,
        input + row,
        output + row,
        graph.rows,
        graph.rowStart,
        graph.rowStart + 4, // every row's end: nothing is gathered, all of z is there
        graph.source,
        graph.kind,
        exponents + graph.row * 4 * HEADS * 4,
        layer.kindExponents,
        attention + graph.message * HEADS * 4,
        layer.bias,
        0,
      );
    }
    kernels.elu(output, rows * HIDDEN);
    return { input, output, z, scores, exponents, attention };
  });
  return { ...group, features, layers, output };
}

/** Copies the features of a group into the module's memory, held within their limit. */
export function putFeatures({ arena, kernels }: WasmModule, { batch, from, rows }: Group): number {
  const first = (batch.nodeStart[from] ?? 0) * FEATURES;
  const features = arena.put(batch.features.subarray(first, first + rows * FEATURES));
  kernels.clamp(features, rows * FEATURES, FEATURE_LIMIT);
  return features;
}

/** The first hidden vectors: each node through the projection of its type, then ELU, into `to` [rows, HIDDEN]. */
export function projectInput(
  { kernels }: WasmModule,
  weights: Weights,
  { batch, from, graphs }: Group,
  features: number,
  to: number,
): void {
  graphs.forEach(({ row }, i) => {
    const type0 = (from + i) * batch.nodeTypes;
    weights.input.forEach(({ weight, bias }, type) => {
      const ofType = batch.nodesPerType[type0 + type] ?? 0;
      if (ofType === 0) return;
      kernels.project(features + row * FEATURES * 4, weight, to + row * HIDDEN * 4, ofType, FEATURES, bias);
      row += ofType;
    });
  });
}
