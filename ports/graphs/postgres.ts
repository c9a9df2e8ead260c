import { Kysely } from 'kysely';
import { type PostgresTls, postgresServer } from '../alerts/postgres-address.ts';
import { PostgresTurnsDialect } from '../alerts/postgres-driver.ts';
import { MIGRATION_TIMEOUT_MS, poolOf, QUERY_TIMEOUT_MS } from '../alerts/postgres-pool.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import type { GraphStore } from './graphs.ts';
import { migrateGraphs, POSTGRES_DIALECT } from './migrations.ts';
import { sqlGraphs } from './sql.ts';
import type { GraphTables } from './tables.ts';

export interface PostgresGraphsOptions {
  readonly url: string; // postgres://user:password@host:port/database
  /** Where the table lies, beside the tables of alerts; made if it is not there. */
  readonly schema?: string;
  /** Connections that read; one more writes. */
  readonly poolSize?: number;
  /** Absent: not encrypted. */
  readonly tls?: PostgresTls;
  readonly telemetry?: Telemetry;
}

/**
 * Graphs in PostgreSQL (tested with 15), shared by any number of processes on any number of machines, which do not
 * wait for each other. The first call makes the table where it is not there, so that a stage which can work without
 * the server also starts without it. A connection that was lost is replaced by the next call; while the server cannot
 * be reached, every call throws `unavailable`. Throws `config-invalid` where an option cannot be used.
 */
export async function postgresGraphs(options: PostgresGraphsOptions): Promise<GraphStore> {
  const { url, schema = 'logster', poolSize = 5, tls, telemetry = unheard } = options;
  const server = postgresServer({ url, schema, ...(tls ? { tls } : {}) });
  const connect = (max: number, queryTimeoutMs: number): Kysely<GraphTables> => {
    const pool = poolOf(server, max, queryTimeoutMs);
    return new Kysely({
      dialect: new PostgresTurnsDialect({
        ...{ pool, server: server.name, telemetry },
        lossMetric: 'graph_store_connections_lost',
      }),
    });
  };
  const prepare = async (): Promise<void> => {
    const migrating = connect(1, MIGRATION_TIMEOUT_MS);
    try {
      await migrateGraphs(migrating, POSTGRES_DIALECT, schema);
    } finally {
      await migrating.destroy();
    }
  };
  let preparing: Promise<void> | undefined;
  return sqlGraphs({
    writer: connect(1, QUERY_TIMEOUT_MS), // serve keeps the graphs of one batch at a time
    reader: connect(poolSize, QUERY_TIMEOUT_MS),
    name: `in PostgreSQL at ${server.name}`,
    prepared() {
      preparing ??= prepare().catch((thrown: unknown) => {
        preparing = undefined; // the next call tries again
        throw thrown;
      });
      return preparing;
    },
  });
}
