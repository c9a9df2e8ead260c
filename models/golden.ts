import { z } from 'zod';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS } from '../contracts/event.ts';
import type { GraphBatch } from '../contracts/graph.ts';

/** A batch with the scores a model must give for it, [graphs] each. */
export interface Golden {
  readonly batch: GraphBatch;
  readonly rawProb: readonly number[];
  readonly attackProb: readonly number[];
}

const goldenSchema = z.object({
  platform: z.enum(PLATFORMS),
  featureSchema: z.string(),
  graphs: z.array(
    z.object({
      windowId: z.string(),
      eventCount: z.number(),
      contentHash: z.string(),
      nodesPerType: z.array(z.number()),
      nodeOffset: z.number(),
      edgeOffset: z.number(),
      edges: z.number(),
    }),
  ),
  features: z.string(), // float32, little-endian, base64
  source: z.array(z.number()),
  target: z.array(z.number()),
  relation: z.array(z.number()),
  count: z.array(z.number()),
  rawProb: z.array(z.number()),
  attackProb: z.array(z.number()),
});

/** A golden batch as JSON: sizes, features and edges, and nothing that names a host, a file or an event. */
export function encodeGolden({ batch, rawProb, attackProb }: Golden): Buffer {
  const features = Buffer.alloc(batch.features.length * 4);
  batch.features.forEach((value, i) => {
    features.writeFloatLE(value, i * 4);
  });
  const plain: z.infer<typeof goldenSchema> = {
    platform: batch.platform,
    featureSchema: batch.featureSchema,
    graphs: batch.graphs.map((graph) => ({
      windowId: graph.windowId,
      eventCount: graph.eventCount,
      contentHash: graph.contentHash,
      nodesPerType: [...graph.nodesPerType],
      nodeOffset: graph.nodeOffset,
      edgeOffset: graph.edgeOffset,
      edges: graph.edges,
    })),
    features: features.toString('base64'),
    source: [...batch.source],
    target: [...batch.target],
    relation: [...batch.relation],
    count: [...batch.count],
    rawProb: [...rawProb],
    attackProb: [...attackProb],
  };
  return Buffer.from(`${JSON.stringify(plain)}\n`);
}

/** Reads a golden batch. Throws model-invalid when it is not one. */
export function decodeGolden(bytes: Buffer, modelName: string): Golden {
  try {
    const plain = goldenSchema.parse(JSON.parse(bytes.toString('utf8')));
    const { platform, featureSchema, rawProb, attackProb } = plain;
    const features = Buffer.from(plain.features, 'base64');
    const window = {
      tenantId: 'golden',
      endpointId: 'golden',
      hostname: 'golden',
      platform,
      start: 0,
      end: 180,
    };
    const batch: GraphBatch = {
      platform,
      featureSchema,
      graphs: plain.graphs.map((graph) => ({ ...graph, window })),
      features: Float32Array.from({ length: features.length / 4 }, (_, i) => features.readFloatLE(i * 4)),
      source: Int32Array.from(plain.source),
      target: Int32Array.from(plain.target),
      relation: Uint8Array.from(plain.relation),
      count: Uint32Array.from(plain.count),
      first: new Float32Array(plain.source.length),
      last: new Float32Array(plain.source.length),
      nodeLabel: (node) => `node ${node}`,
      edgeEvent: (edge) => `event ${edge}`,
    };
    return { batch, rawProb, attackProb };
  } catch (cause) {
    const message = `The golden batch of model ${modelName} is damaged: ${reasonOf(cause)}; fetch or train it again`;
    throw new LogsterError('model-invalid', message, { cause });
  }
}
