import type { Drift } from '../../contracts/drift.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { ShadowReport } from '../../contracts/shadow-report.ts';
import { type Caller, seesTenant } from '../../ports/access/roles.ts';
import {
  ALIASES,
  type Alias,
  type HistoryEntry,
  type ModelVersion,
  type Registry,
} from '../../ports/registry/registry.ts';

/** Where what is known of models comes from. */
export interface ModelSources {
  readonly registry: Registry;
  /** The name of a platform's model in the registry. */
  nameOf(platform: Platform): string;
  /** The drift that was measured last, or nothing. */
  drift(platform: Platform): Promise<Drift | undefined>;
  /** What challengers scored beside the champion, the newest first. */
  shadow(platform: Platform): Promise<readonly ShadowReport[]>;
}

export interface VersionView {
  readonly version: string;
  readonly aliases: readonly Alias[];
  readonly created_at: number; // epoch seconds
  readonly origin: string; // shipped, trained, …
  readonly metrics: Readonly<Record<string, number>>;
  /** Whether the gate judged it, so that there is a report to read. */
  readonly judged: boolean;
}

export interface PlatformModels {
  readonly platform: Platform;
  readonly name: string;
  readonly versions: readonly VersionView[]; // newest first
  readonly total: number; // versions, of which the newest are listed
  readonly history: readonly HistoryEntry[]; // newest first
  readonly shadow: readonly ShadowReport[];
  readonly drift: Drift | null;
}

export interface ModelsView {
  readonly platforms: readonly PlatformModels[];
}

const VERSIONS = 12;
const HISTORY = 30;

/** Everything that is known of each platform's models, in the eyes of who asks. */
export async function models(sources: ModelSources, caller: Caller): Promise<ModelsView> {
  return { platforms: await Promise.all(PLATFORMS.map((platform) => modelsOf(platform, sources, caller))) };
}

async function modelsOf(
  platform: Platform,
  { registry, nameOf, drift, shadow }: ModelSources,
  caller: Caller,
): Promise<PlatformModels> {
  const name = nameOf(platform);
  const [versions, history, reports, measured, ...aliased] = await Promise.all([
    registry.versions(name),
    registry.history(name),
    shadow(platform),
    drift(platform),
    ...ALIASES.map((alias) => registry.alias(name, alias)),
  ]);
  const judged = new Set(
    history.filter(({ change }) => change === 'blessed' || change === 'refused').map((one) => one.version),
  );
  const aliasesOf = (version: string) => ALIASES.filter((_, place) => aliased[place]?.version === version);
  const described = versions.map((one) => versionView(one, aliasesOf(one.version), judged.has(one.version)));
  const newest = described.reverse();
  return {
    ...{ platform, name, total: versions.length },
    versions: newest.filter((one, place) => place < VERSIONS || one.aliases.length > 0),
    history: [...history].reverse().slice(0, HISTORY),
    shadow: reports.map((report) => ({
      ...report,
      largest: report.largest.filter((one) => seesTenant(caller, one.tenant_id)),
    })),
    drift: measured ?? null,
  };
}

function versionView(
  { version, createdAt, tags, metrics }: ModelVersion,
  aliases: readonly Alias[],
  judged: boolean,
): VersionView {
  const origin = tags.origin ?? 'trained';
  return { version, aliases, created_at: createdAt, origin, metrics, judged };
}

/** The report of the gate on a version as its page. Throws `not-found`. */
export async function blessPage(
  { registry, nameOf }: ModelSources,
  name: string,
  version: string,
): Promise<Buffer> {
  const known = PLATFORMS.some((platform) => nameOf(platform) === name) && /^\d{1,9}$/.test(version);
  const page = known ? await registry.attached(name, version, 'bless.html') : undefined;
  if (page) return page;
  throw new LogsterError('not-found', `The gate has no report on ${name} version ${version}`);
}
