import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Socket } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { Kysely, PostgresDialect } from 'kysely';
import { Client, Pool } from 'pg';
import { recordedTelemetry } from '../telemetry/embedded.ts';
import { withServer } from '../with-server.ts';
import { alertsContract } from './alerts.contract.ts';
import type { AlertStore } from './alerts.ts';
import { POSTGRES_DIALECT } from './migrations.ts';
import { narrowVerdict, writeNarrowStore } from './narrow-store.ts';
import { type PostgresAlertsOptions, postgresAlerts } from './postgres.ts';
import { alertOf, feedbackOf } from './sample.ts';
import type { AlertTables } from './tables.ts';

const SECRET = 'hunter2-%21';

withServer('TEST_POSTGRES', 'alerts in PostgreSQL', (url) => {
  const schemas: string[] = [];
  const newSchema = (): string => {
    const schema = `logster_test_${process.pid}_${schemas.length}`;
    schemas.push(schema);
    return schema;
  };
  let server: Client;
  beforeAll(async () => {
    server = new Client({ connectionString: url });
    await server.connect();
  });
  afterAll(async () => {
    for (const schema of schemas) await server.query(`drop schema if exists ${schema} cascade`);
    await server.end();
  });
  /** Ends every connection of the stores of one schema, as a restart of the server does. */
  const disconnect = async (schema: string): Promise<number> => {
    const ended = await server.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1',
      [`logster:${schema}`],
    );
    return ended.rowCount ?? 0;
  };
  const takeIn = (store: AlertStore, id: string) =>
    store.transaction((transaction) => transaction.takeIn(id, 1));

  alertsContract(async () => {
    const schema = newSchema();
    return () => postgresAlerts({ url, schema });
  });

  test('the tables lie in their own schema, and stores of two schemas share nothing', async () => {
    const schema = newSchema();
    const store = await postgresAlerts({ url, schema });
    const other = await postgresAlerts({ url, schema: newSchema() });
    expect([await takeIn(store, 'i1'), await takeIn(other, 'i1')]).toEqual([true, true]);
    const tables = await server.query(
      "select table_name from information_schema.tables where table_schema = $1 and table_name not like 'kysely%'",
      [schema],
    );
    const names = [
      ...['alert_techniques', 'alerts', 'audit', 'feedback', 'feedback_inferences', 'inferences_taken'],
      'outbox',
    ];
    expect(tables.rows.map((row: { table_name: string }) => row.table_name).sort()).toEqual(names);
    await Promise.all([store.close(), other.close()]);
  });

  test('the database itself refuses to change or remove what the audit says', async () => {
    const schema = newSchema();
    const store = await postgresAlerts({ url, schema });
    const alert = alertOf('a', {});
    await store.transaction((transaction) => transaction.save({ change: 'created', alert }));
    for (const change of [
      `update ${schema}.audit set at = 0`,
      `delete from ${schema}.audit`,
      `truncate ${schema}.audit`,
    ])
      await expect(server.query(change)).rejects.toThrow('append-only');
    expect(await store.audit(alert.alert_id)).toHaveLength(1);
    await store.close();
  });

  test('the database itself refuses to change or remove a verdict', async () => {
    const schema = newSchema();
    const store = await postgresAlerts({ url, schema });
    const feedback = feedbackOf(alertOf('a', { inference_ids: ['i1'] }), {});
    await store.transaction((transaction) => transaction.addFeedback(feedback));
    for (const table of [`${schema}.feedback`, `${schema}.feedback_inferences`]) {
      for (const change of [
        `update ${table} set feedback_id = ''`,
        `delete from ${table}`,
        `truncate ${table}`,
      ])
        await expect(server.query(change)).rejects.toThrow('append-only');
    }
    expect(await store.feedback(0, 9)).toEqual([feedback]);
    await store.close();
  });

  test('a schema of the first form is brought forward with its verdicts, once by those who open it at once', async () => {
    const schema = newSchema();
    const alerts = ['a', 'b'].map((name) =>
      alertOf(name, { platform: 'linux', endpoint_id: name, inference_ids: [`${name}1`, `${name}2`] }),
    );
    const verdicts = Array.from({ length: 1203 }, (_, n) => narrowVerdict(alerts[n % 2]!, n));
    const pool = new Pool({ connectionString: url, options: `-c search_path=${schema}`, max: 1 });
    const old = new Kysely<AlertTables>({ dialect: new PostgresDialect({ pool }) });
    await writeNarrowStore(old, POSTGRES_DIALECT, { alerts, verdicts, schema });
    await old.destroy();
    const stores = await Promise.all([1, 2].map(() => postgresAlerts({ url, schema })));
    const wider = verdicts.map((one, n) => ({
      ...{ ...one, endpoint_id: n % 2 ? 'b' : 'a', platform: 'linux' },
      ...{ reason: 'other', scope: 'window', process: null },
    }));
    for (const store of stores) {
      expect(await store.feedback(0, 2000)).toEqual(wider.toReversed()); // oldest first
      const onB = await store.transaction((transaction) => transaction.feedbackOn('b2'));
      expect(onB).toEqual(wider.filter((one) => one.endpoint_id === 'b').toReversed());
      await store.close();
    }
  });

  test('after a restart of the server the next call connects anew', async () => {
    const schema = newSchema();
    const telemetry = recordedTelemetry();
    const store = await postgresAlerts({ url, schema, telemetry });
    for (let round = 0; round < 5; round += 1) {
      expect(await takeIn(store, `i${round}`)).toBe(true);
      expect(await store.count()).toBe(0);
      expect(await disconnect(schema)).toBeGreaterThanOrEqual(2); // one writes, one reads
      if (round % 2) await pause(20); // with and without the news of it
      expect(await store.count()).toBe(0);
      expect(await takeIn(store, `i${round}`)).toBe(false);
    }
    await store.close();
    expect(telemetry.counted('alert_store_connections_lost')).toBe(10);
    expect(telemetry.lines.every((line) => line.sentence === 'lost a connection to PostgreSQL')).toBe(true);
  });

  test('a connection that turns out to be lost when it is used is replaced, once', async () => {
    const proxy = await proxyTo(new URL(url));
    const proxied = new URL(url);
    proxied.host = `127.0.0.1:${proxy.port}`;
    const store = await postgresAlerts({ url: proxied.href, schema: newSchema(), poolSize: 1 });
    expect([await takeIn(store, 'i1'), await store.count()]).toEqual([true, 0]);
    proxy.cutAtNextByte();
    expect([await takeIn(store, 'i1'), await store.count()]).toEqual([false, 0]);
    await proxy.close();
    await expect(store.count()).rejects.toMatchObject({ code: 'unavailable' });
    await expect(takeIn(store, 'i2')).rejects.toMatchObject({ code: 'unavailable' });
    await store.close();
  });

  test('a transaction that loses its connection fails, leaves nothing behind, and the next one works', async () => {
    const schema = newSchema();
    const store = await postgresAlerts({ url, schema });
    for (const hasNews of [true, false]) {
      let runs = 0;
      const cut = store.transaction(async (transaction) => {
        runs += 1;
        await transaction.takeIn('i1', 1);
        await disconnect(schema);
        if (hasNews) await pause(50); // the connection ends while no query runs over it
        await transaction.takeIn('i2', 1);
      });
      await expect(cut).rejects.toMatchObject({
        code: 'unavailable',
        message: expect.stringContaining('PostgreSQL at'),
      });
      expect(runs).toBe(1); // whether a callback can be run twice is not known here
    }
    const swallowed = store.transaction(async (transaction) => {
      await transaction.takeIn('i1', 1);
      await disconnect(schema);
      await pause(50);
    });
    await expect(swallowed).rejects.toMatchObject({ code: 'unavailable' });
    expect([await takeIn(store, 'i1'), await takeIn(store, 'i2')]).toEqual([true, true]);
    await store.close();
  });

  test('a transaction is not confirmed after a statement of it failed, even if its callback overlooks that', async () => {
    const store = await postgresAlerts({ url, schema: newSchema() });
    const overlooking = store.transaction(async (transaction) => {
      await transaction.takeIn('i1', 1);
      await transaction.takeIn('i2', 'no number' as unknown as number).catch(() => undefined);
    });
    await expect(overlooking).rejects.toMatchObject({ code: 'unavailable' });
    expect(await takeIn(store, 'i1')).toBe(true);
    await store.close();
  });

  test('transactions do not interleave even in a database that asks for repeatable reads', async () => {
    const database = `logster_test_${process.pid}`;
    await server.query(`create database ${database}`);
    try {
      await server.query(`alter database ${database} set default_transaction_isolation = 'repeatable read'`);
      const open = () => postgresAlerts({ url: new URL(`/${database}`, url).href });
      const stores = await Promise.all([open(), open()]);
      const alert = alertOf('a', { count: 0 });
      const addOne = (store: AlertStore) =>
        store.transaction(async (transaction) => {
          const count = ((await transaction.get(alert.alert_id))?.count ?? 0) + 1;
          await transaction.save({ change: 'merged', alert: { ...alert, count } });
        });
      await Promise.all(Array.from({ length: 10 }, (_, n) => addOne(stores[n % 2]!)));
      expect((await stores[0]?.get(alert.alert_id))?.count).toBe(10);
      await Promise.all(stores.map((store) => store.close()));
    } finally {
      await server.query(`drop database ${database} with (force)`);
    }
  });

  test('tells which server cannot be reached and what to do, and never the password', async () => {
    const deaf = createServer().listen(0, '127.0.0.1');
    await once(deaf, 'listening');
    const { port } = deaf.address() as AddressInfo;
    deaf.close();
    const failing = postgresAlerts({ url: `postgres://logster:${SECRET}@127.0.0.1:${port}/alerts` });
    const error = (await failing.catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'unavailable' });
    expect(error.message).toContain(`127.0.0.1:${port}/alerts`);
    expect(error.message).toContain('check that it runs');
    expect(error.message).not.toContain('hunter2');
  });

  test('a database that is not there is named', async () => {
    const failing = postgresAlerts({ url: new URL('/no_such_database', url).href });
    await expect(failing).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/no_such_database.*create that database/),
    });
  });
});

