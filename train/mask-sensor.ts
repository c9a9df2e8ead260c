import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';

/** Nodes of the acting processes always stay: every sensor sees them. */
const PROCESS = 0;

/**
 * The graph as a sensor would give it that sees less: each node type but processes is dropped with a chance of
 * `share`, with its edges. A model that meets many sensors cannot take one's configuration for a label.
 */
export function maskSensor(graph: HeteroGraph, share: number, random: () => number): HeteroGraph {
  const dropped = graph.nodesPerType.map((_, type) => type !== PROCESS && random() < share);
  if (!dropped.some((drop, type) => drop && (graph.nodesPerType[type] ?? 0) > 0)) return graph;
  const place = placesAfter(graph, dropped);
  const edges = [...graph.source.keys()].filter(
    (edge) => (place[graph.source[edge] ?? 0] ?? -1) >= 0 && (place[graph.target[edge] ?? 0] ?? -1) >= 0,
  );
  const nodes = [...place.keys()].filter((node) => (place[node] ?? -1) >= 0);
  const features = new Float32Array(nodes.length * FEATURES);
  nodes.forEach((node, at) => {
    features.set(graph.features.subarray(node * FEATURES, (node + 1) * FEATURES), at * FEATURES);
  });
  return {
    ...graph,
    nodesPerType: graph.nodesPerType.map((count, type) => (dropped[type] ? 0 : count)),
    features,
    labels: nodes.map((node) => graph.labels[node] ?? ''),
    source: Int32Array.from(edges, (edge) => place[graph.source[edge] ?? 0] ?? 0),
    target: Int32Array.from(edges, (edge) => place[graph.target[edge] ?? 0] ?? 0),
    relation: Uint8Array.from(edges, (edge) => graph.relation[edge] ?? 0),
    count: Uint32Array.from(edges, (edge) => graph.count[edge] ?? 0),
    first: Float32Array.from(edges, (edge) => graph.first[edge] ?? 0),
    last: Float32Array.from(edges, (edge) => graph.last[edge] ?? 0),
    edgeEvents: edges.map((edge) => graph.edgeEvents[edge] ?? ''),
  };
}

/** Where each node goes, -1 for a dropped one. */
function placesAfter(graph: HeteroGraph, dropped: readonly boolean[]): Int32Array {
  const place = new Int32Array(graph.nodesPerType.reduce((sum, count) => sum + count, 0));
  let from = 0;
  let next = 0;
  graph.nodesPerType.forEach((count, type) => {
    for (let node = from; node < from + count; node++) place[node] = dropped[type] ? -1 : next++;
    from += count;
  });
  return place;
}
