import { FEATURES, type HeteroGraph, NODE_TYPES, type NodeType } from '../contracts/graph.ts';
import { FEATURE_TABLE } from '../featurize/features.ts';

/**
 * The graph without what its features say of names: hashes of programs, files and words become 0. What a thing
 * is called tells the scenario in so small a collection; where it lies and what it does must be enough.
 */
export function hideNames(graph: HeteroGraph): HeteroGraph {
  const features = graph.features.slice();
  let node = 0;
  NODE_TYPES[graph.window.platform].forEach((type, place) => {
    const hashed = hashedPlaces(type);
    for (const end = node + (graph.nodesPerType[place] ?? 0); node < end; node++)
      for (const { from, to } of hashed) features.fill(0, node * FEATURES + from, node * FEATURES + to);
  });
  return { ...graph, features };
}

/** Where the hashed features of a node type lie; the feature table names them so. */
export function hashedPlaces(type: NodeType): readonly { readonly from: number; readonly to: number }[] {
  const places: { from: number; to: number }[] = [];
  let from = 0;
  for (const { name, width = 1 } of FEATURE_TABLE[type] as readonly { name: string; width?: number }[]) {
    if (name.endsWith('Hash')) places.push({ from, to: from + width });
    from += width;
  }
  return places;
}
