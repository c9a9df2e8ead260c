import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';

/** Keeps a second set-up out of a folder until the answered function is called. Throws conflict while another works. */
export function holdPlace(home: string): () => void {
  const file = join(home, 'busy');
  mkdirSync(home, { recursive: true });
  const other = holderOf(file);
  if (other !== undefined && isAlive(other)) {
    throw new LogsterError(
      'conflict',
      `Another set-up works in ${home} (process ${other}); wait until it ends`,
    );
  }
  writeFileSync(file, String(process.pid)); // one that was killed leaves its number behind
  return () => rmSync(file, { force: true });
}

function holderOf(file: string): number | undefined {
  try {
    return Number(readFileSync(file, 'utf8'));
  } catch (thrown) {
    if ((thrown as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw thrown;
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch (thrown) {
    return (thrown as NodeJS.ErrnoException).code === 'EPERM'; // it lives and is another user's
  }
}
