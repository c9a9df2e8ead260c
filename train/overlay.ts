import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';

/**
 * The graph as it would be with another machine's ordinary work going on beside it: both graphs as one, nodes by
 * type. An attack stays an attack on a busy machine, so a model that has to say so cannot go by how busy it is.
 */
export function overlay(graph: HeteroGraph, background: HeteroGraph): HeteroGraph {
  const nodesPerType = graph.nodesPerType.map((count, type) => count + (background.nodesPerType[type] ?? 0));
  const own = placesIn(graph.nodesPerType, background.nodesPerType, 'first');
  const other = placesIn(background.nodesPerType, graph.nodesPerType, 'second');
  const features = new Float32Array((own.length + other.length) * FEATURES);
  const labels = new Array<string>(own.length + other.length);
  for (const [part, places] of [
    [graph, own],
    [background, other],
  ] as const)
    places.forEach((place, node) => {
      features.set(part.features.subarray(node * FEATURES, (node + 1) * FEATURES), place * FEATURES);
      labels[place] = part.labels[node] ?? '';
    });
  const moved = (edges: 'source' | 'target') =>
    Int32Array.from([
      ...Array.from(graph[edges], (node) => own[node] ?? 0),
      ...Array.from(background[edges], (node) => other[node] ?? 0),
    ]);
  return {
    ...graph,
    nodesPerType,
    features,
    labels,
    source: moved('source'),
    target: moved('target'),
    relation: Uint8Array.from([...graph.relation, ...background.relation]),
    count: Uint32Array.from([...graph.count, ...background.count]),
    first: Float32Array.from([...graph.first, ...background.first]),
    last: Float32Array.from([...graph.last, ...background.last]),
    edgeEvents: [...graph.edgeEvents, ...background.edgeEvents],
    eventCount: graph.eventCount + background.eventCount,
  };
}

/** Where each node of one graph lies in the union: of each type, the first graph's nodes come first. */
function placesIn(
  counts: readonly number[],
  others: readonly number[],
  order: 'first' | 'second',
): readonly number[] {
  const places: number[] = [];
  let start = 0;
  counts.forEach((count, type) => {
    const before = order === 'first' ? 0 : (others[type] ?? 0);
    for (let node = 0; node < count; node++) places.push(start + before + node);
    start += count + (others[type] ?? 0);
  });
  return places;
}
