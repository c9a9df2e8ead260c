import { FEATURES } from '../../contracts/graph.ts';
import { FEATURE_LIMIT, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { algebraOf } from './algebra.ts';
import { type Form, plainProduct } from './form.ts';
import type { GraphBuilder, Ref } from './graph-builder.ts';

/** Node, message and row starts, senders and kinds: how models/native/ops wants the messages of a batch. */
const MESSAGE_INPUTS = ['node_start', 'message_start', 'row_start', 'source', 'kind'] as const;

/**
 * The form with our own operations, which models/native/ops implements. With `packed` weights (packPanels()), for
 * scoring, the products are our own too: they give a row the same bits in any company, and are made for no more rows
 * than the messages need. Without, for training, they are TensorFlow's.
 */
export function fusedForm(builder: GraphBuilder, nodeTypes: number, packed: boolean): Form {
  const t = algebraOf(builder);
  const features = builder.input('features', 'float', [-1, FEATURES]);
  const order = builder.input('order', 'int32', [-1]);
  const perType = builder.input('per_type', 'int32', [nodeTypes]);
  const messages = MESSAGE_INPUTS.map((name) => builder.input(name, 'int32', [-1]));
  const nodeStart = messages[0] ?? '';
  const own = (count: number, kind: string, inputs: readonly Ref[], limit = SCORE_LIMIT) =>
    builder.outputs(count, kind, inputs, { limit: { float: limit }, slope: { float: LEAKY_SLOPE } });
  const first = (refs: readonly Ref[]) => refs[0] ?? '';
  const state = packed ? first(own(1, 'LogsterPlan', messages)) : '';
  return {
    perType,
    project: (rows, weights) =>
      packed
        ? first(own(1, 'LogsterProduct', [rows, weights.weight, weights.bias ?? '']))
        : plainProduct(t, rows, weights),
    features: () => first(own(1, 'LogsterGatherHeld', [features, order], FEATURE_LIMIT)),
    place: (projected) => first(own(1, 'LogsterScatterElu', [projected, order])),
    placeGradient: (dOut, out) => first(own(1, 'LogsterScatterEluGrad', [dOut, out, order])),
    layer(h, { projection, bias, kind }) {
      if (packed) {
        const inputs = [h, projection.weight, bias, kind, state, ...messages];
        const [out = '', paid = ''] = own(2, 'LogsterLayer', inputs);
        return { out, paid, tape: { zx: '', out, more: [] } }; // scoring takes no gradient
      }
      const zx = plainProduct(t, h, projection);
      const [out = '', paid = ''] = own(2, 'LogsterAttend', [zx, h, bias, kind, ...messages]);
      return { out, paid, tape: { zx, out, more: [] } };
    },
    attendGradient(dOut, { kind }, { zx, out }) {
      const inputs = [dOut, out, zx, kind, ...messages];
      const [dPre = '', dZx = '', dKind = '', dBias = ''] = own(4, 'LogsterAttendGrad', inputs);
      return { dPre, dZx, dKind, dBias };
    },
    readout(h, { gate, direction }) {
      const inputs = [h, gate, direction, nodeStart];
      const [logit = '', nodeScore = '', ...more] = own(5, 'LogsterReadout', inputs);
      return { logit, nodeScore, tape: { h, more } };
    },
    readoutGradient(dLogit, { gate, direction }, { h, more }) {
      const inputs = [dLogit, h, gate, direction, nodeStart, ...more];
      const [dH = '', dGate = '', dDirection = ''] = own(3, 'LogsterReadoutGrad', inputs);
      return { dH, dGate, dDirection };
    },
  };
}
