import type { Alert, AlertChange, AlertMessage } from '../contracts/alert.ts';

/** Who changes alerts on its own account. */
export const LOGSTER = 'logster';

/**
 * Entries an alert carries along: more than a day's work shows, little enough to publish with every change.
 * What fell out stands in the audit.
 */
const HISTORY_ENTRIES = 200;

/** The least step between two changes of one alert: `updated_at` tells them apart (If-Match, the index). */
const STEP_SECONDS = 0.001;

export interface Change {
  readonly change: AlertChange;
  readonly by: string;
  readonly detail: string;
  readonly at: number; // wall clock, epoch seconds
}

/** The alert after a change, with the change as the last entry of its history. */
export function changeAlert(alert: Alert, change: Change, fields: Partial<Alert>): AlertMessage {
  const updated_at = Math.max(change.at, alert.updated_at + STEP_SECONDS);
  const { change: name, by, detail, at } = change;
  const [first, ...later] = [...alert.history, { at, change: name, by, detail }];
  const history = first === undefined ? [] : [first, ...later.slice(1 - HISTORY_ENTRIES)];
  return { change: name, alert: { ...alert, ...fields, updated_at, history } };
}
