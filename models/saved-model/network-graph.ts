import type { Platform } from '../../contracts/event.ts';
import { FEATURES } from '../../contracts/graph.ts';
import { architectureOf, HEADS, HIDDEN } from '../architecture.ts';
import { type FoldedNetwork, PROJECTED } from '../fold.ts';
import { type Algebra, algebraOf } from './algebra.ts';
import type { AttendTape, Form, NetworkRefs, ReadoutTape } from './form.ts';
import { fusedForm } from './fused-form.ts';
import { type GraphBuilder, graphBuilder, type Ref, savedModelOf } from './graph-builder.ts';
import { packPanels } from './panels.ts';
import { portableForm } from './portable-form.ts';

/** `fused` needs our own operations, which `npm run setup:native` compiles; any TensorFlow runs `portable`. */
export type GraphForm = 'fused' | 'portable';

/** Everything the forward pass computes. */
export interface ForwardRefs {
  readonly logit: Ref; // [graphs] attack logit less benign logit
  readonly nodeScore: Ref; // [nodes]
  readonly paid: Ref; // [messages] attention of the last layer, mean of heads
  readonly tape: {
    readonly rows: readonly Ref[]; // per node type its features
    readonly inputs: readonly Ref[]; // of each layer, [nodes, HIDDEN]
    readonly attends: readonly AttendTape[];
    readonly readout: ReadoutTape;
  };
}

/** Opens a form's inputs in a graph; `packed` tells how the fused form's weights lie. */
export function openForm(form: GraphForm, builder: GraphBuilder, platform: Platform, packed: boolean): Form {
  const { nodeTypes } = architectureOf(platform);
  return form === 'fused' ? fusedForm(builder, nodeTypes, packed) : portableForm(builder, nodeTypes);
}

/** The network's forward pass, once for scoring and for training. */
export function forward(t: Algebra, form: Form, network: NetworkRefs): ForwardRefs {
  const rows = t.split(form.features(), form.perType, 0, network.input.length);
  const projected = network.input.map((weights, type) => form.project(rows[type] ?? '', weights));
  let h = form.place(t.concat(projected, 0));
  let paid = '';
  const inputs: Ref[] = [];
  const attends: AttendTape[] = [];
  for (const layer of network.layers) {
    inputs.push(h);
    const attended = form.layer(h, layer);
    attends.push(attended.tape);
    h = attended.out;
    paid = attended.paid;
  }
  const { logit, nodeScore, tape: readout } = form.readout(h, network);
  return { logit: t.add(logit, network.bias), nodeScore, paid, tape: { rows, inputs, attends, readout } };
}

/** A trained network as a SavedModel: one call scores a batch. Outputs: logit, node_score and paid. */
export function scoringModel(platform: Platform, form: GraphForm, folded: FoldedNetwork): Uint8Array {
  const builder = graphBuilder();
  const packed = form === 'fused';
  const opened = openForm(form, builder, platform, packed);
  const network = constants(builder, folded, packed);
  const { logit, nodeScore, paid } = forward(algebraOf(builder), opened, network);
  builder.output('logit', logit, [-1]);
  builder.output('node_score', nodeScore, [-1]);
  builder.output('paid', paid, [-1]);
  return savedModelOf(builder);
}

function constants(builder: GraphBuilder, folded: FoldedNetwork, packed: boolean): NetworkRefs {
  const { input, layers, gate, direction, bias } = folded;
  const weights = (values: Float32Array, rows: number, columns: number): Ref =>
    builder.floats(packed ? packPanels(values, columns) : values, [rows, columns]);
  return {
    input: input.map((type) => ({
      weight: weights(type.weight, FEATURES, HIDDEN),
      bias: builder.floats(type.bias, [HIDDEN]),
    })),
    layers: layers.map((layer) => ({
      projection: { weight: weights(layer.projection, HIDDEN, PROJECTED) },
      kind: builder.floats(layer.kind, [layer.kind.length / HEADS, HEADS]),
      bias: builder.floats(layer.bias, [HIDDEN]),
    })),
    gate: builder.floats(gate, [HIDDEN]),
    direction: builder.floats(direction, [2 * HIDDEN]),
    bias: builder.floats([bias], []),
  };
}
