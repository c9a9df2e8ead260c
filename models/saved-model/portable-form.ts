import { FEATURES } from '../../contracts/graph.ts';
import { FEATURE_LIMIT } from '../architecture.ts';
import { algebraOf } from './algebra.ts';
import { type Form, plainProduct } from './form.ts';
import type { GraphBuilder } from './graph-builder.ts';
import { portableAttention } from './portable-attention.ts';
import { portableReadout } from './portable-readout.ts';

/** The form with TensorFlow's own operations alone. No segment maximum is taken, since held scores cannot overflow. */
export function portableForm(builder: GraphBuilder, nodeTypes: number): Form {
  const t = algebraOf(builder);
  const raw = builder.input('features', 'float', [-1, FEATURES]);
  const order = builder.input('order', 'int32', [-1]);
  const perType = builder.input('per_type', 'int32', [nodeTypes]);
  const messages = {
    source: builder.input('source', 'int32', [-1]),
    target: builder.input('target', 'int32', [-1]),
    kind: builder.input('kind', 'int32', [-1]),
    nodes: t.rows(raw),
  };
  const graphs = {
    graph: builder.input('graph', 'int32', [-1]),
    perGraph: builder.input('per_graph', 'float', [-1, 1]), // at least 1
  };
  const back = builder.op('InvertPermutation', [order], { T: { type: 'int32' } });
  return {
    perType,
    project: (rows, weights) => plainProduct(t, rows, weights),
    features() {
      const rows = t.gather(raw, order);
      const zero = t.scalar(0);
      return t.held(t.select(t.isNan(rows), zero, rows), FEATURE_LIMIT);
    },
    place: (projected) => t.gather(t.elu(projected), back),
    placeGradient: (dOut, out) => t.gather(t.mul(dOut, t.eluSlope(out)), order),
    ...portableAttention(t, messages),
    ...portableReadout(t, graphs),
  };
}
