import type { Alert, AlertMessage } from '../contracts/alert.ts';
import { changeAlert, LOGSTER } from './change-alert.ts';
import { secondsAfter } from './dedup.ts';

/**
 * Endpoints an alert is linked with at most: nobody reads more, and when a whole site alerts at once the links
 * would grow with its square.
 */
export const RELATED_ENDPOINTS = 100;

/** An alert with its new links, the other alerts as they change by them, and the links there was no room for. */
export interface Correlation {
  readonly alert: Alert;
  readonly others: readonly AlertMessage[];
  readonly dropped: number;
}

/**
 * Links an alert with those of other endpoints of its tenant that have a hit within `seconds` of the one at
 * `hitAt` (event time), both ways, nearest first. Closed interval: 60.000 s still joins.
 */
export function correlate(
  alert: Alert,
  near: readonly Alert[],
  when: { readonly hitAt: number; readonly seconds: number; readonly at: number },
): Correlation {
  const distance = (other: Alert) =>
    Math.min(...[other.first_seen, other.last_seen].map((seen) => Math.abs(secondsAfter(seen, when.hitAt))));
  const close = near
    .filter((other) => other.tenant_id === alert.tenant_id && other.endpoint_id !== alert.endpoint_id)
    .filter((other) => distance(other) <= when.seconds)
    .filter((other) => !linked(alert, other) || !linked(other, alert))
    .sort((one, other) => distance(one) - distance(other) || (one.alert_id < other.alert_id ? -1 : 1));
  let joined = alert;
  let dropped = 0;
  const others: AlertMessage[] = [];
  for (const other of close) {
    if (isFullyLinked(joined) || isFullyLinked(other)) {
      dropped += 1;
      continue;
    }
    joined = { ...joined, ...linksTo(joined, other) };
    const detail = `alert ${alert.alert_id} on ${alert.endpoint_id}`;
    others.push(
      changeAlert(other, { at: when.at, change: 'correlated', by: LOGSTER, detail }, linksTo(other, alert)),
    );
  }
  return { alert: joined, others, dropped };
}

function linked(from: Alert, to: Alert): boolean {
  return from.related_alert_ids.includes(to.alert_id);
}

/** Whether an alert has no room for another link. */
export function isFullyLinked(alert: Alert): boolean {
  return alert.related_alert_ids.length >= RELATED_ENDPOINTS;
}

function linksTo(from: Alert, to: Alert): Pick<Alert, 'related_endpoints' | 'related_alert_ids'> {
  return {
    related_endpoints: [...new Set([...from.related_endpoints, to.endpoint_id])],
    related_alert_ids: [...new Set([...from.related_alert_ids, to.alert_id])],
  };
}
