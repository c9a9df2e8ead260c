import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORMS } from '../contracts/event.ts';
import { MODEL_FILES, modelManifestSchema } from '../models/artifact.ts';
import type { ModelFile, Registry } from '../ports/registry/registry.ts';
import type { Log } from '../ports/telemetry/telemetry.ts';
import { modelNameOf } from '../serve/champions.ts';

/**
 * Puts the models that come with the product into the registry, each once. A shipped model becomes champion when
 * there is none, or when the champion is an older shipped one and nobody has decided yet: what somebody promoted, or
 * went back to, stays.
 */
export async function registerShippedModels(
  registry: Registry,
  modelsDirectory: string,
  log: Log,
): Promise<void> {
  for (const platform of PLATFORMS) {
    const directory = join(modelsDirectory, platform);
    if (!existsSync(join(directory, 'model.json'))) continue;
    const files = Object.fromEntries(
      readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))] as const),
    );
    const name = modelNameOf(platform);
    const versions = await registry.versions(name);
    const champion = await registry.alias(name, 'champion');
    const known = versions.find((version) => sameFiles(version.files, files));
    const shipped =
      known ??
      (await registry.register(name, {
        files,
        tags: { origin: 'shipped', platform },
        metrics: metricsIn(files),
      }));
    if (champion?.version === shipped.version) continue;
    if (champion && (champion.tags.origin !== 'shipped' || (await isDecided(registry, name)))) continue;
    await registry.setAlias(name, 'champion', shipped.version);
    log.info('Registered the shipped model', { platform, version: shipped.version });
  }
}

/** Whether somebody has said before which version serves. */
async function isDecided(registry: Registry, name: string): Promise<boolean> {
  const history = await registry.history(name);
  return history.some(({ change }) => change === 'promoted' || change === 'rolled-back');
}

/** The figures that the version itself says, so that it compares with those that are trained here. */
function metricsIn(files: Readonly<Record<string, Buffer>>): Readonly<Record<string, number>> {
  const manifest = files[MODEL_FILES.manifest];
  return manifest ? modelManifestSchema.parse(JSON.parse(manifest.toString('utf8'))).metrics : {};
}

function sameFiles(registered: readonly ModelFile[], files: Readonly<Record<string, Buffer>>): boolean {
  return (
    registered.length === Object.keys(files).length &&
    registered.every(({ name, sha256 }) => files[name] !== undefined && sha256Of(files[name]) === sha256)
  );
}

function sha256Of(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
