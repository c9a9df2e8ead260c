import type { Clock } from '../ports/telemetry/telemetry.ts';

/** Rounds that go on until they are closed. */
export interface Repeated {
  /** Rejects with what a round threw; resolves on close. */
  readonly failed: Promise<void>;
  close(): Promise<void>;
}

/** Runs rounds one after another with a pause of `pauseMs` before each. */
export function everySoOften(clock: Clock, pauseMs: number, round: () => Promise<void>): Repeated {
  let closed = false;
  let wake = () => {};
  async function run(): Promise<void> {
    while (!closed) {
      await new Promise<void>((resolve) => {
        const cancel = clock.after(pauseMs, resolve);
        wake = () => {
          cancel();
          resolve();
        };
      });
      if (!closed) await round();
    }
  }
  const failed = run();
  failed.catch(() => undefined); // the stage hears of it through `failed`
  return {
    failed,
    async close() {
      closed = true;
      wake();
      await failed.catch(() => undefined);
    },
  };
}
