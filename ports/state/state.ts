/** A stored value and the version that `compareAndSet` asks for. */
export interface Versioned {
  readonly value: Buffer;
  readonly version: number;
}

/**
 * Binary values that expire. Promise: what `set` confirmed survives a killed process until it expires or is
 * deleted; an expired value is never returned; `compareAndSet` is atomic among all processes.
 */
export interface State {
  set(key: string, value: Buffer, ttlSeconds?: number): Promise<void>;
  get(key: string): Promise<Buffer | undefined>;
  getVersioned(key: string): Promise<Versioned | undefined>;
  /** Sets when the stored version is `version` (0: when there is none). False when it is not. */
  compareAndSet(key: string, version: number, value: Buffer, ttlSeconds?: number): Promise<boolean>;
  delete(key: string): Promise<void>;
  /** Keys that begin with `prefix`, in order. */
  keys(prefix: string): Promise<readonly string[]>;
  close(): Promise<void>;
}
