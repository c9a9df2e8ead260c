import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { LogsterError } from '../contracts/errors.ts';
import type { Stage } from '../contracts/stage.ts';
import type { StageName } from './wire.ts';

export interface BesideNeeds {
  readonly root: string;
  readonly environment: Readonly<Record<string, string | undefined>>;
}

/** How soon a process that was asked to stop is killed; what it took in is on disk. */
const STOP_MS = 10_000;

/**
 * Runs a stage in a process of its own, below this one. Storing documents is half of the work and blocks while the disk
 * writes; beside the others it delays no window.
 */
export async function stageBeside(name: StageName, { root, environment }: BesideNeeds): Promise<Stage> {
  const child = spawn(
    process.execPath,
    [...process.execArgv, join(root, 'dist/platform/beside-main.js'), name],
    {
      env: { ...environment, LOGSTER_OPS__PORT: '0' },
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    },
  );
  let closing = false;
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const failed = new Promise<void>((resolve, reject) => {
    child.once('exit', (code, signal) => {
      if (closing) resolve();
      else
        reject(
          new LogsterError(
            'unavailable',
            `The stage ${name} ended (${signal ?? `code ${code}`}); its last lines say why`,
          ),
        );
    });
  });
  failed.catch(() => undefined); // whoever started the stage listens too
  await Promise.race([new Promise((resolve) => child.once('message', resolve)), failed]);
  return {
    name,
    failed,
    health: async () => ({
      ready: child.exitCode === null && child.signalCode === null,
      detail: { pid: child.pid },
    }),
    async close() {
      closing = true;
      if (child.connected) child.disconnect();
      const late = setTimeout(() => child.kill('SIGKILL'), STOP_MS);
      await ended;
      clearTimeout(late);
    },
  };
}
