import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';

const SCORER = join(import.meta.dirname, '..', 'dist', 'serve', 'scorer.js');
const PARENT = `
  const { fork } = require('node:child_process');
  const child = fork(process.argv[1], [JSON.stringify({ backend: 'wasm' })], { stdio: 'ignore' });
  process.stdout.write(String(child.pid), () => setTimeout(() => process.kill(process.pid, 'SIGKILL'), process.argv[2]));
`;

/** The process id of a scorer whose parent is killed so many milliseconds after it was forked. */
async function orphanAfter(ms: number): Promise<number> {
  const parent = spawn(process.execPath, ['-e', PARENT, SCORER, String(ms)], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const [pid] = await once(parent.stdout, 'data');
  await once(parent, 'exit');
  return Number(String(pid));
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false; // the system knows no such process
  }
}

test('a scorer ends when its parent was killed, at whatever moment of its start', async () => {
  const orphans: number[] = [];
  for (const ms of [0, 30, 60, 90, 120, 150, 200, 300, 500]) orphans.push(await orphanAfter(ms));
  expect(orphans.every((pid) => pid > 0)).toBe(true);
  for (let waited = 0; orphans.some(isAlive) && waited < 60; waited++)
    await new Promise((resolve) => setTimeout(resolve, 500));
  expect(orphans.filter(isAlive)).toEqual([]);
});
