/** A value at a step of a training. */
export interface Measured {
  readonly key: string;
  readonly value: number; // finite
  readonly step: number; // whole, from 0
  readonly at: number; // epoch seconds
}

/** A training, or a part of one, that is over. */
export interface TrackedRun {
  readonly experiment: string;
  readonly name: string;
  readonly params: Readonly<Record<string, string>>;
  readonly metrics: readonly Measured[];
  readonly tags: Readonly<Record<string, string>>;
  readonly files: Readonly<Record<string, Buffer>>;
}

/** Where trainings are kept so that people can compare them. Promise: what logRun() answered for is there, whole. */
export interface Tracking {
  /** Answers the run's id. Throws input-invalid for what would not be kept as it is. */
  logRun(run: TrackedRun): Promise<string>;
  close(): Promise<void>;
}
