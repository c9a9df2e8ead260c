import type { Generated } from 'kysely';
import type { AlertState } from '../../contracts/alert.ts';

/** The tables, the same in every SQL database; bodies are JSON text, times epoch seconds. */
export interface AlertTables {
  alerts: {
    alert_id: string;
    tenant_id: string;
    endpoint_id: string;
    platform: string;
    severity: string;
    status: string;
    attack_prob: number;
    created_at: number;
    last_seen: number;
    search_text: string; // summary, hostname and notes in lower case
    body: string;
  };
  alert_techniques: { technique: string; alert_id: string };
  inferences_taken: { inference_id: string; at: number };
  feedback: {
    seq: Generated<number>;
    feedback_id: string;
    alert_id: string | null;
    tenant_id: string;
    platform: string;
    analyst: string;
    reason: string;
    at: number;
    body: string;
  };
  /** The windows that each verdict was given on, in its own words or as those of its alert. */
  feedback_inferences: { inference_id: string; feedback_id: string };
  audit: {
    seq: Generated<number>;
    at: number;
    alert_id: string;
    tenant_id: string;
    changed_by: string;
    change: string;
    before: string | null;
    after: string;
  };
  outbox: { id: Generated<number>; body: string };
}

/** States in which an alert takes in further windows. */
export const ACTIVE: readonly AlertState[] = ['open', 'acknowledged', 'investigating'];
