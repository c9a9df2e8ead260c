import type { CompiledQuery, DatabaseConnection, QueryResult } from 'kysely';
import type { PoolClient, QueryResult as PostgresResult } from 'pg';
import { explained, isConnectionLost } from './postgres-errors.ts';

export interface CheckedOut {
  readonly client: PoolClient;
  /** Connected just now, so that a failure is not merely the news of an old one. */
  readonly isFresh: boolean;
}

export interface ConnectionNeeds {
  readonly first: CheckedOut;
  checkOut(): Promise<CheckedOut>;
  tellLoss(client: PoolClient, cause: unknown): void;
  readonly server: string; // in messages
}

/**
 * A connection from its checkout to its release. What it throws is `unavailable`. If its first query finds that
 * the connection was lost while it lay in the pool, the query is asked again over another one: up to then nothing
 * was promised, since a first query only reads or begins.
 */
export class PostgresConnection implements DatabaseConnection {
  readonly #needs: ConnectionNeeds;
  #current: CheckedOut;
  #asked = false;
  #lost = false;
  #released = false;

  constructor(needs: ConnectionNeeds) {
    this.#needs = needs;
    this.#current = needs.first;
  }

  get isUsable(): boolean {
    return !this.#lost;
  }

  async executeQuery<Row>({ sql, parameters }: CompiledQuery): Promise<QueryResult<Row>> {
    const { command, rowCount, rows } = await this.#ask(sql, parameters.map(withoutNul));
    const changed = CHANGES.includes(command);
    return { rows: rows as Row[], ...(changed ? { numAffectedRows: BigInt(rowCount ?? 0) } : {}) };
  }

  /** Runs a statement without parameters and answers what the server says it was, such as `COMMIT`. */
  async run(sql: string): Promise<string> {
    return (await this.#ask(sql, [])).command;
  }

  streamQuery(): never {
    throw new Error('This store reads pages, not streams');
  }

  /** Gives the connection back; one that was lost is thrown away. */
  release(): void {
    if (!this.#released) this.#current.client.release(this.#lost);
    this.#released = true;
  }

  async #ask(sql: string, parameters: readonly unknown[]): Promise<PostgresResult> {
    const isFirst = !this.#asked;
    this.#asked = true;
    for (;;) {
      const { client, isFresh } = this.#current;
      try {
        return await client.query(sql, [...parameters]);
      } catch (cause) {
        this.#lost ||= isConnectionLost(cause);
        if (this.#lost) this.#needs.tellLoss(client, cause);
        const onlyNews = this.#lost && isFirst && !isFresh && !isTimeout(cause);
        if (!onlyNews) throw explained(this.#needs.server, cause);
        await this.#replace(); // ends at the latest with a fresh one: each that was lost has left the pool
      }
    }
  }

  async #replace(): Promise<void> {
    this.release(); // before another one is asked for: the pool may have room for one only
    this.#current = await this.#needs.checkOut();
    this.#released = false;
    this.#lost = false;
  }
}

const CHANGES = ['INSERT', 'UPDATE', 'DELETE'];

/** PostgreSQL keeps no NUL in text, and an endpoint's name is whatever a sensor sends. */
function withoutNul(parameter: unknown): unknown {
  return typeof parameter === 'string' ? parameter.replaceAll('\0', '\u{FFFD}') : parameter;
}

/** The server did not answer in time: another wait of that length would help nobody. */
function isTimeout(thrown: unknown): boolean {
  return thrown instanceof Error && thrown.message === 'Query read timeout';
}
