import fc from 'fast-check';
import { type GraphBatch, RELATIONS } from '../contracts/graph.ts';
import { syntheticBatch } from '../models/synthetic.ts';
import { type GraphScores, resultOf } from './score.ts';

const BY = {
  modelName: 'logster-windows-gat',
  modelVersion: '1',
  backend: 'wasm',
  scoredAt: 0,
  inferenceMs: 0,
  reused: false,
};
const plain = syntheticBatch(
  'windows',
  [
    { nodesPerType: [3, 1, 0, 0, 0], edges: 5 },
    { nodesPerType: [9, 8, 2, 4, 7], edges: 320 },
  ],
  5,
);
/** Some events stand on two edges, some edges have none, and there are more than a result takes. */
const batch: GraphBatch = {
  ...plain,
  edgeEvent: (edge) => (edge % 50 === 7 ? '' : `event ${Math.floor(edge * 0.75)}`),
};
const graph = batch.graphs[1]!;
/** Few different values, so that many are equal. */
const few = (length: number) =>
  fc.array(fc.constantFrom(0, 0, 0.25, 0.5, 1), { minLength: length, maxLength: length });

/** What resultOf() promises, put down without regard to speed. */
function plainly({ nodeScore, edgeScore }: GraphScores) {
  const order = (values: Float32Array) => [...values.keys()].sort((a, b) => values[b]! - values[a]! || a - b);
  const edges = order(edgeScore).map((edge) => graph.edgeOffset + edge);
  const events = [...new Set(edges.map(batch.edgeEvent))].filter((id) => id !== '');
  const types: Record<string, number> = {};
  for (const edge of edges) {
    const { name, target } = RELATIONS.windows[batch.relation[edge]!]!;
    types[`${name} ${target}`] = (types[`${name} ${target}`] ?? 0) + 1;
  }
  return {
    event_ids: events.slice(0, 200),
    top_nodes: order(nodeScore)
      .slice(0, 10)
      .map((node) => batch.nodeLabel(graph.nodeOffset + node)),
    top_edges: edges.slice(0, 10).map(batch.edgeEvent),
    edge_types: types,
  };
}

test('resultOf() names the strongest nodes, edges and events as plain sorting does, ties and all', () => {
  fc.assert(
    fc.property(few(30), few(320), (nodes, edges) => {
      const scores = {
        attackProb: 0.5,
        rawProb: 0.5,
        nodeScore: Float32Array.from(nodes),
        edgeScore: Float32Array.from(edges),
      };
      const { event_ids, top_nodes, top_edges, graph: statistics } = resultOf(batch, graph, scores, BY);
      expect({
        event_ids,
        top_nodes: top_nodes.map(({ label }) => label),
        top_edges: top_edges.map(({ event_id }) => event_id),
        edge_types: statistics.edge_types,
      }).toEqual(plainly(scores));
    }),
  );
});
