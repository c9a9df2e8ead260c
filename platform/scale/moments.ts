/** Mean and spread of numbers that are told one at a time. */
export interface Moments {
  add(value: number): void;
  readonly count: number;
  readonly mean: number;
  /** Variance over the squared mean. */
  readonly variation: number;
}

/** Begins with nothing (Welford's way, which loses no digits). */
export function moments(): Moments {
  let count = 0;
  let mean = 0;
  let squares = 0;
  return {
    add(value) {
      count += 1;
      const off = value - mean;
      mean += off / count;
      squares += off * (value - mean);
    },
    get count() {
      return count;
    },
    get mean() {
      return mean;
    },
    get variation() {
      return count > 1 && mean !== 0 ? squares / (count - 1) / mean ** 2 : 0;
    },
  };
}

/** The least value that at least this share of the values does not exceed; NaN of none. The values must be sorted. */
export function percentile(sorted: ArrayLike<number>, share: number): number {
  const place = Math.max(0, Math.ceil(share * sorted.length) - 1);
  return sorted[place] ?? Number.NaN;
}
