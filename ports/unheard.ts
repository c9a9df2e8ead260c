import type { Telemetry } from './telemetry/telemetry.ts';

const nothing = (): void => undefined;

/** Telemetry for a port that nobody listens to. */
export const unheard: Telemetry = {
  log: { debug: nothing, info: nothing, warn: nothing, error: nothing },
  metrics: { count: nothing, gauge: nothing, observe: nothing },
};
