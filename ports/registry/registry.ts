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

/**
 * Model versions and which of them serves. Promise: a version never changes once registered; an alias moves
 * in one step; what is read is checked against its sha256.
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
  close(): Promise<void>;
}
