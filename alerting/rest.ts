import type { Clock } from '../ports/telemetry/telemetry.ts';

/** A pause by a clock that can be cut short. */
export function rest(clock: Clock, ms: number): { readonly over: Promise<void>; end(): void } {
  let end = (): void => undefined;
  const over = new Promise<void>((resolve) => {
    const cancel = clock.after(ms, resolve);
    end = () => {
      cancel();
      resolve();
    };
  });
  return { over, end };
}
