import type { Platform } from '../contracts/event.ts';
import type { GraphBatch, HeteroGraph } from '../contracts/graph.ts';

/** One graph, alone or where it lies in a batch: nodes [nodeOffset, ...) type by type, edges [edgeOffset, + edges). */
export interface GraphPart extends Pick<GraphBatch, 'features' | 'source' | 'target' | 'relation'> {
  readonly platform: Platform;
  readonly nodesPerType: readonly number[];
  readonly nodeOffset: number;
  readonly edgeOffset: number;
  readonly edges: number;
}

/** A graph by itself. */
export function wholeGraph(graph: HeteroGraph): GraphPart {
  const { window, nodesPerType, features, source, target, relation } = graph;
  const edges = source.length;
  return {
    platform: window.platform,
    nodesPerType,
    features,
    source,
    target,
    relation,
    nodeOffset: 0,
    edgeOffset: 0,
    edges,
  };
}

/** A graph of a batch. Throws RangeError where the batch has no such graph. */
export function partOfBatch(batch: GraphBatch, place: number): GraphPart {
  const graph = batch.graphs[place];
  if (!graph) throw new RangeError(`The batch has no graph ${place}`);
  const { platform, features, source, target, relation } = batch;
  const { nodesPerType, nodeOffset, edgeOffset, edges } = graph;
  return { platform, nodesPerType, features, source, target, relation, nodeOffset, edgeOffset, edges };
}
