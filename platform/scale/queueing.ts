/** A station of equal servers before which work waits in one line. */
export interface Station {
  readonly arrivalsPerSecond: number;
  readonly serviceSeconds: number; // mean
  readonly servers: number;
  /** Variance of the time between arrivals over its squared mean: 1 for Poisson, 0 for a clock. */
  readonly arrivalVariation: number;
  /** Variance of the service time over its squared mean: 1 for exponential, 0 for equal. */
  readonly serviceVariation: number;
}

/** Share of the servers' time that is worked. */
export function utilisation({ arrivalsPerSecond, serviceSeconds, servers }: Station): number {
  return (arrivalsPerSecond * serviceSeconds) / servers;
}

/**
 * Erlang's C: the chance that an arrival finds all servers busy, of M/M/c. Made of Erlang's B by its recursion, which
 * holds for thousands of servers where powers and factorials do not. 1 when more arrives than can be served.
 */
export function erlangC(load: number, servers: number): number {
  if (load >= servers) return 1;
  let blocked = 1;
  for (let server = 1; server <= servers; server++) blocked = (load * blocked) / (server + load * blocked);
  return blocked / (1 - (load / servers) * (1 - blocked));
}

/**
 * Mean wait before service of G/G/c, by Allen and Cunneen: that of M/M/c times the mean of both variations
 * (A. O. Allen, Probability, Statistics, and Queueing Theory, 2nd edition, 1990). Exact for M/M/c and
 * M/G/1 (Pollaczek and Khinchine). Infinite when more arrives than can be served.
 */
export function allenCunneenWait(station: Station): number {
  const { arrivalsPerSecond, serviceSeconds, servers, arrivalVariation, serviceVariation } = station;
  const load = arrivalsPerSecond * serviceSeconds;
  if (load >= servers) return Number.POSITIVE_INFINITY;
  const exponential = (erlangC(load, servers) * serviceSeconds) / (servers - load);
  return exponential * ((arrivalVariation + serviceVariation) / 2);
}
