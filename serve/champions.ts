import { isUnavailable, LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../contracts/event.ts';
import type { ModelVersion, Registry } from '../ports/registry/registry.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { untilAvailable } from '../ports/until-available.ts';
import type { LoadedModel, Pool } from './pool.ts';

/** What a registry calls a platform's model. */
export function modelNameOf(platform: Platform): string {
  return `logster-${platform}-gat`;
}

export interface Serving extends LoadedModel {
  readonly version: string;
}

/** Which version serves each platform, kept in step with the registry's `champion`. */
export interface Champions {
  of(platform: Platform): Serving;
  all(): Readonly<Record<Platform, Serving>>;
  /** Why the registry's champion does not serve, per platform; empty when it does. */
  refused(): readonly string[];
  close(): Promise<void>;
}

export interface ChampionNeeds {
  readonly registry: Registry;
  readonly pool: Pool;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  readonly pollMs: number;
}

/** Loads both champions, then follows the alias. A version that cannot be loaded never serves. */
export async function champions(needs: ChampionNeeds): Promise<Champions> {
  const serving = new Map<Platform, Serving>();
  const refusals = new Map<Platform, { version: string; reason: string }>();

  for (const platform of PLATFORMS) {
    const { champion, files } = await untilAvailable({ what: 'registry', ...needs }, () =>
      championOf(needs.registry, platform),
    );
    serving.set(platform, await load(needs, platform, champion, files));
  }

  /** One look at the registry: a new champion is loaded beside the old one, then takes over between two batches. */
  const follow = async (platform: Platform): Promise<void> => {
    const champion = await needs.registry.alias(modelNameOf(platform), 'champion');
    const old = serving.get(platform);
    if (!champion || !old || champion.version === old.version) return;
    if (refusals.get(platform)?.version === champion.version) return;
    let files: Record<string, Buffer> | undefined;
    try {
      files = await filesOf(needs.registry, champion);
      serving.set(platform, await load(needs, platform, champion, files));
      refusals.delete(platform);
      needs.telemetry.log.info('A new champion took over', {
        platform,
        from: old.version,
        to: champion.version,
      });
      await needs.pool.unload(platform, old.version);
    } catch (thrown) {
      if (files === undefined && isUnavailable(thrown)) throw thrown; // tried again at the next look
      refusals.set(platform, { version: champion.version, reason: reasonOf(thrown) });
      needs.telemetry.metrics.count('models_refused_total', { platform });
      needs.telemetry.log.error('A champion could not be loaded; the old version goes on', {
        platform,
        version: champion.version,
        reason: reasonOf(thrown),
      });
    }
  };

  let looking: Promise<void> = Promise.resolve();
  let callOff: () => void = () => undefined;
  const lookLater = (): void => {
    callOff = needs.clock.after(needs.pollMs, () => {
      looking = Promise.all(PLATFORMS.map(follow))
        .catch((thrown: unknown) =>
          needs.telemetry.log.warn('The registry did not answer', { reason: reasonOf(thrown) }),
        )
        .then(lookLater);
    });
  };
  lookLater();

  const of = (platform: Platform): Serving => {
    const current = serving.get(platform);
    if (!current) throw new LogsterError('not-found', `No model serves ${platform}`);
    return current;
  };
  return {
    of,
    all: () => ({ windows: of('windows'), linux: of('linux') }),
    refused: () =>
      [...refusals].map(([platform, { version, reason }]) => `${platform}@${version}: ${reason}`),
    async close() {
      callOff();
      await looking;
      callOff();
    },
  };
}

/** The champion with its files. Throws not-found where there is none. */
async function championOf(registry: Registry, platform: Platform) {
  const champion = await registry.alias(modelNameOf(platform), 'champion');
  if (champion) return { champion, files: await filesOf(registry, champion) };
  throw new LogsterError(
    'not-found',
    `No champion of ${modelNameOf(platform)} in the registry; promote a version of it first`,
  );
}

async function filesOf(registry: Registry, champion: ModelVersion): Promise<Record<string, Buffer>> {
  const files: Record<string, Buffer> = {};
  for (const { name } of champion.files)
    files[name] = await registry.file(champion.name, champion.version, name);
  return files;
}

async function load(
  needs: ChampionNeeds,
  platform: Platform,
  { name, version }: ModelVersion,
  files: Readonly<Record<string, Buffer>>,
): Promise<Serving> {
  const loaded = await needs.pool.load({ platform, name, version, files });
  needs.telemetry.metrics.gauge('model_info', 1, { platform, version, backend: loaded.backend });
  needs.telemetry.log.info('A model was loaded', { platform, version, ...loaded });
  return { version, ...loaded };
}
