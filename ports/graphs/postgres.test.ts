import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';
import { Client } from 'pg';
import { postgresAlerts } from '../alerts/postgres.ts';
import { alertOf } from '../alerts/sample.ts';
import { recordedTelemetry } from '../telemetry/embedded.ts';
import { withServer } from '../with-server.ts';
import { graphsContract } from './graphs.contract.ts';
import { postgresGraphs } from './postgres.ts';
import { keptOf } from './sample.ts';

withServer('TEST_POSTGRES', 'graphs in PostgreSQL', (url) => {
  const schemas: string[] = [];
  const newSchema = (): string => {
    const schema = `logster_graphs_test_${process.pid}_${schemas.length}`;
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

  graphsContract(async () => {
    const schema = newSchema();
    return () => postgresGraphs({ url, schema });
  });

  test('the stores of alerts and of graphs share a schema, opened at once and again', async () => {
    const schema = newSchema();
    const open = () => Promise.all([postgresAlerts({ url, schema }), postgresGraphs({ url, schema })]);
    const [alerts, graphs] = await open();
    await alerts.transaction((transaction) =>
      transaction.save({ change: 'created', alert: alertOf('a', {}) }),
    );
    await graphs.keep([keptOf('a')]);
    await Promise.all([alerts.close(), graphs.close()]);
    const [alertsAgain, graphsAgain] = await open();
    expect(await alertsAgain.count()).toBe(1);
    expect(await graphsAgain.get([keptOf('a').inferenceId])).toEqual([keptOf('a')]);
    await Promise.all([alertsAgain.close(), graphsAgain.close()]);
  });

  test('after a restart of the server the next call connects anew', async () => {
    const schema = newSchema();
    const telemetry = recordedTelemetry();
    const store = await postgresGraphs({ url, schema, telemetry });
    for (let round = 0; round < 3; round += 1) {
      await store.keep([keptOf(`graph ${round}`)]);
      expect(await store.list({}, { limit: 9 })).toHaveLength(round + 1);
      const query = 'select pg_terminate_backend(pid) from pg_stat_activity where application_name = $1';
      expect((await server.query(query, [`logster:${schema}`])).rowCount).toBe(2); // one writes, one reads
    }
    await store.keep([keptOf('last')]);
    expect(await store.list({}, { limit: 9 })).toHaveLength(4);
    await store.close();
    expect(telemetry.counted('graph_store_connections_lost')).toBe(6);
  });
});

test('where nothing answers the store opens, every call says so, and an address that cannot be used is refused', async () => {
  const deaf = createServer().listen(0, '127.0.0.1');
  await once(deaf, 'listening');
  const { port } = deaf.address() as AddressInfo;
  deaf.close();
  const store = await postgresGraphs({ url: `postgres://logster:hunter2@127.0.0.1:${port}/graphs` });
  for (const call of [
    () => store.keep([keptOf('a')]),
    () => store.list({}, { limit: 1 }),
    () => store.expire(1),
  ]) {
    const error = (await call().catch((thrown: unknown) => thrown)) as Error;
    expect(error).toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(`127.0.0.1:${port}/graphs`),
    });
    expect(error.message).not.toContain('hunter2');
  }
  await store.close();
  await expect(store.get([])).rejects.toMatchObject({ code: 'closed' });
  await expect(postgresGraphs({ url: 'mysql://logster@h/graphs' })).rejects.toMatchObject({
    code: 'config-invalid',
  });
});
