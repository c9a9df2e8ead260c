import { type Alert, type AlertMessage, type AlertState, TRANSITIONS } from '../contracts/alert.ts';
import type { Feedback } from '../contracts/feedback.ts';
import { changeAlert } from './change-alert.ts';

/** What an analyst wants of an alert. At least one of the three is there. */
export interface Edit {
  readonly status?: AlertState;
  readonly note?: string;
  readonly assignee?: string | null;
  readonly by: string;
  readonly at: number; // wall clock, epoch seconds
}

export type Edited =
  | { readonly ok: true; readonly message: AlertMessage }
  | { readonly ok: false; readonly reason: string };

/** The alert after an analyst's edit, or why its state does not allow it. Reopening takes the verdict back. */
export function editAlert(alert: Alert, { status, note, assignee, by, at }: Edit): Edited {
  if (status !== undefined && !TRANSITIONS[alert.status].includes(status)) {
    const ways = TRANSITIONS[alert.status].join(', ');
    return {
      ok: false,
      reason: `An alert that is ${alert.status} cannot become ${status}; it can become ${ways}`,
    };
  }
  const told = [
    ...(status === undefined ? [] : [`${alert.status} -> ${status}`]),
    ...(assignee === undefined ? [] : [assignee === null ? 'nobody assigned' : `assigned to ${assignee}`]),
    ...(note === undefined ? [] : ['note added']),
  ];
  const reopened = status === 'open' && (alert.status === 'resolved' || alert.status === 'false_positive');
  const fields: Partial<Alert> = {
    ...(status !== undefined && { status }),
    ...(reopened && { verdict: null }),
    ...(assignee !== undefined && { assignee }),
    ...(note !== undefined && { notes: [...alert.notes, { at, author: by, text: note }] }),
  };
  return {
    ok: true,
    message: changeAlert(alert, { change: 'status', by, at, detail: told.join(', ') }, fields),
  };
}

/**
 * The alert after a verdict: a true positive resolves it, a false positive closes it as one, whatever state it
 * was in, so that a wrong verdict can be put right. One that cannot tell changes nothing but the history.
 */
export function judgeAlert(alert: Alert, feedback: Feedback): AlertMessage {
  const { is_true_positive, analyst, at } = feedback;
  if (is_true_positive === null) {
    return changeAlert(alert, { change: 'feedback', by: analyst, at, detail: 'cannot tell' }, {});
  }
  const verdict = is_true_positive ? 'true_positive' : 'false_positive';
  const status = is_true_positive ? 'resolved' : 'false_positive';
  const detail = `${verdict}, ${alert.status} -> ${status}`;
  return changeAlert(alert, { change: 'feedback', by: analyst, at, detail }, { verdict, status });
}
