import type { PoolConfig } from 'pg';
import type { PostgresServer } from './postgres-address.ts';

/** How long opening a connection may take, or waiting for a free one. */
const CONNECT_TIMEOUT_MS = 10_000;

/** How long a transaction waits for another one before it gives up: as long as the embedded store. */
const TURN_TIMEOUT_MS = 15_000;

/** How long a transaction may pause between two queries, so that a frozen process does not stop the others' turns. */
const PAUSE_TIMEOUT_MS = 10_000;

/** How long a query may last; the slowest, a search through all alerts, takes seconds. */
export const QUERY_TIMEOUT_MS = 30_000;

/** A migration may rewrite a table of many million rows. */
export const MIGRATION_TIMEOUT_MS = 600_000;

/** The server ends what lasts too long; the client only steps in when the server is not heard any more. */
const UNHEARD_AFTER_MS = 5_000;

/** A pool of at most `max` connections whose queries last at most so long. */
export function poolOf({ connection }: PostgresServer, max: number, queryTimeoutMs: number): PoolConfig {
  return {
    ...connection,
    max,
    connectionTimeoutMillis: CONNECT_TIMEOUT_MS,
    lock_timeout: TURN_TIMEOUT_MS,
    idle_in_transaction_session_timeout: PAUSE_TIMEOUT_MS,
    statement_timeout: queryTimeoutMs,
    query_timeout: queryTimeoutMs + UNHEARD_AFTER_MS,
    keepAlive: true, // a firewall that forgets quiet connections is found out while they are quiet
  };
}
