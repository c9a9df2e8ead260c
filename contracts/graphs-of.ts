import { FEATURES, type GraphBatch, type HeteroGraph } from './graph.ts';

/** The graphs of a batch as graphs of their own, without the texts for people. */
export function graphsOf(batch: GraphBatch): readonly HeteroGraph[] {
  return batch.graphs.map((graph) => {
    const nodes = graph.nodesPerType.reduce((sum, count) => sum + count, 0);
    const [from, to] = [graph.edgeOffset, graph.edgeOffset + graph.edges];
    return {
      window: graph.window,
      windowId: graph.windowId,
      nodesPerType: graph.nodesPerType,
      features: batch.features.slice(graph.nodeOffset * FEATURES, (graph.nodeOffset + nodes) * FEATURES),
      labels: new Array<string>(nodes).fill(''),
      source: batch.source.slice(from, to).map((node) => node - graph.nodeOffset),
      target: batch.target.slice(from, to).map((node) => node - graph.nodeOffset),
      relation: batch.relation.slice(from, to),
      count: batch.count.slice(from, to),
      first: batch.first.slice(from, to),
      last: batch.last.slice(from, to),
      edgeEvents: new Array<string>(graph.edges).fill(''),
      eventCount: graph.eventCount,
      contentHash: graph.contentHash,
    };
  });
}
