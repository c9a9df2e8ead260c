import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { ModelVersion, Registry } from '../ports/registry/registry.ts';

/** What a registry calls a platform's model. */
export function modelNameOf(platform: Platform): string {
  return `logster-${platform}-gat`;
}

/** The version that is to serve. Throws not-found where there is none. */
export async function championOf(registry: Registry, platform: Platform): Promise<ModelVersion> {
  const champion = await registry.alias(modelNameOf(platform), 'champion');
  if (champion) return champion;
  throw new LogsterError(
    'not-found',
    `No champion of ${modelNameOf(platform)} in the registry; promote a version of it first`,
  );
}

/** A version's files, by name. */
export async function fetchModel(
  registry: Registry,
  { name, version, files }: ModelVersion,
): Promise<Record<string, Buffer>> {
  const fetched: Record<string, Buffer> = {};
  for (const file of files) fetched[file.name] = await registry.file(name, version, file.name);
  return fetched;
}
