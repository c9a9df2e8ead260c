import type { Alert } from '../../contracts/alert.ts';
import type { Feedback } from '../../contracts/feedback.ts';
import { idOf } from '../../contracts/ids.ts';

/** For tests: an open alert of one endpoint whose id and hostname follow from its name. */
export function alertOf(name: string, differing: Partial<Alert>): Alert {
  return {
    alert_id: idOf('alert', name),
    tenant_id: 'acme',
    endpoint_id: 'h1',
    hostname: `${name}.local`,
    platform: 'windows',
    attack_prob: 0.9,
    confidence: 0.9,
    severity: 'HIGH',
    status: 'open',
    created_at: 100,
    updated_at: 100,
    first_seen: 100,
    last_seen: 100,
    count: 1,
    inference_ids: [],
    related_endpoints: [],
    related_alert_ids: [],
    ttp_techniques: [],
    ttp_tactics: [],
    techniques: [],
    summary: 'suspicious',
    notes: [],
    assignee: null,
    verdict: null,
    model_name: 'logster-windows-gat',
    model_version: '1',
    previous_alert_id: null,
    history: [{ at: 100, change: 'created', by: 'logster', detail: '' }],
    ...differing,
  };
}

/** For tests: a true positive on an alert, whose id follows from the alert, the time and the analyst. */
export function feedbackOf(alert: Alert, differing: Partial<Feedback>): Feedback {
  const { at = 100, analyst = 'kim' } = differing;
  const { alert_id, tenant_id, endpoint_id, platform, inference_ids, model_version } = alert;
  return {
    feedback_id: idOf('feedback', alert_id, String(at), analyst),
    ...{ alert_id, tenant_id, endpoint_id, platform, inference_ids, model_version, at, analyst },
    is_true_positive: true,
    reason: 'malicious',
    notes: '',
    techniques: [],
    scope: 'window',
    process: null,
    replaces: null,
    ...differing,
  };
}
