import { FEATURES } from '../../contracts/graph.ts';
import { FEATURE_LIMIT, HEAD_WIDTH, HEADS, HIDDEN, LEAKY_SLOPE, SCORE_LIMIT } from '../architecture.ts';
import { algebraOf } from './algebra.ts';
import { type Form, plainProduct } from './form.ts';
import type { GraphBuilder, Ref } from './graph-builder.ts';

/** Added to sums of weights, the smallest of which is e^-6: it only keeps nodes without messages from 0 / 0. */
const NO_MESSAGES = 1e-16;

/**
 * The form with TensorFlow's own operations alone. Attention is weighed per message, summed per receiver and divided
 * once per node; no segment maximum is taken, since held scores cannot overflow (architecture.ts).
 */
export function portableForm(builder: GraphBuilder, nodeTypes: number): Form {
  const t = algebraOf(builder);
  const int = { type: 'int32' } as const;
  const raw = builder.input('features', 'float', [-1, FEATURES]);
  const order = builder.input('order', 'int32', [-1]);
  const perType = builder.input('per_type', 'int32', [nodeTypes]);
  const source = builder.input('source', 'int32', [-1]);
  const target = builder.input('target', 'int32', [-1]);
  const kind = builder.input('kind', 'int32', [-1]);
  const graph = builder.input('graph', 'int32', [-1]);
  const perGraph = builder.input('per_graph', 'float', [-1, 1]); // nodes of each graph, at least 1
  const nodes = t.rows(raw);
  const graphs = t.rows(perGraph);
  const back = builder.op('InvertPermutation', [order], { T: int });
  const one = t.scalar(1);
  const perHead = (x: Ref) => t.reshape(x, [-1, HEADS, HEAD_WIDTH]);
  const flat = (x: Ref) => t.reshape(x, [-1, HIDDEN]);
  /** Per head one number beside HEAD_WIDTH values. */
  const beside = (x: Ref) => t.reshape(x, [-1, HEADS, 1]);
  const kindsOf = (table: Ref) => t.rows(table);
  const eluSlope = (y: Ref) => t.add(t.min(y, t.scalar(0)), one); // 1 above 0, y + 1 below

  const halves = (direction: Ref) => {
    const [mean = '', gated = ''] = t.split(t.reshape(direction, [2 * HIDDEN, 1]), [HIDDEN, HIDDEN], 0, 2);
    return { mean, gated };
  };

  return {
    perType,
    project: (rows, weights) => plainProduct(t, rows, weights),
    features() {
      const rows = t.gather(raw, order);
      const zero = t.scalar(0);
      return t.held(t.select(t.isNan(rows), zero, rows), FEATURE_LIMIT);
    },
    place: (projected) => t.gather(t.elu(projected), back),
    placeGradient: (dOut, out) => t.gather(t.mul(dOut, eluSlope(out)), order),

    layer(h, layer) {
      const zx = plainProduct(t, h, layer.projection);
      const [z = '', asSource = '', asTarget = ''] = t.split(zx, [HIDDEN, HEADS, HEADS], 1, 3);
      const sent = t.gather(t.held(asSource, SCORE_LIMIT), source);
      const received = t.gather(t.held(asTarget, SCORE_LIMIT), target);
      const ofKind = t.gather(t.held(layer.kind, SCORE_LIMIT), kind);
      const raw = t.add(t.add(sent, received), ofKind);
      const weight = t.exp(t.max(raw, t.mul(raw, t.scalar(LEAKY_SLOPE)))); // [messages, HEADS]
      const sum = t.add(t.segmentSum(weight, target, nodes), t.scalar(NO_MESSAGES));
      const messages = t.mul(t.gather(perHead(z), source), beside(weight));
      const mean = t.div(t.segmentSum(messages, target, nodes), beside(sum)); // [nodes, HEADS, HEAD_WIDTH]
      const out = t.elu(t.add(t.add(flat(mean), layer.bias), h));
      const share = t.div(weight, t.gather(sum, target));
      const paid = t.mul(t.sum(share, [1]), t.scalar(1 / HEADS));
      return { out, paid, tape: { zx, out, more: [raw, share, mean] } };
    },

    attendGradient(dOut, layer, { zx, out, more: [raw = '', share = '', mean = ''] }) {
      const [z = '', asSource = '', asTarget = ''] = t.split(zx, [HIDDEN, HEADS, HEADS], 1, 3);
      const dPre = t.mul(dOut, eluSlope(out));
      const g = perHead(dPre);
      const gOfTarget = t.gather(g, target); // [messages, HEADS, HEAD_WIDTH]
      const dZ = t.segmentSum(t.mul(gOfTarget, beside(share)), source, nodes);
      const dots = t.sum(t.mul(gOfTarget, t.gather(perHead(z), source)), [2]);
      const meanDot = t.gather(t.sum(t.mul(g, mean), [2]), target);
      const above = t.sub(one, t.atMost(raw, t.scalar(0)));
      const slope = t.add(t.mul(above, t.scalar(1 - LEAKY_SLOPE)), t.scalar(LEAKY_SLOPE));
      const d = t.mul(t.mul(share, t.sub(dots, meanDot)), slope); // [messages, HEADS]
      const inside = (x: Ref) => t.atMost(t.abs(x), t.scalar(SCORE_LIMIT));
      const dSource = t.mul(t.segmentSum(d, source, nodes), inside(asSource));
      const dTarget = t.mul(t.segmentSum(d, target, nodes), inside(asTarget));
      const dKind = t.mul(t.segmentSum(d, kind, kindsOf(layer.kind)), inside(layer.kind));
      return { dPre, dZx: t.concat([flat(dZ), dSource, dTarget], 1), dKind, dBias: t.sum(dPre, [0]) };
    },

    readout(h, network) {
      const gates = t.matMul(h, t.reshape(network.gate, [HIDDEN, 1])); // [nodes, 1]
      const weight = t.exp(t.held(gates, SCORE_LIMIT));
      const sum = t.add(t.segmentSum(weight, graph, graphs), t.scalar(NO_MESSAGES));
      const share = t.div(weight, t.gather(sum, graph)); // [nodes, 1]
      const direction = halves(network.direction);
      const alongMean = t.matMul(h, direction.mean);
      const alongGated = t.matMul(h, direction.gated);
      const score = t.add(t.div(alongMean, t.gather(perGraph, graph)), t.mul(alongGated, share));
      const logit = t.reshape(t.segmentSum(score, graph, graphs), [-1]);
      return { logit, nodeScore: t.reshape(score, [-1]), tape: { h, more: [gates, share, alongGated] } };
    },

    readoutGradient(dLogit, network, { h, more: [gates = '', share = '', alongGated = ''] }) {
      const ofNode = t.gather(t.reshape(dLogit, [-1, 1]), graph); // [nodes, 1]
      const direction = halves(network.direction);
      const forMean = t.div(ofNode, t.gather(perGraph, graph));
      const forGated = t.mul(ofNode, share);
      const meanAlong = t.gather(t.segmentSum(t.mul(share, alongGated), graph, graphs), graph);
      const inside = t.atMost(t.abs(gates), t.scalar(SCORE_LIMIT));
      const dGates = t.mul(t.mul(forGated, t.sub(alongGated, meanAlong)), inside);
      const turned = { b: true } as const;
      const dH = t.add(
        t.add(t.matMul(forMean, direction.mean, turned), t.matMul(forGated, direction.gated, turned)),
        t.matMul(dGates, t.reshape(network.gate, [HIDDEN, 1]), turned),
      );
      const along = (d: Ref) => t.reshape(t.matMul(h, d, { a: true }), [-1]);
      return {
        dH,
        dGate: along(dGates),
        dDirection: t.concat([along(forMean), along(forGated)], 0),
      };
    },
  };
}
