import { type Kysely, sql } from 'kysely';
import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { Feedback } from '../../contracts/feedback.ts';
import { addInferences, feedbackRow } from './feedback.ts';
import type { AlertDialect } from './migrations.ts';
import type { AlertTables } from './tables.ts';

/** Verdicts that are brought forward at once: some 500 KB of bodies. */
const AT_ONCE = 500;

/** A verdict as stores of the first form keep it: always on an alert, without reason and reach. */
interface NarrowFeedback extends Omit<Feedback, 'endpoint_id' | 'platform' | 'reason' | 'scope' | 'process'> {
  readonly alert_id: string;
}

interface NarrowRow {
  readonly seq: number;
  readonly feedback_id: string;
  readonly body: string;
  readonly endpoint_id: string | null; // of its alert
  readonly platform: Platform | null;
}

/**
 * Verdicts may be on a window without an alert, are found by what they were given on, and are append-only. Those
 * of the form before are kept in their order; what they did not say becomes the endpoint and platform of their
 * alert, the reason `other` and the scope `window`.
 */
export async function widerFeedback(database: Kysely<AlertTables>, dialect: AlertDialect): Promise<void> {
  await database.schema.dropIndex('feedback_of_alert').execute(); // an index keeps its name when its table is renamed
  await database.schema.dropIndex('feedback_by_time').execute();
  await database.schema.alterTable('feedback').renameTo('feedback_001').execute();
  await createFeedback(database, dialect);
  for (let last = 0; ; ) {
    const rows = await narrowRows(database, last);
    if (rows.length === 0) break;
    for (const row of rows) await bringForward(database, row);
    last = Number(rows.at(-1)?.seq);
  }
  await database.schema.dropTable('feedback_001').execute();
  await dialect.protect(database, 'feedback');
  await dialect.protect(database, 'feedback_inferences');
}

async function createFeedback(database: Kysely<AlertTables>, dialect: AlertDialect): Promise<void> {
  const text = sql.raw(dialect.text);
  await sql`create table feedback (seq ${sql.raw(dialect.growingId)}, feedback_id ${text} not null unique,
    alert_id ${text}, tenant_id ${text} not null, platform ${text} not null, analyst ${text} not null,
    reason ${text} not null, at double precision not null, body text not null)`.execute(database);
  await database.schema.createIndex('feedback_of_alert').on('feedback').column('alert_id').execute();
  await database.schema.createIndex('feedback_by_time').on('feedback').column('at').execute();
  await database.schema
    .createIndex('feedback_of_tenant')
    .on('feedback')
    .columns(['tenant_id', 'at'])
    .execute();
  await database.schema
    .createTable('feedback_inferences')
    .addColumn('inference_id', text, (column) => column.notNull())
    .addColumn('feedback_id', text, (column) => column.notNull())
    .addPrimaryKeyConstraint('feedback_inferences_key', ['inference_id', 'feedback_id'])
    .execute();
}

async function narrowRows(database: Kysely<AlertTables>, after: number): Promise<readonly NarrowRow[]> {
  const { rows } = await sql<NarrowRow>`select f.seq, f.feedback_id, f.body, a.endpoint_id, a.platform
    from feedback_001 f left join alerts a on a.alert_id = f.alert_id
    where f.seq > ${after} order by f.seq limit ${AT_ONCE}`.execute(database);
  return rows;
}

async function bringForward(database: Kysely<AlertTables>, row: NarrowRow): Promise<void> {
  const { endpoint_id, platform } = row;
  if (endpoint_id === null || platform === null) {
    const message = `The verdict ${row.feedback_id} is on an alert that is not in the store; restore that alert, or take the verdict out of the table "feedback"`;
    throw new LogsterError('input-invalid', message);
  }
  const narrow = JSON.parse(row.body) as NarrowFeedback; // was checked when it was given
  const feedback: Feedback = {
    ...narrow,
    ...{ endpoint_id, platform, reason: 'other', scope: 'window', process: null },
  };
  await database.insertInto('feedback').values(feedbackRow(feedback)).execute();
  await addInferences(database, feedback);
}
