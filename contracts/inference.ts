import { z } from 'zod';
import { PLATFORMS } from './event.ts';

/** The network's verdict on one window (Logster reference, section 6). `attack` means `attack_prob` >= 0.5. */
export const inferenceResultSchema = z.object({
  inference_id: z.uuid(), // of (tenant, endpoint, platform, window end, model version)
  window_id: z.uuid(),
  tenant_id: z.string(),
  endpoint_id: z.string(),
  hostname: z.string(),
  platform: z.enum(PLATFORMS),
  window_start: z.number(),
  window_end: z.number(),
  timestamp: z.number(), // = window_end
  scored_at: z.number(), // wall clock, epoch seconds
  prediction: z.enum(['benign', 'attack', 'error']),
  attack_prob: z.number().min(0).max(1),
  confidence: z.number().min(0).max(1), // the larger softmax value
  model_name: z.string(),
  model_version: z.string(),
  backend: z.string(), // which engine scored it
  inference_time_ms: z.number(), // this graph's share of its batch
  queue_time_ms: z.number(),
  graph: z.object({
    num_nodes: z.number().int(),
    num_edges: z.number().int(),
    node_types: z.record(z.string(), z.number()),
    edge_types: z.record(z.string(), z.number()),
    truncated: z.object({ nodes: z.record(z.string(), z.number()), edges: z.number() }).optional(),
  }),
  event_count: z.number().int(),
  event_ids: z.array(z.string()).max(200), // most influential first
  /** `gradient`: scores are signed log-odds (docs/explanations.md); `attention`, or nothing: shares of attention. */
  explained_by: z.enum(['gradient', 'attention']).optional(),
  unexplained: z.string().optional(), // why an attack has no gradient
  top_nodes: z
    .array(
      z.object({
        type: z.string(),
        label: z.string(),
        score: z.number(),
        event_ids: z.array(z.string()).max(3).optional(), // of its strongest edges
        features: z
          .array(z.object({ name: z.string(), contribution: z.number() }))
          .max(5)
          .optional(),
      }),
    )
    .max(10),
  top_edges: z
    .array(
      z.object({
        relation: z.string(),
        source: z.string(),
        target: z.string(),
        event_id: z.string(),
        score: z.number(),
        attention: z.number().optional(), // paid to its two messages, mean of layers and heads
      }),
    )
    .max(10),
  prefiltered: z.boolean(),
  reused: z.boolean(), // the graph had not changed since the last tick
  error: z.string().optional(),
});
export type InferenceResult = z.infer<typeof inferenceResultSchema>;

/** From this probability on a window counts as an attack; alerts begin at the alert threshold, which is higher. */
export const ATTACK_PROBABILITY = 0.5;