interface Proxy {
  readonly port: number;
  /** Connections of now end when the client next says something: it has no news of it before. */
  cutAtNextByte(): void;
  close(): Promise<void>;
}

async function proxyTo({ hostname, port }: URL): Promise<Proxy> {
  const open = new Set<Socket>();
  const doomed = new WeakSet<Socket>();
  const proxy = createServer((client) => {
    const upstream = connect(Number(port || 5432), hostname);
    open.add(client);
    for (const side of [client, upstream]) {
      side.on('error', () => undefined);
      side.on('close', () => {
        client.destroy();
        upstream.destroy();
        open.delete(client);
      });
    }
    client.on('data', (bytes) => (doomed.has(client) ? client.destroy() : upstream.write(bytes)));
    upstream.on('data', (bytes) => client.write(bytes));
  }).listen(0, '127.0.0.1');
  await once(proxy, 'listening');
  return {
    port: (proxy.address() as AddressInfo).port,
    cutAtNextByte: () => {
      for (const client of open) doomed.add(client);
    },
    async close() {
      for (const client of open) client.destroy();
      proxy.close();
      await once(proxy, 'close');
    },
  };
}

describe('the address of PostgreSQL', () => {
  const open = (options: Partial<PostgresAlertsOptions>) =>
    postgresAlerts({ url: `postgres://logster:${SECRET}@127.0.0.1:1/alerts`, ...options });
  test.each<[string, Partial<PostgresAlertsOptions>, string]>([
    [
      'another protocol',
      { url: `mysql://logster:${SECRET}@h/alerts` },
      'postgres://user:password@host:port/database',
    ],
    ['no address', { url: `logster:${SECRET}@h:x/alerts` }, 'postgres://user:password@host:port/database'],
    ['no database', { url: `postgres://logster:${SECRET}@h` }, 'lacks'],
    ['options in it', { url: `postgres://logster:${SECRET}@h/alerts?sslmode=require` }, 'tls'],
    ['a bad escape', { url: 'postgres://logster:hunter2%@h/alerts' }, '%25'],
    ['a schema that needs quotes', { schema: 'a"; drop' }, 'lower-case'],
    ['a schema of the server', { schema: 'pg_catalog' }, 'lower-case'],
    ['a certificate that is not there', { tls: { caFile: '/no/such.pem' } }, '/no/such.pem'],
  ])('with %s is refused, without telling the password', async (_, options, told) => {
    const error = (await open(options).catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({ code: 'config-invalid' });
    expect(error.message).toContain(told);
    expect(`${error.stack} ${JSON.stringify(error.cause)}`).not.toContain('hunter2');
  });
});
