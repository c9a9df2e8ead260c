import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { LogsterError } from '../contracts/errors.ts';

/** The project's folder, whether this runs compiled or from source. */
export function projectRoot(): string {
  for (let folder = import.meta.dirname; folder !== dirname(folder); folder = dirname(folder)) {
    if (existsSync(join(folder, 'package.json')) && existsSync(join(folder, 'contracts'))) return folder;
  }
  throw new LogsterError(
    'not-found',
    `No project folder above ${import.meta.dirname}; run Logster from its own checkout`,
  );
}
