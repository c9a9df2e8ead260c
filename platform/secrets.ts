import { readFileSync } from 'node:fs';
import { LogsterError, reasonOf } from '../contracts/errors.ts';

/** What stands in a secret's file. Throws config-invalid where it cannot be read. */
export function secretOf(file: string | undefined): string | undefined {
  if (file === undefined) return undefined;
  try {
    return readFileSync(file, 'utf8').trim();
  } catch (cause) {
    throw new LogsterError('config-invalid', `The secret in ${file} cannot be read: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** The address with a password in it. */
export function withPassword(url: string, password: string | undefined): string {
  if (password === undefined) return url;
  const parsed = new URL(url);
  parsed.password = encodeURIComponent(password);
  return parsed.href;
}
