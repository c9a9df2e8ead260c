import type { Kysely, Transaction } from 'kysely';
import type { Alert, AlertMessage } from '../../contracts/alert.ts';
import { LogsterError } from '../../contracts/errors.ts';
import type { AlertStore, AlertTransaction, AuditEntry, OutboxEntry } from './alerts.ts';
import { changesOf } from './changes.ts';
import { addFeedback, feedbackOf, feedbackOn, listFeedback } from './feedback.ts';
import { alertById, alertsPerEndpoint, listAlerts } from './list.ts';
import { ACTIVE, type AlertTables } from './tables.ts';

export interface SqlAlerts {
  /** For transactions. Beginning one must wait until no other process is in one. */
  readonly writer: Kysely<AlertTables>;
  /** For everything else: sees what was committed, also while a transaction runs. */
  readonly reader: Kysely<AlertTables>;
  readonly name: string; // in messages
}

/**
 * The alert store over any SQL database whose tables `migrateAlerts` has made. A transaction must not wait for
 * another one that it begins itself: that one's turn would never come.
 */
export function sqlAlerts({ writer, reader, name }: SqlAlerts): AlertStore {
  let last: Promise<unknown> = Promise.resolve();
  let open = true;
  const opened = (): Kysely<AlertTables> => {
    if (open) return reader;
    throw new LogsterError('closed', `The alert store ${name} was closed; open it again`);
  };
  /** One after the other: a transaction that awaits something else must not let another one in between. */
  const inTurn = <T>(run: () => Promise<T>): Promise<T> => {
    const turn = last.then(run);
    last = turn.catch(() => undefined); // its caller has the failure; the next one's turn comes all the same
    return turn;
  };
  const inTransaction = async <T>(run: (database: Transaction<AlertTables>) => Promise<T>): Promise<T> => {
    opened(); // asked before its turn: close() waits for those that were accepted
    return inTurn(() => writer.transaction().execute(run));
  };

  return {
    transaction: (run) => inTransaction((database) => run(transactionOver(database))),
    get: async (alertId) => alertById(opened(), alertId),
    list: async (filter, page) => listAlerts(opened(), filter, page),
    perEndpoint: async (tenantIds) => alertsPerEndpoint(opened(), tenantIds),
    async count() {
      const rows = await opened()
        .selectFrom('alerts')
        .select(({ fn }) => fn.countAll().as('total'))
        .execute();
      return Number(rows[0]?.total);
    },
    feedback: async (since, limit, filter = {}) => listFeedback(opened(), { since, limit, ...filter }),
    audit: async (alertId) => auditOf(opened(), alertId),
    async outbox(limit): Promise<readonly OutboxEntry[]> {
      const rows = await opened().selectFrom('outbox').selectAll().orderBy('id').limit(limit).execute();
      return rows.map((row) => ({ id: Number(row.id), message: JSON.parse(row.body) as AlertMessage }));
    },
    async published(upToId) {
      await inTransaction((database) => database.deleteFrom('outbox').where('id', '<=', upToId).execute());
    },
    async forgetInferences(before) {
      await inTransaction((database) =>
        database.deleteFrom('inferences_taken').where('at', '<', before).execute(),
      );
    },
    async close() {
      if (!open) return;
      open = false;
      await last;
      await reader.destroy();
      await writer.destroy();
    },
  };
}

function transactionOver(database: Transaction<AlertTables>): AlertTransaction {
  const newestOf = (tenantId: string, endpointId: string, platform: string) =>
    database
      .selectFrom('alerts')
      .select('body')
      .where('tenant_id', '=', tenantId)
      .where('endpoint_id', '=', endpointId)
      .where('platform', '=', platform)
      .orderBy('created_at', 'desc')
      .orderBy('last_seen', 'desc')
      .orderBy('alert_id', 'desc')
      .limit(1);
  return {
    get: (alertId) => alertById(database, alertId),
    activeOf: async (...endpoint) =>
      alertsIn(
        await newestOf(...endpoint)
          .where('status', 'in', ACTIVE)
          .execute(),
      )[0],
    latestOf: async (...endpoint) => alertsIn(await newestOf(...endpoint).execute())[0],
    async near(tenantId, exceptEndpointId, from, to) {
      const query = database
        .selectFrom('alerts')
        .select('body')
        .where('tenant_id', '=', tenantId)
        .where('endpoint_id', '!=', exceptEndpointId)
        .where('status', 'in', ACTIVE)
        .where('last_seen', '>=', from)
        .where('last_seen', '<=', to);
      return alertsIn(await query.orderBy('last_seen').orderBy('alert_id').execute());
    },
    save: (message) => save(database, message),
    async takeIn(inferenceId, at) {
      const row = { inference_id: inferenceId, at };
      const query = database
        .insertInto('inferences_taken')
        .values(row)
        .onConflict((on) => on.doNothing());
      return (await query.executeTakeFirst()).numInsertedOrUpdatedRows === 1n;
    },
    addFeedback: (feedback) => addFeedback(database, feedback),
    feedbackOf: (alertId) => feedbackOf(database, alertId),
    feedbackOn: (inferenceId) => feedbackOn(database, inferenceId),
  };
}

/** The alert, its techniques, its line in the audit and its message to publish. */
async function save(database: Transaction<AlertTables>, message: AlertMessage): Promise<void> {
  const { alert, change } = message;
  const changes = changesOf(await alertById(database, alert.alert_id), alert);
  const row = rowOf(alert);
  const { alert_id, ...columns } = row;
  await database
    .insertInto('alerts')
    .values(row)
    .onConflict((on) => on.column('alert_id').doUpdateSet(columns))
    .execute();
  await database.deleteFrom('alert_techniques').where('alert_id', '=', alert_id).execute();
  const techniques = [...new Set(alert.ttp_techniques)].map((technique) => ({ technique, alert_id }));
  if (techniques.length > 0) await database.insertInto('alert_techniques').values(techniques).execute();
  const by = alert.history.at(-1)?.by ?? 'logster';
  const entry = { at: alert.updated_at, alert_id, tenant_id: alert.tenant_id, changed_by: by, change };
  await database
    .insertInto('audit')
    .values({ ...entry, ...changes })
    .execute();
  await database
    .insertInto('outbox')
    .values({ body: JSON.stringify(message) })
    .execute();
}

function rowOf(alert: Alert): AlertTables['alerts'] {
  const { alert_id, tenant_id, endpoint_id, platform, severity, status } = alert;
  const { attack_prob, created_at, last_seen } = alert;
  const texts = [alert.summary, alert.hostname, ...alert.notes.map((note) => note.text)];
  return {
    ...{ alert_id, tenant_id, endpoint_id, platform, severity, status, attack_prob, created_at, last_seen },
    search_text: texts.join('\n').toLowerCase().replaceAll('\0', ''), // PostgreSQL keeps no NUL in text
    body: JSON.stringify(alert),
  };
}

async function auditOf(database: Kysely<AlertTables>, alertId: string): Promise<readonly AuditEntry[]> {
  const rows = await database
    .selectFrom('audit')
    .selectAll()
    .where('alert_id', '=', alertId)
    .orderBy('seq')
    .execute();
  return rows.map((row) => ({
    at: row.at,
    alertId: row.alert_id,
    tenantId: row.tenant_id,
    by: row.changed_by,
    change: row.change,
    before: row.before,
    after: row.after,
  }));
}

function alertsIn(rows: readonly { readonly body: string }[]): readonly Alert[] {
  return rows.map((row) => JSON.parse(row.body) as Alert);
}
