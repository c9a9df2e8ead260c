import { randomInt } from 'node:crypto';
import { LogsterError } from '../../contracts/errors.ts';
import { closeRedis, connectRedis, keysOf, type RedisPlace } from '../redis.ts';
import type { State, Versioned } from './state.ts';

/** Each value begins with its version, so that one ordinary string holds both and a plain SET stays one command. */
const VERSION_BYTES = 6;
/** As the embedded state: a stage that runs on one must run on the other. */
const KEY_BYTES = 1_970;

/**
 * Sets where the stored version is the wanted one, or is the new one already: the command may be sent twice when the
 * connection breaks, and the second time must not take its own success for somebody else's.
 */
const COMPARE_AND_SET = `
local have = redis.call('GETRANGE', KEYS[1], 0, ${VERSION_BYTES - 1})
if have == string.sub(ARGV[2], 1, ${VERSION_BYTES}) then return 1 end
if have ~= ARGV[1] then return 0 end
if ARGV[3] == '0' then redis.call('SET', KEYS[1], ARGV[2])
else redis.call('SET', KEYS[1], ARGV[2], 'PX', ARGV[3]) end
return 1`;

export interface RedisStateOptions extends RedisPlace {
  readonly prefix?: string; // of every key, followed by a colon
}

/**
 * Values in Redis. What `set` confirmed survives a killed client; what it survives of the server is the server's own
 * setting: with `appendfsync everysec` a power cut there may cost its last second. Keys carry no hash tag, so a
 * cluster spreads them. Versions are random: a value deleted and set anew never gets one that it had before.
 */
export async function redisState(options: RedisStateOptions): Promise<State> {
  const connection = await connectRedis(options);
  const prefix = `${options.prefix ?? 'logster'}:state:`;
  let closed = false;
  const keyOf = (key: string): string => {
    if (closed) throw new LogsterError('closed', 'The state was closed');
    const bytes = Buffer.byteLength(key);
    if (bytes > 0 && bytes <= KEY_BYTES) return prefix + key;
    throw new LogsterError('input-invalid', `A key has 1 to ${KEY_BYTES} bytes, this one ${bytes}`);
  };
  const getVersioned = async (key: string): Promise<Versioned | undefined> => {
    const stored = await connection.getBuffer(keyOf(key));
    if (stored === null) return undefined;
    return { version: stored.readUIntBE(0, VERSION_BYTES), value: stored.subarray(VERSION_BYTES) };
  };
  return {
    getVersioned,
    get: async (key) => (await getVersioned(key))?.value,
    async set(key, value, ttlSeconds) {
      const stored = Buffer.concat([newVersion(), value]);
      if (ttlSeconds === undefined) await connection.set(keyOf(key), stored);
      else await connection.set(keyOf(key), stored, 'PX', milliseconds(ttlSeconds));
    },
    async compareAndSet(key, version, value, ttlSeconds) {
      const wanted = version === 0 ? Buffer.alloc(0) : versionBytes(version);
      const stored = Buffer.concat([newVersion(), value]);
      const expiry = ttlSeconds === undefined ? 0 : milliseconds(ttlSeconds);
      return (await connection.eval(COMPARE_AND_SET, 1, keyOf(key), wanted, stored, expiry)) === 1;
    },
    async delete(key) {
      await connection.unlink(keyOf(key));
    },
    async keys(begin) {
      if (closed) throw new LogsterError('closed', 'The state was closed');
      const found = await keysOf(connection, prefix + begin);
      return found.map((key) => key.slice(prefix.length)).sort(byBytes);
    },
    async close() {
      if (closed) return;
      closed = true;
      await closeRedis(connection);
    },
  };
}

const byBytes = (a: string, b: string): number => Buffer.compare(Buffer.from(a), Buffer.from(b));
const milliseconds = (seconds: number): number => Math.max(1, Math.ceil(seconds * 1000));
const newVersion = (): Buffer => versionBytes(randomInt(1, 2 ** 48 - 1));

function versionBytes(version: number): Buffer {
  const bytes = Buffer.alloc(VERSION_BYTES);
  if (version > 0 && version < 2 ** 48) bytes.writeUIntBE(version, 0, VERSION_BYTES); // another store's: matches none
  return bytes;
}
