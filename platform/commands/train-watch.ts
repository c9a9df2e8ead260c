import { hostname } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import type { Shifts } from '../../contracts/drift.ts';
import type { Platform } from '../../contracts/event.ts';
import { reachableWindows, readVerdicts } from '../../datasets/feedback/gather.ts';
import { readManifest } from '../../datasets/manifest.ts';
import { buildVersion } from '../../datasets/version/build.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { jsonLog, plainLog, recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { cachedReading, codeVersion } from '../../train/example-cache.ts';
import { FOLDS } from '../../train/recipes.ts';
import { type Triggers, watch } from '../../train/watch.ts';
import type { Config } from '../config.ts';
import { storedDrift } from '../drift/drift-watch.ts';
import { openPorts, openTracking, type Ports } from '../open-ports.ts';
import { tuneAndRegister } from './train-from.ts';
import { trainAndRegister } from './train-scratch.ts';

/** What `--from` says for a training that begins anew. */
export const SCRATCH = 'scratch';

/** What a watch is told. */
export interface WatchFlags {
  readonly platform: Platform;
  readonly manifest: string;
  readonly from: string; // champion, NAME@VERSION, or SCRATCH
  readonly seed: number;
  readonly workers: number;
  readonly triggers: Triggers;
}

/** Far beyond any stop; a timer of its own keeps the process, the clock's do not. */
const KEEP_ALIVE_MS = 2 ** 30;

/** `logster train --watch`: builds a dataset version with feedback and trains on it whenever it is time. */
export async function runWatch(config: Config, root: string, flags: WatchFlags): Promise<void> {
  const log = process.stdout.isTTY
    ? plainLog(config.log.level, (line) => process.stderr.write(line))
    : jsonLog(config.log.level, 'logster');
  const telemetry = { ...recordedTelemetry(), log };
  const tracking = openTracking(config, telemetry);
  const ports = await openPorts(config, telemetry, {
    only: ['registry', 'state', 'alerts', 'graphs'],
    patient: true,
  });
  const ending = new AbortController();
  const end = (): void => ending.abort();
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, end);
  const alive = setInterval(() => {}, KEEP_ALIVE_MS);
  const { platform, triggers, seed, workers } = flags;
  const own = { platform, seed, workers };
  log.info('began to watch', { platform, ...triggers });
  try {
    await watch(
      {
        ...{ platform, triggers, log, clock: systemClock, state: ports.state },
        owner: `${hostname()} ${process.pid}`,
        driftOf: async () => furthest((await storedDrift(ports.state, platform))?.shifts),
        async verdictsSince(at) {
          const verdicts = await readVerdicts(ports.alerts, at);
          return verdicts.filter((one) => one.platform === platform && one.is_true_positive !== null).length;
        },
        async train(mayRegister) {
          const report = (line: string): void => log.info(line, { platform });
          const versionFolder = await freshVersion(config, flags, ports, report);
          const capturesFolder = dirname(resolve(flags.manifest));
          const places = { config, root, tracking, report, registry: ports.registry };
          const { id } =
            flags.from === SCRATCH
              ? await trainAndRegister(
                  { ...own, from: { version: versionFolder, files: capturesFolder } },
                  places,
                  mayRegister,
                )
              : await tuneAndRegister({ ...flags, versionFolder, capturesFolder }, places, mayRegister);
          return id;
        },
      },
      ending.signal,
    );
  } finally {
    clearInterval(alive);
    for (const signal of ['SIGINT', 'SIGTERM'] as const) process.removeListener(signal, end);
    await ports.close();
    await tracking?.close();
  }
  log.info('stopped watching', { platform });
}

/** The further of what features and scores have moved, less what chance gives; null where it cannot be told. */
function furthest(shifts: Shifts | null | undefined): number | null {
  if (!shifts) return null;
  const score = shifts.score?.comparable ? shifts.score.excess : 0;
  return Math.max(shifts.features.excess, score);
}

/** Builds a version of the manifest's captures with all verdicts so far; its folder. */
async function freshVersion(
  config: Config,
  { manifest, platform }: WatchFlags,
  ports: Ports,
  report: (line: string) => void,
): Promise<string> {
  const verdicts = await readVerdicts(ports.alerts, 0);
  const read = await readManifest(manifest);
  const code = await codeVersion();
  const { id, folder } = await buildVersion({
    manifest: { ...read, captures: read.captures.filter((one) => one.platform === platform) },
    captureFolder: dirname(resolve(manifest)),
    readWindows: (capture) => cachedReading(capture, join(config.data.directory, 'cache'), code),
    outFolder: join(config.data.directory, 'datasets', 'versions'),
    ...{ folds: FOLDS, fitted: [], report },
    feedback: {
      ...{ verdicts, accepted: [], graphs: ports.graphs },
      windows: await reachableWindows(ports.graphs, verdicts),
    },
  });
  report(`built dataset version ${id}`);
  return folder;
}
