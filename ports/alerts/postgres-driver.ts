import { CompiledQuery, type Driver, PostgresDialect } from 'kysely';
import { Pool, type PoolClient, type PoolConfig } from 'pg';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import { type CheckedOut, PostgresConnection } from './postgres-connection.ts';
import { explained } from './postgres-errors.ts';

export interface PostgresTurns {
  readonly pool: PoolConfig;
  /** The lock that a transaction holds from its first moment to its last; absent: transactions run side by side. */
  readonly turnKey?: bigint;
  readonly server: string; // in messages
  readonly telemetry: Telemetry;
  /** Counts connections that were lost. */
  readonly lossMetric: string;
}

/** PostgreSQL whose transactions take turns where they have a key for it, on whatever machine they run. Connects when first asked. */
export class PostgresTurnsDialect extends PostgresDialect {
  readonly #turns: PostgresTurns;

  constructor(turns: PostgresTurns) {
    super({ pool: () => Promise.reject(new Error('PostgresTurnsDriver has the pool')) });
    this.#turns = turns;
  }

  override createDriver(): Driver {
    return new PostgresTurnsDriver(this.#turns);
  }
}

class PostgresTurnsDriver implements Driver {
  readonly #turns: PostgresTurns;
  readonly #pool: Pool;
  readonly #used = new WeakSet<PoolClient>();
  readonly #lost = new WeakSet<PoolClient>();

  constructor(turns: PostgresTurns) {
    this.#turns = turns;
    this.#pool = new Pool(turns.pool);
    // between two queries a client tells of its loss so, in the pool and out of it; unheard, it ends the process
    this.#pool.on('connect', (client) => client.on('error', (cause) => this.#tellLoss(client, cause)));
    this.#pool.on('error', () => undefined); // says once more what its client said
  }

  async init(): Promise<void> {
    // nothing yet: the first query connects
  }

  async acquireConnection(): Promise<PostgresConnection> {
    return new PostgresConnection({
      first: await this.#checkOut(),
      checkOut: () => this.#checkOut(),
      tellLoss: (client, cause) => this.#tellLoss(client, cause),
      server: this.#turns.server,
    });
  }

  /**
   * Read committed whatever the database's default is: a query must see what was committed when it is asked, not
   * what was there before the turn came.
   */
  async beginTransaction(connection: PostgresConnection): Promise<void> {
    await connection.run('begin isolation level read committed');
    if (this.#turns.turnKey === undefined) return;
    try {
      const lock = CompiledQuery.raw('select pg_advisory_xact_lock($1)', [String(this.#turns.turnKey)]);
      await connection.executeQuery(lock);
    } catch (cause) {
      await this.rollbackTransaction(connection);
      throw cause;
    }
  }

  /** Throws where a statement had failed: PostgreSQL undoes such a transaction, and calls that no error. */
  async commitTransaction(connection: PostgresConnection): Promise<void> {
    if ((await connection.run('commit')) === 'COMMIT') return;
    const message = `PostgreSQL at ${this.#turns.server} undid a transaction: one of its statements had failed; try again`;
    throw new LogsterError('unavailable', message);
  }

  /** Never throws: a connection that cannot be asked for it ends, and with it the transaction. */
  async rollbackTransaction(connection: PostgresConnection): Promise<void> {
    if (connection.isUsable) await connection.run('rollback').catch(() => undefined);
  }

  async releaseConnection(connection: PostgresConnection): Promise<void> {
    connection.release();
  }

  destroy(): Promise<void> {
    return this.#pool.end();
  }

  async #checkOut(): Promise<CheckedOut> {
    try {
      const client = await this.#pool.connect();
      const isFresh = !this.#used.has(client);
      this.#used.add(client);
      return { client, isFresh };
    } catch (cause) {
      throw explained(this.#turns.server, cause);
    }
  }

  /** Once per connection, however many of its queries and events say so. */
  #tellLoss(client: PoolClient, cause: unknown): void {
    if (this.#lost.has(client)) return;
    this.#lost.add(client);
    const { server, telemetry, lossMetric } = this.#turns;
    telemetry.metrics.count(lossMetric);
    telemetry.log.warn('lost a connection to PostgreSQL', { server, reason: reasonOf(cause) });
  }
}
