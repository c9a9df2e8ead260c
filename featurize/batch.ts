import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import {
  FEATURES,
  type GraphBatch,
  type GraphInBatch,
  type HeteroGraph,
  NODE_TYPES,
} from '../contracts/graph.ts';
import { encodeGraphBatch } from '../contracts/graph-batch.ts';
import { featureSchema } from './features.ts';

/** Graphs of one platform as the bytes of one batch. */
export function encodeBatch(platform: Platform, graphs: readonly HeteroGraph[]): Buffer {
  const labels = graphs.map((graph) => graph.labels);
  const events = graphs.map((graph) => graph.edgeEvents);
  return encodeGraphBatch(joinGraphs(platform, graphs), { labels, events });
}

/** Graphs of one platform as one disjoint union: what `decodeBatch()` gives of them, without the bytes. */
export function joinGraphs(platform: Platform, graphs: readonly HeteroGraph[]): GraphBatch {
  const places = placeGraphs(platform, graphs);
  const nodes = graphs.reduce((sum, graph) => sum + graph.labels.length, 0);
  const edges = graphs.reduce((sum, graph) => sum + graph.source.length, 0);
  const label = texts(graphs, (graph) => graph.labels);
  const event = texts(graphs, (graph) => graph.edgeEvents);
  const batch = {
    platform,
    featureSchema: featureSchema(platform),
    graphs: places,
    features: new Float32Array(nodes * FEATURES),
    source: new Int32Array(edges),
    target: new Int32Array(edges),
    relation: new Uint8Array(edges),
    count: new Uint32Array(edges),
    first: new Float32Array(edges),
    last: new Float32Array(edges),
    nodeLabel: label,
    edgeEvent: event,
  };
  graphs.forEach((graph, i) => {
    const { nodeOffset = 0, edgeOffset = 0 } = places[i] ?? {};
    batch.features.set(graph.features, nodeOffset * FEATURES);
    for (let edge = 0; edge < graph.source.length; edge++) {
      batch.source[edgeOffset + edge] = (graph.source[edge] ?? 0) + nodeOffset;
      batch.target[edgeOffset + edge] = (graph.target[edge] ?? 0) + nodeOffset;
    }
    batch.relation.set(graph.relation, edgeOffset);
    batch.count.set(graph.count, edgeOffset);
    batch.first.set(graph.first, edgeOffset);
    batch.last.set(graph.last, edgeOffset);
  });
  return batch;
}

// put together when first asked for: training never asks
function texts(
  graphs: readonly HeteroGraph[],
  of: (graph: HeteroGraph) => readonly string[],
): (place: number) => string {
  let all: readonly string[] | undefined;
  return (place) => {
    all ??= graphs.flatMap(of);
    return all[place] ?? '';
  };
}

function placeGraphs(platform: Platform, graphs: readonly HeteroGraph[]): readonly GraphInBatch[] {
  let nodeOffset = 0;
  let edgeOffset = 0;
  return graphs.map((graph) => {
    if (graph.window.platform !== platform || graph.nodesPerType.length !== NODE_TYPES[platform].length) {
      throw new LogsterError(
        'input-invalid',
        `Window ${graph.windowId} is of ${graph.window.platform}; this batch takes ${platform} only`,
      );
    }
    const { window, windowId, eventCount, contentHash, nodesPerType, truncated } = graph;
    const edges = graph.source.length;
    const place = { window, windowId, eventCount, contentHash, nodesPerType, nodeOffset, edgeOffset, edges };
    nodeOffset += graph.labels.length;
    edgeOffset += edges;
    return truncated ? { ...place, truncated } : place;
  });
}
