import { HEAD_WIDTH, HEADS, HIDDEN, LEAKY_SLOPE, NO_MESSAGES, SCORE_LIMIT } from '../architecture.ts';
import type { Algebra } from './algebra.ts';
import { type Form, plainProduct } from './form.ts';
import type { Ref } from './graph-builder.ts';

/** The messages of a batch, [messages] each, and how many nodes there are. */
export interface MessageRefs {
  readonly source: Ref;
  readonly target: Ref;
  readonly kind: Ref;
  readonly nodes: Ref;
}

/** Attention with TensorFlow's own operations: weighed per message, summed per receiver, divided once per node. */
export function portableAttention(
  t: Algebra,
  { source, target, kind, nodes }: MessageRefs,
): Pick<Form, 'layer' | 'attendGradient'> {
  const one = t.scalar(1);
  const perHead = (x: Ref) => t.reshape(x, [-1, HEADS, HEAD_WIDTH]);
  const flat = (x: Ref) => t.reshape(x, [-1, HIDDEN]);
  /** Per head one number beside HEAD_WIDTH values. */
  const beside = (x: Ref) => t.reshape(x, [-1, HEADS, 1]);
  return {
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
      const dPre = t.mul(dOut, t.eluSlope(out));
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
      const dKind = t.mul(t.segmentSum(d, kind, t.rows(layer.kind)), inside(layer.kind));
      return { dPre, dZx: t.concat([flat(dZ), dSource, dTarget], 1), dKind, dBias: t.sum(dPre, [0]) };
    },
  };
}
