import { type ChildProcess, spawn } from 'node:child_process';
import { join } from 'node:path';
import type { StageName } from './wire.ts';

/** Settings under which a whole product runs beside others: a data directory of its own, free ports, one scorer. */
export function asideSettings(directory: string): Record<string, string> {
  return {
    LOGSTER_DATA: directory,
    LOGSTER_API__PORT: '0',
    LOGSTER_DASHBOARD__PORT: '0',
    LOGSTER_OPS__PORT: '0',
    LOGSTER_LOG__LEVEL: 'error',
    LOGSTER_MODEL__SCORERS: '1',
  };
}

/** Starts the product, or some of its stages, as `npm start -- --no-demo` does: a process that can be signalled, for benchmarks and tests. */
export function startProduct(
  root: string,
  settings: Readonly<Record<string, string>>,
  stages: readonly StageName[] = [],
): ChildProcess {
  const command = [
    '--max-semi-space-size=64',
    join(root, 'platform/setup.mjs'),
    'start',
    '--no-demo',
    ...stages,
  ];
  return spawn(process.execPath, command, {
    env: { ...process.env, ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}
