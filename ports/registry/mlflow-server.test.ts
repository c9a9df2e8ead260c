import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../eventually.ts';
import { withServer } from '../with-server.ts';
import { mlflowRegistry } from './mlflow.ts';

const START_MS = 120_000; // Python imports for long on a busy machine

import.meta.jest.setTimeout(5 * START_MS);

const MODEL = { files: { 'weights.bin': Buffer.from('weights') }, tags: {}, metrics: {} };

withServer('TEST_MLFLOW_COMMAND', 'MLflow registry on a server that stops and starts', (command) => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-mlflow-'));
  let running: ChildProcess | undefined;
  let port = 0;
  const url = (): string => `http://127.0.0.1:${port}`;
  const stop = async (): Promise<void> => {
    const stopped = running;
    running = undefined;
    if (stopped?.pid === undefined) return;
    const ended = new Promise((resolve) => stopped.once('exit', resolve));
    process.kill(-stopped.pid, 'SIGTERM'); // its group: the command starts workers
    await ended;
    await eventually('the server is gone', async () => !(await answers(url())), START_MS);
  };
  const start = async (artifacts: '--serve-artifacts' | '--no-serve-artifacts'): Promise<void> => {
    const args = ['server', '--host', '127.0.0.1', '--port', String(port), '--workers', '1', artifacts];
    const stores = ['--backend-store-uri', `sqlite:///${join(folder, 'mlflow.db')}`];
    const place = artifacts === '--serve-artifacts' ? ['--artifacts-destination', join(folder, 'kept')] : [];
    const surroundings = { MLFLOW_SERVER_ENABLE_JOB_EXECUTION: 'false', MLFLOW_DISABLE_TELEMETRY: 'true' };
    const env = { ...process.env, ...surroundings };
    running = spawn(command, [...args, ...stores, ...place], {
      env,
      cwd: folder,
      detached: true,
      stdio: 'ignore',
    });
    await eventually('the server answers', () => answers(url()), START_MS);
  };
  beforeAll(async () => {
    port = await freePort();
  });
  afterAll(async () => {
    await stop();
    rmSync(folder, { recursive: true, force: true });
  });

  test('a registry outlives its server, and says when artifacts are not served', async () => {
    const unserved = { code: 'unavailable', message: expect.stringContaining('--serve-artifacts') };
    const registry = mlflowRegistry({ url: url() });
    await expect(registry.versions('gat')).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining(url()),
    });

    await start('--serve-artifacts');
    const made = await registry.register('gat', MODEL);
    await registry.setAlias('gat', 'champion', '1');
    await stop();
    await expect(registry.alias('gat', 'champion')).rejects.toMatchObject({ code: 'unavailable' });
    await start('--serve-artifacts');
    expect(await registry.alias('gat', 'champion')).toEqual(made);
    expect((await registry.file('gat', '1', 'weights.bin')).toString()).toBe('weights');
    expect((await registry.register('gat', MODEL)).version).toBe('2');
    await stop();

    await start('--no-serve-artifacts');
    await expect(registry.file('gat', '1', 'weights.bin')).rejects.toMatchObject(unserved);
    await expect(registry.register('gat', MODEL)).rejects.toMatchObject(unserved);
    const elsewhere = mlflowRegistry({ url: url(), experiment: 'elsewhere' });
    await expect(elsewhere.register('gat', MODEL)).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringMatching(/keeps its artifacts at .*mlruns.*--serve-artifacts/),
    });
    await expect(elsewhere.versions('gat')).rejects.toMatchObject(unserved); // whose manifests it never read
    expect(await registry.alias('gat', 'champion')).toEqual(made);
    await elsewhere.close();
    await registry.close();
  });
});

async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/health`).then(
    ({ ok }) => ok,
    () => false,
  );
}

function freePort(): Promise<number> {
  return new Promise((resolve) => {
    const probe = createServer().listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
