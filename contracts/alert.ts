import { z } from 'zod';
import { PLATFORMS } from './event.ts';

export const ALERT_STATES = ['open', 'acknowledged', 'investigating', 'resolved', 'false_positive'] as const;
export type AlertState = (typeof ALERT_STATES)[number];

/** From which state an analyst may go where (Logster reference, section 7.2). */
export const TRANSITIONS: Record<AlertState, readonly AlertState[]> = {
  open: ['acknowledged', 'investigating', 'resolved', 'false_positive'],
  acknowledged: ['investigating', 'resolved', 'false_positive', 'open'],
  investigating: ['resolved', 'false_positive', 'acknowledged'],
  resolved: ['open'],
  false_positive: ['open'],
};

export const SEVERITIES = ['LOW', 'MEDIUM', 'HIGH', 'CRITICAL'] as const;
export type Severity = (typeof SEVERITIES)[number];

export const ALERT_CHANGES = ['created', 'merged', 'correlated', 'enriched', 'status', 'feedback'] as const;
export type AlertChange = (typeof ALERT_CHANGES)[number];

/** An ATT&CK technique and the events that show it. */
export const techniqueSchema = z.object({
  id: z.string().regex(/^T\d{4}(\.\d{3})?$/),
  name: z.string(),
  tactics: z.array(z.string()),
  rule: z.string(),
  evidence: z.array(z.string()), // event ids
});
export type Technique = z.infer<typeof techniqueSchema>;

/** What an analyst works on: one or more alerting windows of one endpoint (Logster reference, section 7.1). */
export const alertSchema = z.object({
  alert_id: z.uuid(),
  tenant_id: z.string(),
  endpoint_id: z.string(),
  hostname: z.string(),
  platform: z.enum(PLATFORMS),
  attack_prob: z.number(),
  confidence: z.number(),
  severity: z.enum(SEVERITIES),
  status: z.enum(ALERT_STATES),
  created_at: z.number(), // wall clock
  updated_at: z.number(), // wall clock
  first_seen: z.number(), // event time: end of the first alerting window
  last_seen: z.number(), // event time: end of the last alerting window
  count: z.number().int().positive(),
  inference_ids: z.array(z.string()),
  related_endpoints: z.array(z.string()),
  related_alert_ids: z.array(z.string()),
  ttp_techniques: z.array(z.string()), // ids; the evidence stands in `techniques`
  ttp_tactics: z.array(z.string()),
  techniques: z.array(techniqueSchema),
  summary: z.string(),
  notes: z.array(z.object({ at: z.number(), author: z.string(), text: z.string() })),
  assignee: z.string().nullable(),
  verdict: z.enum(['true_positive', 'false_positive']).nullable(),
  model_name: z.string(),
  model_version: z.string(),
  previous_alert_id: z.string().nullable(),
  history: z.array(
    z.object({ at: z.number(), change: z.enum(ALERT_CHANGES), by: z.string(), detail: z.string() }),
  ),
});
export type Alert = z.infer<typeof alertSchema>;

/** A message of `logster-alerts`: the alert after the change, and which change it was. */
export const alertMessageSchema = z.object({ change: z.enum(ALERT_CHANGES), alert: alertSchema });
export type AlertMessage = z.infer<typeof alertMessageSchema>;
