import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { reasonOf } from '../../contracts/errors.ts';

/** What the peers were written for; golden vectors were made with the same. */
const PACKAGES = ['numpy==2.4.6', 'torch==2.9.1', 'torch_geometric==2.8.1'];
const IMPORTS = 'import numpy, torch, torch_geometric';

/** A Python with PyTorch, or the one line that says why there is none. */
export type Python = { readonly python: string } | { readonly missing: string };

/**
 * The Python of the project's own virtual environment for peers, made when it is not there yet. pip's own settings
 * hold, so that a mirror or an index with smaller builds can be used.
 */
export async function benchPython(root: string, say: (sentence: string) => void): Promise<Python> {
  const folder = join(root, '.logster', 'bench-python');
  const python = join(folder, process.platform === 'win32' ? 'Scripts/python.exe' : 'bin/python');
  const made = !existsSync(folder);
  const failed = made ? await makeEnvironment(folder, python, say) : null;
  const reason = failed ?? (await run(python, ['-c', IMPORTS]));
  if (reason === null) return { python };
  if (made) await rm(folder, { recursive: true, force: true });
  const advice = made ? '' : ' (delete .logster/bench-python to have it made anew)';
  return { missing: `no PyTorch to compare with: ${reason}${advice}` };
}

async function makeEnvironment(
  folder: string,
  python: string,
  say: (sentence: string) => void,
): Promise<string | null> {
  await mkdir(dirname(folder), { recursive: true });
  say(`installing ${PACKAGES.join(', ')} into .logster/bench-python, once; up to 3 GB, some minutes …`);
  const install = [
    '-m',
    'pip',
    'install',
    '--disable-pip-version-check',
    '--retries',
    '1',
    '--timeout',
    '30',
  ];
  return (
    (await run(process.platform === 'win32' ? 'python' : 'python3', ['-m', 'venv', folder])) ??
    (await run(python, [...install, ...PACKAGES], true))
  );
}

/** Runs a command; gives null when it ended well, else its last line. Progress goes to our stderr when asked. */
function run(command: string, args: readonly string[], shown = false): Promise<string | null> {
  return new Promise((resolve) => {
    const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'pipe'] });
    let last = '';
    const keep = (chunk: Buffer): void => {
      if (shown) process.stderr.write(chunk);
      last = (last + chunk.toString('utf8')).slice(-1000);
    };
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    child.once('error', (cause) => resolve(reasonOf(cause)));
    child.once('close', (code) => {
      resolve(code === 0 ? null : (last.trim().split('\n').at(-1) ?? `${command} ended with code ${code}`));
    });
  });
}
