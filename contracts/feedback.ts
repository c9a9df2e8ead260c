import { z } from 'zod';

/** What an analyst sends to `POST /feedback`. */
export const feedbackRequestSchema = z.object({
  alert_id: z.uuid(),
  is_true_positive: z.boolean(),
  notes: z.string().max(4000).default(''),
  analyst: z.string().min(1).max(128).default('analyst'),
  techniques: z
    .array(z.string().regex(/^T\d{4}(\.\d{3})?$/))
    .max(50)
    .default([]),
  replace: z.boolean().default(false),
});
export type FeedbackRequest = z.infer<typeof feedbackRequestSchema>;

/** A verdict as it is kept: with what it was given on, so that it can train. */
export const feedbackSchema = feedbackRequestSchema.omit({ replace: true }).extend({
  feedback_id: z.uuid(),
  tenant_id: z.string(),
  at: z.number(),
  inference_ids: z.array(z.string()),
  model_version: z.string(),
  replaces: z.string().nullable(),
});
export type Feedback = z.infer<typeof feedbackSchema>;
