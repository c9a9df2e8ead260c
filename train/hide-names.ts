import type { Platform } from '../contracts/event.ts';
import type { HeteroGraph, NodeType } from '../contracts/graph.ts';
import { ablated, FEATURE_GROUPS, placesOf } from './ablate.ts';

/**
 * The graph without what its features say of names: hashes of programs, files and words become 0. What a thing
 * is called tells the scenario in so small a collection; where it lies and what it does must be enough.
 */
export function hideNames(graph: HeteroGraph): HeteroGraph {
  return ablated(graph, { kind: 'features', group: 'names' });
}

/** Where the hashed features of a node type lie. */
export function hashedPlaces(platform: Platform, type: NodeType): ReturnType<typeof placesOf> {
  return placesOf(platform, type, FEATURE_GROUPS.names);
}
