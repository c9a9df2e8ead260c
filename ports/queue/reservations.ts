import type { RedisConnection } from '../redis.ts';
import type { QueueLimits } from './queue.ts';

/** As the embedded queue: longer than any consumer takes to commit, more than anybody reads. */
const DONE_REMEMBERED = 10_000;
export const FAILED_KEPT = 1_000;
/** A place without a job that is so old belongs to nobody: between reserving and adding lie milliseconds. */
const ABANDONED_MS = 60_000;

/**
 * KEYS: places (hash of id to size and time), bytes, done (ids by time), the job itself. ARGV: id, size, most jobs,
 * most bytes, now. An id with a place but no job is one whose adder was killed, or has not come so far: it may be
 * added again, since BullMQ takes an id once. An empty queue takes a job of any size, or a large one would wait forever.
 */
const RESERVE = `
if redis.call('ZSCORE', KEYS[3], ARGV[1]) or redis.call('EXISTS', KEYS[4]) == 1 then return 'exists' end
if redis.call('HEXISTS', KEYS[1], ARGV[1]) == 1 then return 'again' end
local jobs = redis.call('HLEN', KEYS[1])
local bytes = tonumber(redis.call('GET', KEYS[2]) or '0')
if jobs > 0 and (jobs >= tonumber(ARGV[3]) or bytes + tonumber(ARGV[2]) > tonumber(ARGV[4])) then return 'full' end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2] .. ':' .. ARGV[5])
redis.call('INCRBY', KEYS[2], ARGV[2])
return 'reserved'`;

/** KEYS: places, bytes, done. ARGV: id, now (0: the job did not end well), ids remembered. */
const RELEASE = `
local place = redis.call('HGET', KEYS[1], ARGV[1])
if place then
  redis.call('HDEL', KEYS[1], ARGV[1])
  redis.call('DECRBY', KEYS[2], string.match(place, '^%d+'))
end
if ARGV[2] ~= '0' then
  redis.call('ZADD', KEYS[3], ARGV[2], ARGV[1])
  redis.call('ZREMRANGEBYRANK', KEYS[3], 0, -1 - tonumber(ARGV[3]))
end
return 1`;

/** KEYS: places, bytes. ARGV: id, size, now. Whatever the limits say: the job is there already. */
const FORCE = `
if redis.call('HSETNX', KEYS[1], ARGV[1], ARGV[2] .. ':' .. ARGV[3]) == 1 then redis.call('INCRBY', KEYS[2], ARGV[2]) end
return 1`;

/** Places for jobs in a queue, counted in jobs and bytes. */
export interface Reservations {
  /** `again`: the id has a place already but no job. */
  reserve(id: string, sizeBytes: number): Promise<'reserved' | 'again' | 'exists' | 'full'>;
  force(id: string, sizeBytes: number): Promise<void>;
  /** Gives the place back and remembers the id as done. */
  done(id: string): Promise<void>;
  /** Gives the place back; the job is kept as failed. */
  failed(id: string): Promise<void>;
  isDone(id: string): Promise<boolean>;
  fits(sizeBytes: number): Promise<boolean>;
  bytes(): Promise<number>;
  /** Gives back places whose job is gone or has failed; answers how many. */
  reclaim(): Promise<number>;
}

export interface ReservationNeeds {
  readonly prefix: string; // of every key of the queue, with a hash tag
  readonly name: string;
  readonly limits: QueueLimits;
  /** The key under which the queue keeps a job, and the set of those that failed, by `member`. */
  readonly jobOf: (id: string) => { readonly key: string; readonly member: string };
  readonly failedKey: string;
}

/** Each step is one script, so that it is atomic among all processes; all its keys share the prefix's hash tag. */
export function reservations(connection: RedisConnection, needs: ReservationNeeds): Reservations {
  const { prefix, name, limits, jobOf, failedKey } = needs;
  const keyOf = (what: string): string => `${prefix}:places:${name}:${what}`;
  const [places, total, done] = [keyOf('held'), keyOf('bytes'), keyOf('done')];
  const release = (id: string, at: number) =>
    connection.eval(RELEASE, 3, places, total, done, id, at, DONE_REMEMBERED);
  const bytes = async (): Promise<number> => Number((await connection.get(total)) ?? 0);
  return {
    bytes,
    async reserve(id, sizeBytes) {
      const keys = [places, total, done, jobOf(id).key];
      const answer = await connection.eval(
        RESERVE,
        4,
        ...keys,
        id,
        sizeBytes,
        limits.jobs,
        limits.bytes,
        now(),
      );
      return answer as 'reserved' | 'again' | 'exists' | 'full';
    },
    async force(id, sizeBytes) {
      await connection.eval(FORCE, 2, places, total, id, sizeBytes, now());
    },
    async done(id) {
      await release(id, now());
    },
    async failed(id) {
      await release(id, 0);
    },
    isDone: async (id) => (await connection.zscore(done, id)) !== null,
    async fits(sizeBytes) {
      const [jobs, held] = await Promise.all([connection.hlen(places), bytes()]);
      return jobs === 0 || (jobs < limits.jobs && held + sizeBytes <= limits.bytes);
    },
    async reclaim() {
      const held = Object.entries(await connection.hgetall(places));
      const old = held.filter(([, place]) => now() - Number(place.split(':')[1]) > ABANDONED_MS);
      let found = 0;
      for (const [id] of old) {
        const { key, member } = jobOf(id);
        const isThere = (await connection.exists(key)) === 1;
        if (isThere && (await connection.zscore(failedKey, member)) === null) continue;
        await release(id, 0);
        found += 1;
      }
      return found;
    },
  };
}

const now = (): number => Date.now();
