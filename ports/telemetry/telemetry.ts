export type Fields = Readonly<Record<string, unknown>>;

/** Log lines are one past-tense sentence plus fields. */
export interface Log {
  debug(sentence: string, fields?: Fields): void;
  info(sentence: string, fields?: Fields): void;
  warn(sentence: string, fields?: Fields): void;
  error(sentence: string, fields?: Fields): void;
}

export type Labels = Readonly<Record<string, string>>;

/** Figures for operators. A name is made on first use and keeps its kind; labels must be few and bounded. */
export interface Metrics {
  count(name: string, labels?: Labels, by?: number): void;
  gauge(name: string, value: number, labels?: Labels): void;
  observe(name: string, value: number, labels?: Labels): void;
}

/** What a stage is told by and tells through; the clock is wall time in epoch seconds. */
export interface Telemetry {
  readonly log: Log;
  readonly metrics: Metrics;
}

/** Wall clock, so that tests can hold it. */
export interface Clock {
  /** Epoch seconds, with fractions. */
  now(): number;
  /** Calls back after so many milliseconds of this clock; returns how to call it off. */
  after(ms: number, run: () => void): () => void;
}
