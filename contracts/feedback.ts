import { z } from 'zod';
import { PLATFORMS } from './event.ts';

/** Why an analyst judges so; a fixed list, so that verdicts can be counted. The text beside it is free. */
export const REASONS = [
  'malicious', // an attacker at work
  'red-team', // an attack by agreement
  'misuse', // a person of the house doing what they may not
  'administration', // people keeping machines
  'software-update',
  'development', // builds, tests, debuggers
  'automation', // jobs, backup, deployment
  'security-tool', // scanners and agents that look like what they hunt
  'unclear', // too little to go by
  'other',
] as const;
export type Reason = (typeof REASONS)[number];

/**
 * How far a verdict reaches: the windows it was given on; every window of that endpoint in which `process` ran;
 * every window of the tenant whose score rests on the same `pattern`.
 */
export const SCOPES = ['window', 'process', 'pattern'] as const;
export type Scope = (typeof SCOPES)[number];

const technique = z.string().regex(/^T\d{4}(\.\d{3})?$/);

const fields = z.object({
  alert_id: z.uuid().optional(),
  /** Instead of an alert: one window, such as one that `GET /feedback/queue` offers. */
  inference_id: z.uuid().optional(),
  /** Null: cannot be told. It is kept, asks no more, and trains nothing. */
  is_true_positive: z.boolean().nullable(),
  reason: z.enum(REASONS).default('other'),
  notes: z.string().max(4000).default(''),
  analyst: z.string().min(1).max(128).default('analyst'),
  techniques: z.array(technique).max(50).default([]),
  scope: z.enum(SCOPES).default('window'),
  /** Base name of an executable, for the scope `process`. */
  process: z.string().min(1).max(256).optional(),
  replace: z.boolean().default(false),
});

/** What an analyst sends to `POST /feedback`. */
export const feedbackRequestSchema = fields
  .refine((one) => (one.alert_id === undefined) !== (one.inference_id === undefined), {
    message: 'name either the alert_id or the inference_id that the verdict is on',
    path: ['alert_id'],
  })
  .refine((one) => (one.scope === 'process') === (one.process !== undefined), {
    message: 'the scope "process" needs the process, and no other scope takes one',
    path: ['process'],
  });
export type FeedbackRequest = z.infer<typeof feedbackRequestSchema>;

/** A verdict as it is kept, never changed afterwards: with what it was given on, so that it can train. */
export const feedbackSchema = z.object({
  feedback_id: z.uuid(),
  alert_id: z.string().nullable(),
  tenant_id: z.string(),
  endpoint_id: z.string(),
  platform: z.enum(PLATFORMS),
  at: z.number(), // epoch seconds
  analyst: z.string(),
  is_true_positive: z.boolean().nullable(),
  reason: z.enum(REASONS),
  notes: z.string(),
  techniques: z.array(z.string()),
  scope: z.enum(SCOPES),
  process: z.string().nullable(),
  inference_ids: z.array(z.string()), // the windows that were judged
  model_version: z.string(), // that scored them
  replaces: z.string().nullable(), // an earlier verdict of the same analyst on the same
});
export type Feedback = z.infer<typeof feedbackSchema>;
