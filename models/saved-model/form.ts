import type { Algebra } from './algebra.ts';
import type { Ref } from './graph-builder.ts';

/** A dense product's weights. */
export interface ProjectionRefs {
  readonly weight: Ref; // [inner, columns]
  readonly bias?: Ref; // [columns]
}

/** Weights of one layer as the graph computes with them. */
export interface LayerRefs {
  readonly projection: ProjectionRefs; // [HIDDEN, PROJECTED]: values, then scores as source and as target, per head
  readonly kind: Ref; // [kinds, HEADS]
  readonly bias: Ref; // [HIDDEN]
}

/** Weights of the network as the graph computes with them. */
export interface NetworkRefs {
  readonly input: readonly ProjectionRefs[]; // per node type
  readonly layers: readonly LayerRefs[];
  readonly gate: Ref; // [HIDDEN]
  readonly direction: Ref; // [2 HIDDEN], attack column less benign column of the output weights
  readonly bias: Ref; // [], attack less benign
}

/** What a layer of attention leaves for its gradient. */
export interface AttendTape {
  readonly zx: Ref; // [nodes, PROJECTED]
  readonly out: Ref;
  /** What only one form needs again. */
  readonly more: readonly Ref[];
}

/** What the readout leaves for its gradient. */
export interface ReadoutTape {
  readonly h: Ref;
  readonly more: readonly Ref[];
}

/** What the readout gives. */
export interface ReadoutRefs {
  readonly logit: Ref; // [graphs], without the output bias
  readonly nodeScore: Ref; // [nodes]
  readonly tape: ReadoutTape;
}

/**
 * The parts of the network that differ between the forms of its graph: `fused` with our own operations (models/native/ops), for
 * processors, and `portable` with TensorFlow's alone, for GPUs and for whoever else loads the graph. Nodes stand in the
 * order of the batch, except between `features` and `place`, where those of a type stand together.
 */
export interface Form {
  /** Features of all nodes, the nodes of a type together, held within their limit. */
  features(): Ref;
  /** Rows of features [n, inner] times a node type's weights [inner, HIDDEN], plus bias. */
  project(rows: Ref, weights: ProjectionRefs): Ref;
  /** How many nodes of each type, [node types]. */
  readonly perType: Ref;
  /** Projected nodes, back in the batch's order, after the ELU. */
  place(projected: Ref): Ref;
  /** One layer: h of the next, and the attention paid to each message, mean of heads. */
  layer(h: Ref, layer: LayerRefs): { readonly out: Ref; readonly paid: Ref; readonly tape: AttendTape };
  readout(h: Ref, network: NetworkRefs): ReadoutRefs;
  placeGradient(dOut: Ref, out: Ref): Ref;
  attendGradient(
    dOut: Ref,
    layer: LayerRefs,
    tape: AttendTape,
  ): { readonly dPre: Ref; readonly dZx: Ref; readonly dKind: Ref; readonly dBias: Ref };
  readoutGradient(
    dLogit: Ref,
    network: NetworkRefs,
    tape: ReadoutTape,
  ): { readonly dH: Ref; readonly dGate: Ref; readonly dDirection: Ref };
}

/** The product with TensorFlow's own operations. */
export function plainProduct(t: Algebra, rows: Ref, { weight, bias }: ProjectionRefs): Ref {
  const product = t.matMul(rows, weight);
  return bias ? t.add(product, bias) : product;
}
