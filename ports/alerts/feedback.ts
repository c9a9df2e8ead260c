import { type Kysely, sql, type Transaction } from 'kysely';
import type { Feedback } from '../../contracts/feedback.ts';
import type { FeedbackFilter } from './alerts.ts';
import type { AlertTables } from './tables.ts';

/** Windows of one verdict that are inserted at once: SQLite and PostgreSQL take some 30,000 values in a statement. */
const ROWS_AT_ONCE = 1000;

/** A verdict with the windows it was given on. One that is kept already changes nothing. */
export async function addFeedback(database: Transaction<AlertTables>, feedback: Feedback): Promise<void> {
  const inserting = database
    .insertInto('feedback')
    .values(feedbackRow(feedback))
    .onConflict((on) => on.column('feedback_id').doNothing());
  if ((await inserting.executeTakeFirst()).numInsertedOrUpdatedRows !== 1n) return;
  await addInferences(database, feedback);
}

/** The row of a verdict: what is asked for by column, and the whole as JSON. */
export function feedbackRow(feedback: Feedback) {
  const { feedback_id, alert_id, tenant_id, platform, analyst, reason, at } = feedback;
  return {
    ...{ feedback_id, alert_id, tenant_id, platform, analyst, reason, at },
    body: JSON.stringify(feedback),
  };
}

/** Notes the windows that a verdict was given on. */
export async function addInferences(
  database: Kysely<AlertTables>,
  { feedback_id, inference_ids }: Feedback,
): Promise<void> {
  const rows = [...new Set(inference_ids)].map((inference_id) => ({ inference_id, feedback_id }));
  for (let from = 0; from < rows.length; from += ROWS_AT_ONCE) {
    const some = rows.slice(from, from + ROWS_AT_ONCE);
    await database.insertInto('feedback_inferences').values(some).execute();
  }
}

/** Verdicts on an alert, oldest first. */
export async function feedbackOf(
  database: Kysely<AlertTables>,
  alertId: string,
): Promise<readonly Feedback[]> {
  const query = database.selectFrom('feedback').select('body').where('alert_id', '=', alertId);
  return feedbackIn(await query.orderBy('at').orderBy('seq').execute());
}

/** Verdicts on a window, given on itself or on an alert that held it, oldest first. */
export async function feedbackOn(
  database: Kysely<AlertTables>,
  inferenceId: string,
): Promise<readonly Feedback[]> {
  const query = database
    .selectFrom('feedback')
    .select('body')
    .where('feedback_id', 'in', ({ selectFrom }) =>
      selectFrom('feedback_inferences').select('feedback_id').where('inference_id', '=', inferenceId),
    );
  return feedbackIn(await query.orderBy('at').orderBy('seq').execute());
}

/** Verdicts from a time on that fit the filter, oldest first or newest first. */
export async function listFeedback(
  database: Kysely<AlertTables>,
  asked: FeedbackFilter & {
    readonly since: number;
    readonly limit: number;
    readonly newestFirst?: boolean;
  },
): Promise<readonly Feedback[]> {
  const { tenantIds, platform, reason, analyst } = asked;
  const order = asked.newestFirst ? 'desc' : 'asc';
  let query = database.selectFrom('feedback').select('body').where('at', '>=', asked.since);
  if (tenantIds?.length === 0)
    query = query.where(sql<boolean>`1 = 0`); // nobody's verdicts: PostgreSQL refuses `in ()`
  else if (tenantIds !== undefined) query = query.where('tenant_id', 'in', tenantIds);
  if (platform !== undefined) query = query.where('platform', '=', platform);
  if (reason !== undefined) query = query.where('reason', '=', reason);
  if (analyst !== undefined) query = query.where('analyst', '=', analyst);
  return feedbackIn(await query.orderBy('at', order).orderBy('seq', order).limit(asked.limit).execute());
}

function feedbackIn(rows: readonly { readonly body: string }[]): readonly Feedback[] {
  return rows.map((row) => JSON.parse(row.body) as Feedback);
}
