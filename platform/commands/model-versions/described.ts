import { LogsterError } from '../../../contracts/errors.ts';
import { PLATFORMS } from '../../../contracts/event.ts';
import { MODEL_FILES, modelManifestSchema } from '../../../models/artifact.ts';
import {
  ALIASES,
  type Alias,
  type HistoryEntry,
  type ModelVersion,
  type Registry,
} from '../../../ports/registry/registry.ts';
import { modelNameOf } from '../../../serve/champions.ts';

/** A version with everything that a list shows of it. */
export interface DescribedVersion extends ModelVersion {
  readonly aliases: readonly Alias[];
  readonly origin: string;
  readonly data: string | null; // version of the data it learnt from
  readonly blessed: (Pick<HistoryEntry, 'at' | 'by'> & { readonly passed: boolean }) | null; // what the gate said last
  readonly approvals: readonly HistoryEntry[];
  readonly retired: HistoryEntry | null;
}

/** Every version of every model, or of one platform's. */
export async function describedVersions(
  registry: Registry,
  platform?: string,
): Promise<readonly DescribedVersion[]> {
  const names = PLATFORMS.filter((one) => platform === undefined || one === platform).map(modelNameOf);
  const perModel = await Promise.all(
    names.map(async (name) => {
      const [history, aliases] = await Promise.all([registry.history(name), aliasesOf(registry, name)]);
      const versions = await registry.versions(name);
      return Promise.all(versions.map((one) => described(registry, one, aliases, history)));
    }),
  );
  return perModel.flat();
}

/** One version, described. */
export async function describedVersion(registry: Registry, version: ModelVersion): Promise<DescribedVersion> {
  const [history, aliases] = await Promise.all([
    registry.history(version.name),
    aliasesOf(registry, version.name),
  ]);
  return described(registry, version, aliases, history);
}

async function described(
  registry: Registry,
  version: ModelVersion,
  aliases: readonly (readonly [Alias, string])[],
  history: readonly HistoryEntry[],
): Promise<DescribedVersion> {
  const own = history.filter((one) => one.version === version.version);
  const judged = own.findLast(({ change }) => change === 'blessed' || change === 'refused');
  const manifest = await manifestOf(registry, version);
  return {
    ...version,
    metrics: { ...manifest?.metrics, ...version.metrics },
    aliases: aliases.filter(([, of]) => of === version.version).map(([alias]) => alias),
    origin: version.tags.origin ?? 'trained',
    data: version.tags.data ?? manifest?.data ?? null,
    blessed: judged ? { at: judged.at, by: judged.by, passed: judged.change === 'blessed' } : null,
    approvals: own.filter(({ change }) => change === 'approved'),
    retired: own.find(({ change }) => change === 'retired') ?? null,
  };
}

async function aliasesOf(registry: Registry, name: string): Promise<readonly (readonly [Alias, string])[]> {
  const found = await Promise.all(
    ALIASES.map(async (alias) => [alias, await registry.alias(name, alias)] as const),
  );
  return found.flatMap(([alias, version]) => (version ? [[alias, version.version] as const] : []));
}

/** What the version says of itself; nothing where its file is damaged, which a list must survive. */
async function manifestOf(registry: Registry, { name, version, files }: ModelVersion) {
  if (!files.some((one) => one.name === MODEL_FILES.manifest)) return null;
  const bytes = await registry.file(name, version, MODEL_FILES.manifest).catch((thrown: unknown) => {
    if (thrown instanceof LogsterError && thrown.code === 'model-invalid') return null;
    throw thrown;
  });
  return bytes && (modelManifestSchema.safeParse(parsed(bytes)).data ?? null);
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return null; // the schema says that it is no manifest
  }
}
