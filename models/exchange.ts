import { LogsterError } from '../contracts/errors.ts';
import { PLATFORMS } from '../contracts/event.ts';
import { FEATURES, type GraphBatch, type GraphInBatch } from '../contracts/graph.ts';
import {
  architectureOf,
  FEATURE_LIMIT,
  HEAD_WIDTH,
  HEADS,
  HIDDEN,
  LAYERS,
  LEAKY_SLOPE,
  SCORE_LIMIT,
} from './architecture.ts';
import { parameterLayout } from './parameters.ts';
import { createPreparer } from './prepare.ts';
import { arrayOf, decodeTensorFile, encodeTensorFile } from './tensor-file.ts';

/** Graphs with parameters, labels and weights: everything that scoring and training them takes. */
export interface Exchange {
  readonly batch: GraphBatch;
  readonly parameters: Float32Array;
  /** [graphs] 0 (benign) to 1 (attack) */
  readonly labels: Float32Array;
  /** [graphs] */
  readonly weights: Float32Array;
}

/**
 * A batch for other processes, also those in another language: its edges as they are, and as the messages that the
 * network makes of them, node numbers of messages within their graph; the network's sizes stand in the texts.
 */
export function encodeExchange({ batch, parameters, labels, weights }: Exchange): Buffer {
  const prepared = createPreparer(batch.platform).prepare(batch);
  const { nodeTypes, kinds } = architectureOf(batch.platform);
  const sizes = {
    ...{ nodeTypes, kinds, features: FEATURES, heads: HEADS, headWidth: HEAD_WIDTH, hidden: HIDDEN },
    ...{ layers: LAYERS, slope: LEAKY_SLOPE, scoreLimit: SCORE_LIMIT, featureLimit: FEATURE_LIMIT },
  };
  return encodeTensorFile({
    tensors: {
      nodesPerType: { values: prepared.nodesPerType, shape: [prepared.graphs, nodeTypes] },
      edges: { values: Int32Array.from(batch.graphs, (graph) => graph.edges) },
      features: {
        values: batch.features.subarray(0, prepared.nodes * FEATURES),
        shape: [prepared.nodes, FEATURES],
      },
      source: { values: batch.source },
      target: { values: batch.target },
      relation: { values: batch.relation },
      count: { values: batch.count },
      messageStart: { values: prepared.messageStart },
      messageSource: { values: prepared.source },
      messageTarget: { values: prepared.target },
      messageKind: { values: prepared.kind },
      parameters: { values: parameters },
      labels: { values: labels },
      weights: { values: weights },
    },
    texts: {
      platform: batch.platform,
      sizes: JSON.stringify(sizes),
      layout: JSON.stringify(parameterLayout(batch.platform).tensors),
    },
  });
}

/** The content of such a file; graphs carry numbers instead of names. Throws input-invalid. */
export function decodeExchange(bytes: Buffer): Exchange {
  const file = decodeTensorFile(bytes);
  const platform = PLATFORMS.find((name) => name === file.texts['platform']);
  if (!platform)
    throw new LogsterError('input-invalid', 'A file of graphs names no platform; write it again');
  const source = arrayOf(file, 'source', Int32Array);
  const window = { tenantId: '', endpointId: '', hostname: '', platform, start: 0, end: 180 };
  const batch: GraphBatch = {
    platform,
    featureSchema: 'exchange',
    graphs: placesOf(arrayOf(file, 'nodesPerType', Int32Array), arrayOf(file, 'edges', Int32Array)).map(
      (place) => ({ ...place, window }),
    ),
    features: arrayOf(file, 'features', Float32Array),
    source,
    target: arrayOf(file, 'target', Int32Array),
    relation: arrayOf(file, 'relation', Uint8Array),
    count: arrayOf(file, 'count', Uint32Array),
    first: new Float32Array(source.length),
    last: new Float32Array(source.length),
    nodeLabel: (node) => `node ${node}`,
    edgeEvent: (edge) => `event ${edge}`,
  };
  return {
    batch,
    parameters: arrayOf(file, 'parameters', Float32Array),
    labels: arrayOf(file, 'labels', Float32Array),
    weights: arrayOf(file, 'weights', Float32Array),
  };
}

function placesOf(nodesPerType: Int32Array, edges: Int32Array): Omit<GraphInBatch, 'window'>[] {
  const types = nodesPerType.length / Math.max(edges.length, 1);
  let nodeOffset = 0;
  let edgeOffset = 0;
  return Array.from(edges, (count, graph) => {
    const own = [...nodesPerType.subarray(graph * types, (graph + 1) * types)];
    const place = {
      windowId: `graph ${graph}`,
      eventCount: count,
      contentHash: `graph ${graph}`,
      nodesPerType: own,
      nodeOffset,
      edgeOffset,
      edges: count,
    };
    nodeOffset += own.reduce((sum, nodes) => sum + nodes, 0);
    edgeOffset += count;
    return place;
  });
}
