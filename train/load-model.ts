import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import { featureSchema } from '../featurize/features.ts';
import { decodeModel, MODEL_FILES, modelManifestSchema } from '../models/artifact.ts';
import type { Model } from '../models/engine.ts';
import type { Registry } from '../ports/registry/registry.ts';
import { type Baseline, decodeBaselines } from './baselines/baselines.ts';

/** The file in which a version's baselines and controls travel. */
export const BASELINES_FILE = 'baselines.json';

/** A trained version with the simple models that were trained beside it. */
export interface LoadedModel {
  readonly id: string; // name@version
  readonly model: Model;
  readonly baselines: readonly Baseline[];
}

/** The name under which a platform's network stands in the registry. */
export function modelName(platform: Platform): string {
  return `logster-${platform}-gat`;
}

/** Loads a version from the registry: the given one, else the champion. Throws not-found without either. */
export async function loadVersion(
  registry: Pick<Registry, 'version' | 'alias' | 'file'>,
  name: string,
  version?: string,
): Promise<LoadedModel> {
  const found = version ? await registry.version(name, version) : await registry.alias(name, 'champion');
  if (!found)
    throw new LogsterError('not-found', `${name} has no champion; name a version (${name}@1) or promote one`);
  const files: Record<string, Buffer> = {};
  for (const file of found.files) files[file.name] = await registry.file(name, found.version, file.name);
  return loadFiles(files, found.version);
}

/** Loads a version from a folder of files, such as the ones that ship. */
export async function loadFolder(folder: string, version = 'shipped'): Promise<LoadedModel> {
  const names = await readdir(folder).catch((cause: unknown) => {
    throw new LogsterError('not-found', `There is no trained model in ${folder}; train one first`, { cause });
  });
  const files: Record<string, Buffer> = {};
  for (const name of names) files[name] = await readFile(join(folder, name));
  return loadFiles(files, version);
}

/** Reads a version's files. Throws model-invalid or schema-mismatch with the reason. */
export function loadFiles(files: Record<string, Buffer>, version: string): LoadedModel {
  const manifest = files[MODEL_FILES.manifest];
  const platform =
    manifest && modelManifestSchema.shape.platform.safeParse(fieldOf(manifest, 'platform')).data;
  const model = decodeModel(files, platform && featureSchema(platform));
  const baselines = files[BASELINES_FILE];
  return {
    id: `${model.manifest.name}@${version}`,
    model,
    baselines: baselines ? decodeBaselines(baselines) : [],
  };
}

function fieldOf(json: Buffer, field: string): unknown {
  try {
    return (JSON.parse(json.toString('utf8')) as Record<string, unknown>)[field];
  } catch {
    return undefined; // decodeModel says what is wrong with the file
  }
}
