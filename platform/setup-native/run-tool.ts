import { spawn } from 'node:child_process';
import { LogsterError } from '../../contracts/errors.ts';
import type { Surroundings } from '../cli.ts';

export interface ToolOptions {
  readonly environment: Surroundings['environment'];
  readonly signal?: AbortSignal | undefined;
  readonly cwd?: string;
}

/** How a program ended. `missing` when there is none of that name. */
export interface ToolEnd {
  readonly ok: boolean;
  readonly missing: boolean;
  readonly killedBy: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end and keeps what it says. Throws closed when `signal` stops it. */
export function runTool(command: string, args: readonly string[], options: ToolOptions): Promise<ToolEnd> {
  const { environment, signal, cwd } = options;
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      env: { ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
      ...(cwd && { cwd }),
      ...(signal && { signal }),
    });
    const said = { stdout: '', stderr: '' };
    child.stdout.setEncoding('utf8').on('data', (text: string) => {
      said.stdout += text;
    });
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      said.stderr += text;
    });
    child.once('error', (cause: NodeJS.ErrnoException) => {
      if (signal?.aborted) reject(new LogsterError('closed', 'Stopped', { cause }));
      else if (cause.code === 'ENOENT' || cause.code === 'EACCES')
        resolve({ ok: false, missing: true, killedBy: null, ...said });
      else reject(cause);
    });
    child.once('close', (code, killedBy) => {
      resolve({ ok: code === 0, missing: false, killedBy, ...said });
    });
  });
}

/** The last lines of what a program said, for the end of an error message. */
export function lastLines(text: string, count = 6): string {
  return text.trim().split('\n').slice(-count).join('\n');
}
