import { STATUS_CODES } from 'node:http';
import { isUnavailable, reasonOf } from '../../contracts/errors.ts';
import type { Caller } from '../../ports/access/roles.ts';
import { giveVerdict, type VerdictNeeds } from './give-verdict.ts';
import { feedbackBody } from './parameters.ts';
import { checked, Refusal } from './refusal.ts';

/** What became of one verdict of many: its id, or why it was not kept. */
export type Outcome =
  | { readonly status: 201; readonly feedback_id: string }
  | { readonly status: number; readonly problem: ReturnType<typeof problemOf> };

/**
 * Keeps verdicts one after the other, each in its own transaction, and says of each what became of it, in their
 * order. One that is refused stops no other; once a store does not answer, the rest is not tried.
 */
export async function bulkVerdicts(
  needs: VerdictNeeds,
  caller: Caller,
  verdicts: readonly unknown[],
): Promise<readonly Outcome[]> {
  const outcomes: Outcome[] = [];
  let down: Outcome | undefined;
  for (const verdict of verdicts) {
    const outcome: Outcome = down ?? (await outcomeOf(needs, caller, verdict));
    if (outcome.status === 503) down = outcome;
    outcomes.push(outcome);
  }
  return outcomes;
}

async function outcomeOf(needs: VerdictNeeds, caller: Caller, verdict: unknown): Promise<Outcome> {
  try {
    const { feedback_id } = await giveVerdict(needs, caller, checked(feedbackBody, verdict));
    return { status: 201, feedback_id };
  } catch (thrown) {
    if (thrown instanceof Refusal) return refused(thrown.status, thrown.message);
    const { log, metrics } = needs.telemetry;
    metrics.count('api_errors_total');
    log.error('A verdict of many could not be kept', { reason: reasonOf(thrown) });
    return isUnavailable(thrown)
      ? refused(503, 'A store does not answer just now; try again')
      : refused(500, 'Something failed here that was logged; try again');
  }
}

function refused(status: number, detail: string): Outcome {
  return { status, problem: problemOf(status, detail) };
}

/** In the form of RFC 9457. */
function problemOf(status: number, detail: string) {
  return { type: 'about:blank', title: STATUS_CODES[status] ?? 'Error', status, detail };
}
