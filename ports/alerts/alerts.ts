import type { Alert, AlertMessage, AlertState, Severity } from '../../contracts/alert.ts';
import type { Platform } from '../../contracts/event.ts';
import type { Feedback, Reason } from '../../contracts/feedback.ts';

export interface AlertFilter {
  readonly tenantIds?: readonly string[]; // absent: all
  readonly status?: AlertState;
  readonly severity?: Severity;
  readonly platform?: Platform;
  readonly endpointId?: string;
  readonly since?: number; // last_seen >= since
  readonly until?: number; // last_seen < until
  readonly technique?: string;
  readonly text?: string; // contained in summary, hostname or notes, whatever the case
}

export interface AlertPage {
  readonly alerts: readonly Alert[];
  readonly total: number; // matches of the filter before paging
}

export interface FeedbackFilter {
  readonly tenantIds?: readonly string[]; // absent: all
  readonly platform?: Platform;
  readonly reason?: Reason;
  readonly analyst?: string;
}

/** Inside a transaction: reads see its own writes; nobody else sees them before it ends. */
export interface AlertTransaction {
  get(alertId: string): Promise<Alert | undefined>;
  /** The newest open, acknowledged or investigating alert of an endpoint. */
  activeOf(tenantId: string, endpointId: string, platform: Platform): Promise<Alert | undefined>;
  /** The newest alert of an endpoint whatever its state. */
  latestOf(tenantId: string, endpointId: string, platform: Platform): Promise<Alert | undefined>;
  /** Active alerts of a tenant on other endpoints with `last_seen` in [from, to]. */
  near(tenantId: string, exceptEndpointId: string, from: number, to: number): Promise<readonly Alert[]>;
  /** Stores the alert and puts the message into the outbox; both or neither. */
  save(message: AlertMessage): Promise<void>;
  /** False when this inference was taken in before: a redelivery must change nothing. */
  takeIn(inferenceId: string, at: number): Promise<boolean>;
  /** Keeps a verdict for good; one that is kept already changes nothing. */
  addFeedback(feedback: Feedback): Promise<void>;
  feedbackOf(alertId: string): Promise<readonly Feedback[]>; // oldest first
  /** Verdicts given on a window, whether on itself or on an alert that held it; oldest first. */
  feedbackOn(inferenceId: string): Promise<readonly Feedback[]>;
}

export interface OutboxEntry {
  readonly id: number; // grows
  readonly message: AlertMessage;
}

export interface AuditEntry {
  readonly at: number;
  readonly alertId: string;
  readonly tenantId: string;
  readonly by: string;
  readonly change: string;
  readonly before: string | null; // JSON of what changed
  readonly after: string;
}

export interface EndpointAlerts {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly openAlerts: number;
  readonly totalAlerts: number;
}

/**
 * Alerts with their history. Promise: one change is one transaction; transactions do not interleave; the
 * audit and the verdicts are append-only; what a transaction confirmed survives a killed process; whatever was saved is in the
 * outbox until it was published.
 */
export interface AlertStore {
  transaction<T>(run: (transaction: AlertTransaction) => Promise<T>): Promise<T>;
  get(alertId: string): Promise<Alert | undefined>;
  list(
    filter: AlertFilter,
    page: { readonly limit: number; readonly offset: number; readonly sort?: 'last_seen' | 'attack_prob' },
  ): Promise<AlertPage>;
  count(): Promise<number>;
  perEndpoint(tenantIds?: readonly string[]): Promise<readonly EndpointAlerts[]>;
  /** Verdicts with `at` >= since, oldest first, or the newest first where asked; replaced ones too. */
  feedback(
    since: number,
    limit: number,
    filter?: FeedbackFilter & { readonly newestFirst?: boolean },
  ): Promise<readonly Feedback[]>;
  audit(alertId: string): Promise<readonly AuditEntry[]>;
  /** Changes not yet published, oldest first. */
  outbox(limit: number): Promise<readonly OutboxEntry[]>;
  published(upToId: number): Promise<void>;
  /** Forgets taken-in inference ids older than `before`. */
  forgetInferences(before: number): Promise<void>;
  close(): Promise<void>;
}
