import { createHash } from 'node:crypto';
import { Kysely } from 'kysely';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import type { AlertStore } from './alerts.ts';
import { migrateAlerts, POSTGRES_DIALECT } from './migrations.ts';
import { type PostgresTls, postgresServer } from './postgres-address.ts';
import { PostgresTurnsDialect } from './postgres-driver.ts';
import { MIGRATION_TIMEOUT_MS, poolOf, QUERY_TIMEOUT_MS } from './postgres-pool.ts';
import { sqlAlerts } from './sql.ts';
import type { AlertTables } from './tables.ts';

export interface PostgresAlertsOptions {
  readonly url: string; // postgres://user:password@host:port/database
  /** Where the tables lie; made if it is not there. Stores of one schema take turns, those of others pass by. */
  readonly schema?: string;
  /** Connections that read; one more writes. */
  readonly poolSize?: number;
  /** Absent: not encrypted. */
  readonly tls?: PostgresTls;
  readonly telemetry?: Telemetry;
}

/**
 * Alerts in PostgreSQL (tested with 15), shared by any number of processes on any number of machines. Transactions
 * take turns across all of them. A connection that was lost is replaced by the next call; while the server cannot
 * be reached, every call throws `unavailable`. Throws `config-invalid` where an option cannot be used.
 *
 * A turn is an advisory lock that one transaction of a schema holds until it is committed. Serializable
 * transactions would run side by side, but whenever two meet one of them has to be run again, and a transaction's
 * callback did not promise that it can be. A lock per tenant would do, if a transaction said its tenant when it
 * begins; it does not. So one transaction at a time: some ten round trips and one flush to disk each, measured as
 * 45 alerts per second from four stores on two cores that had other work, where alerts come in a few per second.
 * The lock also makes ids of the outbox visible in the order of their numbers, so that `published()` never removes
 * what its caller has not read.
 */
export async function postgresAlerts(options: PostgresAlertsOptions): Promise<AlertStore> {
  const { url, schema = 'logster', poolSize = 5, tls, telemetry = unheard } = options;
  const server = postgresServer({ url, schema, ...(tls ? { tls } : {}) });
  const turnKey = turnKeyOf(schema);
  const connect = (max: number, queryTimeoutMs: number): Kysely<AlertTables> => {
    const pool = poolOf(server, max, queryTimeoutMs);
    return new Kysely({
      dialect: new PostgresTurnsDialect({
        ...{ pool, turnKey, server: server.name, telemetry },
        lossMetric: 'alert_store_connections_lost',
      }),
    });
  };
  const migrating = connect(1, MIGRATION_TIMEOUT_MS);
  try {
    await migrateAlerts(migrating, POSTGRES_DIALECT, schema);
  } finally {
    await migrating.destroy();
  }
  return sqlAlerts({
    writer: connect(1, QUERY_TIMEOUT_MS), // a process begins one transaction at a time
    reader: connect(poolSize, QUERY_TIMEOUT_MS),
    name: `in PostgreSQL at ${server.name}`,
  });
}

/** Equal in every process and unlikely to be the key of another program that locks in the same database. */
function turnKeyOf(schema: string): bigint {
  return createHash('sha256').update(`logster alerts ${schema}`).digest().readBigInt64BE();
}
