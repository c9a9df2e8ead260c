import { HIDDEN, NO_MESSAGES, SCORE_LIMIT } from '../architecture.ts';
import type { Algebra } from './algebra.ts';
import type { Form } from './form.ts';
import type { Ref } from './graph-builder.ts';

/** Which nodes belong together: the graph of each [nodes], and the nodes of each graph [graphs, 1]. */
export interface GraphRefs {
  readonly graph: Ref;
  readonly perGraph: Ref;
}

/** The readout with TensorFlow's own operations. */
export function portableReadout(
  t: Algebra,
  { graph, perGraph }: GraphRefs,
): Pick<Form, 'readout' | 'readoutGradient'> {
  const graphs = t.rows(perGraph);
  const halves = (direction: Ref) => {
    const [mean = '', gated = ''] = t.split(t.reshape(direction, [2 * HIDDEN, 1]), [HIDDEN, HIDDEN], 0, 2);
    return { mean, gated };
  };
  return {
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
