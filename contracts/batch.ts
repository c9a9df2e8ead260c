import { z } from 'zod';
import { PLATFORMS } from './event.ts';

/**
 * A job of the queue `score-windows`: a reference to a batch and its sizes. The bytes (one Arrow IPC stream)
 * lie in the state port under `key` until the job has ended.
 */
export const scoreJobSchema = z.object({
  batch_id: z.uuid(),
  platform: z.enum(PLATFORMS),
  key: z.string(),
  feature_schema: z.string(), // hash of the feature table the batch was made with
  tenants: z.array(z.string()),
  graphs: z.number().int().positive(),
  nodes: z.number().int().nonnegative(),
  edges: z.number().int().nonnegative(),
  bytes: z.number().int().positive(),
  created_at: z.number(), // epoch seconds
  traceparent: z.string().optional(),
});
export type ScoreJob = z.infer<typeof scoreJobSchema>;

export const SCORE_QUEUE = 'score-windows';
