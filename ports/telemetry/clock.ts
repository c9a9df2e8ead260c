import type { Clock } from './telemetry.ts';

/** The machine's clock. Its timers do not keep the process alive. */
export const systemClock: Clock = {
  now: () => Date.now() / 1000,
  after(ms, run) {
    const timer = setTimeout(run, ms).unref();
    return () => clearTimeout(timer);
  },
};

export interface FakeClock extends Clock {
  /** Moves time on and runs what falls due, in order; waits for microtasks between two of them. */
  advance(ms: number): Promise<void>;
}

/** A clock that stands still until it is moved, for tests and for replays in a hurry. */
export function fakeClock(startSeconds = 1_700_000_000): FakeClock {
  let nowMs = startSeconds * 1000;
  const due: { at: number; run: () => void }[] = [];
  return {
    now: () => nowMs / 1000,
    after(ms, run) {
      const entry = { at: nowMs + ms, run };
      due.push(entry);
      return () => {
        const place = due.indexOf(entry);
        if (place >= 0) due.splice(place, 1);
      };
    },
    async advance(ms) {
      const end = nowMs + ms;
      for (;;) {
        due.sort((a, b) => a.at - b.at);
        const next = due[0];
        if (next === undefined || next.at > end) break;
        due.shift();
        nowMs = next.at;
        next.run();
        await new Promise(setImmediate);
      }
      nowMs = end;
    },
  };
}
