import { LogsterError } from '../../contracts/errors.ts';
import type { HistoryEntry, ModelVersion, Registry } from './registry.ts';

/** Who changes what serves, when and why. */
export type Signed = Pick<HistoryEntry, 'at' | 'by' | 'why'>;

/** What served and what serves now. */
export interface Moved {
  readonly from: string | null;
  readonly to: string;
}

/**
 * Makes a version the champion. The one that served becomes `previous`, and a challenger that was promoted is none
 * any more. Whatever is killed on the way leaves a version serving: the champion moves in one step, after `previous`.
 */
export async function promoteVersion(
  registry: Registry,
  { name, version }: Pick<ModelVersion, 'name' | 'version'>,
  signed: Signed,
): Promise<Moved> {
  await registry.version(name, version);
  const champion = await registry.alias(name, 'champion');
  const from = champion?.version ?? null;
  if (from === version)
    throw new LogsterError(
      'input-invalid',
      `${name}@${version} is the champion already; there is nothing to promote`,
    );
  if (from !== null) await registry.setAlias(name, 'previous', from);
  await registry.setAlias(name, 'champion', version);
  await registry.record(name, { ...signed, change: 'promoted', version, from });
  const challenger = await registry.alias(name, 'challenger');
  if (challenger?.version === version) await registry.removeAlias(name, 'challenger');
  return { from, to: version };
}

/**
 * Makes `previous` the champion again. With `onlyFrom`, only while that version is still the champion: several who see
 * the same fault roll back once. Throws not-found where nothing served before.
 */
export async function rollBack(
  registry: Registry,
  name: string,
  signed: Signed,
  onlyFrom?: string,
): Promise<Moved | undefined> {
  const champion = await registry.alias(name, 'champion');
  if (onlyFrom !== undefined && champion?.version !== onlyFrom) return undefined;
  const previous = await registry.alias(name, 'previous');
  if (!previous || previous.version === champion?.version)
    throw new LogsterError(
      'not-found',
      `No version of ${name} served before this one; promote one by its number`,
    );
  await registry.setAlias(name, 'champion', previous.version);
  await registry.removeAlias(name, 'previous');
  const from = champion?.version ?? null;
  await registry.record(name, { ...signed, change: 'rolled-back', version: previous.version, from });
  return { from, to: previous.version };
}

/** Takes the alias from a challenger, while it is that version's; of several who ask one does it. */
export async function withdrawChallenger(
  registry: Registry,
  { name, version }: Pick<ModelVersion, 'name' | 'version'>,
  signed: Signed,
): Promise<void> {
  if ((await registry.alias(name, 'challenger'))?.version !== version) return;
  await registry.removeAlias(name, 'challenger');
  await registry.record(name, { ...signed, change: 'withdrawn', version, from: null });
}
