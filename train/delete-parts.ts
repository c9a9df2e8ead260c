import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';

/** A graph without some of its edges; nodes stay, with the features they had. */
export function withoutEdges(graph: HeteroGraph, gone: ReadonlySet<number>): HeteroGraph {
  const kept = Int32Array.from(graph.source.keys()).filter((edge) => !gone.has(edge));
  return { ...graph, ...edgesOf(graph, kept) };
}

/** A graph without some of its nodes and the edges at them; the others keep the features they had. */
export function withoutNodes(graph: HeteroGraph, gone: ReadonlySet<number>): HeteroGraph {
  const kept = [...graph.labels.keys()].filter((node) => !gone.has(node));
  const placeOf = new Int32Array(graph.labels.length).fill(-1);
  const features = new Float32Array(kept.length * FEATURES);
  kept.forEach((node, place) => {
    placeOf[node] = place;
    features.set(graph.features.subarray(node * FEATURES, (node + 1) * FEATURES), place * FEATURES);
  });
  const types = typesOf(graph);
  const nodesPerType = graph.nodesPerType.map(
    (_, type) => kept.filter((node) => types[node] === type).length,
  );
  const { source, target } = graph;
  const whole = Int32Array.from(source.keys()).filter((edge) => {
    return !gone.has(source[edge] ?? 0) && !gone.has(target[edge] ?? 0);
  });
  const edges = edgesOf(graph, whole);
  const labels = kept.map((node) => graph.labels[node] ?? '');
  return {
    ...graph,
    ...edges,
    features,
    labels,
    nodesPerType,
    source: edges.source.map((node) => placeOf[node] ?? 0),
    target: edges.target.map((node) => placeOf[node] ?? 0),
  };
}

/** The type of every node, by its place among the platform's. */
export function typesOf({ nodesPerType }: Pick<HeteroGraph, 'nodesPerType'>): readonly number[] {
  return nodesPerType.flatMap((count, type) => new Array<number>(count).fill(type));
}

/** As many other places as `chosen`, drawn so that every kind occurs as often. */
export function drawnLike(
  chosen: readonly number[],
  kinds: ArrayLike<number>,
  random: () => number,
): ReadonlySet<number> {
  const pools = new Map<number, number[]>();
  Array.from(kinds).forEach((kind, place) => {
    const pool = pools.get(kind);
    if (pool) pool.push(place);
    else pools.set(kind, [place]);
  });
  const drawn = new Set<number>();
  for (const place of chosen) {
    const pool = pools.get(kinds[place] ?? 0) ?? [];
    const [one] = pool.splice(Math.floor(random() * pool.length), 1);
    if (one !== undefined) drawn.add(one);
  }
  return drawn;
}

type Edges = Pick<HeteroGraph, 'source' | 'target' | 'relation' | 'count' | 'first' | 'last' | 'edgeEvents'>;

function edgesOf(graph: HeteroGraph, kept: Int32Array): Edges {
  return {
    source: kept.map((edge) => graph.source[edge] ?? 0),
    target: kept.map((edge) => graph.target[edge] ?? 0),
    relation: Uint8Array.from(kept, (edge) => graph.relation[edge] ?? 0),
    count: Uint32Array.from(kept, (edge) => graph.count[edge] ?? 0),
    first: Float32Array.from(kept, (edge) => graph.first[edge] ?? 0),
    last: Float32Array.from(kept, (edge) => graph.last[edge] ?? 0),
    edgeEvents: Array.from(kept, (edge) => graph.edgeEvents[edge] ?? ''),
  };
}
