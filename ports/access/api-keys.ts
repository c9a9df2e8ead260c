import { createHash, randomBytes } from 'node:crypto';
import { mkdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { IDENTIFIER } from '../../contracts/event.ts';
import { type Caller, ROLES, type Role } from './roles.ts';

/** An API key as it is kept: its hash, never the key. */
export const apiKeySchema = z.strictObject({
  name: z.string().min(1).max(128),
  role: z.enum(ROLES),
  tenants: z.union([z.literal('*'), z.array(z.string().regex(IDENTIFIER)).min(1)]),
  sha256: z.string().regex(/^[0-9a-f]{64}$/),
  created_at: z.number(), // epoch seconds
});
export type ApiKey = z.infer<typeof apiKeySchema>;

const keysFileSchema = z.strictObject({ keys: z.array(apiKeySchema) });

/** What every key begins with: tells a key from a token, and lets secret scanners find a leaked one. */
export const KEY_PREFIX = 'lgs_';

/** 256 bits cannot be guessed, so one round of SHA-256 is enough to keep them by. */
const KEY_BYTES = 32;

/** Makes a key. `secret` is shown to its owner once; `key` is what the file keeps. `at` is epoch seconds. */
export function newApiKey(owner: {
  readonly name: string;
  readonly role: Role;
  readonly tenants: readonly string[] | '*';
  readonly at: number;
}): { readonly secret: string; readonly key: ApiKey } {
  const secret = KEY_PREFIX + randomBytes(KEY_BYTES).toString('base64url');
  const { name, role, tenants, at } = owner;
  const key = apiKeySchema.safeParse({ name, role, tenants, sha256: hashOf(secret), created_at: at });
  if (key.success) return { secret, key: key.data };
  throw new LogsterError('input-invalid', `Not an API key: ${z.prettifyError(key.error)}`);
}

/** The keys of a file; none where there is no such file. Throws `config-invalid` where it cannot be read. */
export async function readKeys(file: string): Promise<readonly ApiKey[]> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (cause) {
    if (isMissing(cause)) return [];
    throw unreadable(file, reasonOf(cause), cause);
  }
  try {
    return keysFileSchema.parse(JSON.parse(text)).keys;
  } catch (cause) {
    const reason = cause instanceof z.ZodError ? z.prettifyError(cause) : reasonOf(cause);
    throw unreadable(file, reason, cause);
  }
}

/** Replaces the keys of a file in one step; only its owner may read it. */
export async function writeKeys(file: string, keys: readonly ApiKey[]): Promise<void> {
  const next = `${file}.${randomBytes(6).toString('hex')}.new`;
  await mkdir(dirname(file), { recursive: true });
  try {
    await writeFile(next, `${JSON.stringify({ keys }, null, 2)}\n`, { mode: 0o600, flush: true });
    await rename(next, file);
  } catch (cause) {
    await rm(next, { force: true });
    throw new LogsterError('unavailable', `Cannot write the API keys to ${file}: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

/** Finds whose key it is. Looks into the file again once it has changed, so that a new or removed key counts. */
export function keyRing(file: string): { callerOf(secret: string): Promise<Caller | undefined> } {
  let version = '';
  let byHash = new Map<string, ApiKey>();
  return {
    async callerOf(secret) {
      const now = await versionOf(file);
      if (now !== version) {
        byHash = new Map((await readKeys(file)).map((key) => [key.sha256, key]));
        version = now;
      }
      const key = byHash.get(hashOf(secret)); // of the hash only: timing tells nothing about the key
      return key && { name: key.name, role: key.role, tenants: key.tenants, authenticated: true };
    },
  };
}

async function versionOf(file: string): Promise<string> {
  try {
    const { mtimeMs, size, ino } = await stat(file);
    return `${ino} ${mtimeMs} ${size}`;
  } catch (cause) {
    if (isMissing(cause)) return 'missing';
    throw unreadable(file, reasonOf(cause), cause);
  }
}

function hashOf(secret: string): string {
  return createHash('sha256').update(secret).digest('hex');
}

function isMissing(cause: unknown): boolean {
  return typeof cause === 'object' && cause !== null && 'code' in cause && cause.code === 'ENOENT';
}

function unreadable(file: string, reason: string, cause: unknown): LogsterError {
  const way = 'Mend it, or make new keys with `logster keys add`';
  return new LogsterError('config-invalid', `Cannot read the API keys in ${file}: ${reason}. ${way}`, {
    cause,
  });
}
