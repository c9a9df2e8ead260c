import { FEATURES, type GraphBatch } from './graph.ts';

/** The batch of only these graphs, in this order; the batch itself when that is all of them. */
export function selectGraphs(batch: GraphBatch, places: readonly number[]): GraphBatch {
  if (places.length === batch.graphs.length && places.every((place, index) => place === index)) return batch;
  const chosen = places.flatMap((place) => batch.graphs[place] ?? []);
  const nodesOf = chosen.map((graph) => graph.nodesPerType.reduce((sum, count) => sum + count, 0));
  const nodes = nodesOf.reduce((sum, count) => sum + count, 0);
  const edges = chosen.reduce((sum, graph) => sum + graph.edges, 0);
  const out = {
    features: new Float32Array(nodes * FEATURES),
    source: new Int32Array(edges),
    target: new Int32Array(edges),
    relation: new Uint8Array(edges),
    count: new Uint32Array(edges),
    first: new Float32Array(edges),
    last: new Float32Array(edges),
  };
  const nodeFrom = new Int32Array(nodes); // node of the selection -> node of the batch
  const edgeFrom = new Int32Array(edges);
  let nodeOffset = 0;
  let edgeOffset = 0;
  const graphs = chosen.map((graph, index) => {
    const count = nodesOf[index] ?? 0;
    const moved = { ...graph, nodeOffset, edgeOffset };
    out.features.set(
      batch.features.subarray(graph.nodeOffset * FEATURES, (graph.nodeOffset + count) * FEATURES),
      nodeOffset * FEATURES,
    );
    for (let node = 0; node < count; node++) nodeFrom[nodeOffset + node] = graph.nodeOffset + node;
    for (let edge = 0; edge < graph.edges; edge++) {
      const from = graph.edgeOffset + edge;
      const to = edgeOffset + edge;
      edgeFrom[to] = from;
      out.source[to] = (batch.source[from] ?? 0) - graph.nodeOffset + nodeOffset;
      out.target[to] = (batch.target[from] ?? 0) - graph.nodeOffset + nodeOffset;
      out.relation[to] = batch.relation[from] ?? 0;
      out.count[to] = batch.count[from] ?? 0;
      out.first[to] = batch.first[from] ?? 0;
      out.last[to] = batch.last[from] ?? 0;
    }
    nodeOffset += count;
    edgeOffset += graph.edges;
    return moved;
  });
  return {
    platform: batch.platform,
    featureSchema: batch.featureSchema,
    graphs,
    ...out,
    nodeLabel: (node) => batch.nodeLabel(nodeFrom[node] ?? 0),
    edgeEvent: (edge) => batch.edgeEvent(edgeFrom[edge] ?? 0),
  };
}
