import { type ChildProcess, spawn } from 'node:child_process';
import { LogsterError } from '../../contracts/errors.ts';

/** Runs a program to its end; its output. Throws with its name and what it wrote to stderr when it fails. */
export async function runUntilDone(program: string, args: readonly string[]): Promise<string> {
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let [out, err] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    out += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    err += data.toString();
  });
  const code = await ended(child, program);
  if (code !== 0)
    throw new LogsterError(
      'unavailable',
      `${program} ${args.join(' ')} failed: ${err.trim() || `exit code ${code}`}`,
    );
  return out;
}

/** Waits until a process has ended; its exit code, null after a signal. Throws when it cannot be started. */
export function ended(child: ChildProcess, name: string): Promise<number | null> {
  return new Promise((resolve, reject) => {
    child.once('error', (cause) => {
      reject(new LogsterError('unavailable', `${name} cannot be started: ${cause.message}`, { cause }));
    });
    child.once('close', (code) => resolve(code));
  });
}
