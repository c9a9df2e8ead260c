import { LogsterError } from '../contracts/errors.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock } from '../ports/telemetry/telemetry.ts';

/** One training at a time, whichever platform: each takes all cores and gigabytes of memory. */
const KEY = 'training/lock';

/** Held so long without renewal: a machine that sleeps or dies must not stop all training for a day. */
export const LOCK_SECONDS = 600;
const RENEWED_EVERY_MS = (LOCK_SECONDS / 5) * 1000;

const FREE = Buffer.from('free');

/** The right to train, until it is given back. */
export interface TrainingLock {
  /** Throws conflict where the lock ran out and may be another's. */
  check(): Promise<void>;
  release(): Promise<void>;
}

/** Takes the lock and keeps renewing it. Nothing while another, named by `owner`, holds it. */
export async function takeLock(
  state: Pick<State, 'getVersioned' | 'compareAndSet'>,
  owner: string,
  clock: Pick<Clock, 'after'>,
): Promise<TrainingLock | undefined> {
  const own = Buffer.from(owner);
  const held = await state.getVersioned(KEY);
  if (held && !held.value.equals(FREE)) return undefined;
  if (!(await state.compareAndSet(KEY, held?.version ?? 0, own, LOCK_SECONDS))) return undefined;
  const replace = async (value: Buffer): Promise<boolean> => {
    const current = await state.getVersioned(KEY);
    if (!current?.value.equals(own)) return false;
    return state.compareAndSet(KEY, current.version, value, LOCK_SECONDS);
  };
  let lost: LogsterError | undefined;
  let renewing: Promise<void> = Promise.resolve();
  let stop = (): void => {};
  const renewLater = (): void => {
    stop = clock.after(RENEWED_EVERY_MS, () => {
      renewing = replace(own).then(
        (kept) => {
          if (kept) renewLater();
          else lost = lostLock(owner);
        },
        (cause: unknown) => {
          lost = lostLock(owner, cause);
        },
      );
    });
  };
  renewLater();
  return {
    async check() {
      if (lost) throw lost;
      if (!(await replace(own))) throw lostLock(owner);
    },
    async release() {
      stop();
      await renewing;
      stop();
      await replace(FREE);
    },
  };
}

const lostLock = (owner: string, cause?: unknown): LogsterError =>
  new LogsterError(
    'conflict',
    `${owner} lost the lock of training; another may train, so nothing was registered`,
    {
      cause,
    },
  );
