/** A file of a model version; `sha256` is of its bytes, in hex. */
export interface ModelFile {
  readonly name: string;
  readonly sizeBytes: number;
  readonly sha256: string;
}

export interface ModelVersion {
  readonly name: string; // logster-windows-gat, logster-linux-gat
  readonly version: string; // "1", "2", …
  readonly createdAt: number;
  readonly files: readonly ModelFile[];
  readonly tags: Readonly<Record<string, string>>;
  readonly metrics: Readonly<Record<string, number>>;
}

export const ALIASES = ['champion', 'challenger', 'previous'] as const;
export type Alias = (typeof ALIASES)[number];

/** What can happen to a version after it was registered. */
export const CHANGES = [
  'blessed',
  'refused',
  'approved',
  'promoted',
  'rolled-back',
  'withdrawn',
  'retired',
] as const;
export type Change = (typeof CHANGES)[number];

/** One line of a model's history: what was done, by whom and why. */
export interface HistoryEntry {
  readonly at: number; // epoch seconds
  readonly change: Change;
  readonly version: string;
  readonly from: string | null; // the version that served before, where the change concerns serving
  readonly by: string;
  readonly why: string;
}

/**
 * Model versions, which of them serves, and what was done with them. Promise: the files of a version never change
 * once registered; an alias moves in one step; what is read of a version is checked against its sha256; the history
 * only grows.
 */
export interface Registry {
  register(
    name: string,
    model: {
      readonly files: Readonly<Record<string, Buffer>>;
      readonly tags: Readonly<Record<string, string>>;
      readonly metrics: Readonly<Record<string, number>>;
    },
  ): Promise<ModelVersion>;
  versions(name: string): Promise<readonly ModelVersion[]>; // newest last
  /** Throws not-found, naming the versions that there are. */
  version(name: string, version: string): Promise<ModelVersion>;
  /** Throws model-invalid when the bytes do not match their sha256. */
  file(name: string, version: string, file: string): Promise<Buffer>;
  alias(name: string, alias: Alias): Promise<ModelVersion | undefined>;
  setAlias(name: string, alias: Alias, version: string): Promise<void>;
  removeAlias(name: string, alias: Alias): Promise<void>;
  /** Keeps a report beside a version's files; one of the same name is replaced. */
  attach(name: string, version: string, file: string, bytes: Buffer): Promise<void>;
  /** A report that was attached, or nothing. */
  attached(name: string, version: string, file: string): Promise<Buffer | undefined>;
  /** Adds a line to the model's history. Throws not-found for a version that is not there, input-invalid for nonsense. */
  record(name: string, entry: HistoryEntry): Promise<void>;
  /** The model's history, oldest first; empty for a model that is not there. */
  history(name: string): Promise<readonly HistoryEntry[]>;
  close(): Promise<void>;
}
