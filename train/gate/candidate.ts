import { LogsterError } from '../../contracts/errors.ts';
import { readVersionManifest } from '../../datasets/version/read.ts';
import { MODEL_FILES, modelManifestSchema } from '../../models/artifact.ts';
import type { ModelVersion, Registry } from '../../ports/registry/registry.ts';
import { ORIGIN_FILE, type OriginCapture, originCaptures } from '../origin.ts';

/** A capture that a version learnt from, by everything that would betray it under another name. */
export type LearntCapture = OriginCapture;

/** A version as the gate takes it. */
export interface Candidate {
  readonly version: ModelVersion;
  readonly files: Readonly<Record<string, Buffer>>;
  /** Why a file could not be read as it was registered; nothing is judged then. */
  readonly damage: string | null;
  /** What it learnt from; null where that is not known. */
  readonly learntFrom: readonly LearntCapture[] | null;
}

/**
 * Reads a version with all its files. What is damaged is told, not thrown. `versionFolder` says where the data
 * version of an id lies, if it is on this machine; where it is not, the version's own word counts.
 */
export async function candidateOf(
  registry: Registry,
  version: ModelVersion,
  versionFolder: (id: string) => Promise<string | null>,
): Promise<Candidate> {
  const files: Record<string, Buffer> = {};
  let damage: string | null = null;
  for (const { name } of version.files) {
    try {
      files[name] = await registry.file(version.name, version.version, name);
    } catch (thrown) {
      if (!(thrown instanceof LogsterError) || thrown.code !== 'model-invalid') throw thrown;
      damage ??= thrown.message;
    }
  }
  const data = version.tags.data ?? dataOf(files[MODEL_FILES.manifest]);
  const folder = data === undefined ? null : await versionFolder(data);
  const learntFrom = folder === null ? originCaptures(files[ORIGIN_FILE]) : await learntIn(folder);
  return { version, files, damage, learntFrom };
}

async function learntIn(folder: string): Promise<readonly LearntCapture[]> {
  const { content } = await readVersionManifest(folder);
  return content.captures
    .filter((one) => one.side === 'train')
    .map(({ id, run, sha256 }) => ({ id, run, sha256 }));
}

function dataOf(manifest: Buffer | undefined): string | undefined {
  try {
    return modelManifestSchema.safeParse(JSON.parse(manifest?.toString('utf8') ?? '')).data?.data;
  } catch {
    return undefined; // loading says what is wrong with the file
  }
}
