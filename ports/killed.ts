import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';

/**
 * For tests: runs a compiled script, lets it confirm at least one number, kills it `afterMs` later with SIGKILL
 * and answers the last number that it wrote, one per line.
 */
export async function lastBeforeKill(
  script: string,
  args: readonly string[],
  afterMs: number,
): Promise<number> {
  const compiled = join(import.meta.dirname, '../dist/ports', script);
  if (!existsSync(compiled)) throw new Error(`${compiled} is not there; run npm run build first`);
  const child = spawn(process.execPath, [compiled, ...args], { stdio: ['ignore', 'pipe', 'pipe'] });
  let written = '';
  let complaint = '';
  child.stderr.on('data', (bytes: Buffer) => {
    complaint += bytes.toString();
  });
  child.stdout.on('data', (bytes: Buffer) => {
    if (written === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
    written += bytes.toString();
  });
  await ended(child);
  const whole = written.slice(0, written.lastIndexOf('\n')).split('\n');
  if (child.signalCode !== 'SIGKILL') throw new Error(`${script} ended by itself: ${complaint}`);
  return Number(whole.at(-1));
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => child.on('close', () => resolve()));
}
