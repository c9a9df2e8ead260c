import { join } from 'node:path';
import type { Stage } from '../../contracts/stage.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { jsonLog, plainLog, prometheusMetrics } from '../../ports/telemetry/embedded.ts';
import type { Telemetry } from '../../ports/telemetry/telemetry.ts';
import { untilAvailable } from '../../ports/until-available.ts';
import { stageBeside } from '../beside.ts';
import type { Config } from '../config.ts';
import { demoRecordings } from '../demo.ts';
import { enginesOf, openPorts } from '../open-ports.ts';
import { ops } from '../ops.ts';
import { replay } from '../replay.ts';
import { registerShippedModels } from '../shipped-models.ts';
import { portsOf, STAGES, type StageName, startStage } from '../wire.ts';

export interface StartOptions {
  readonly config: Config;
  readonly root: string;
  readonly stages: readonly StageName[];
  readonly demo: boolean;
  /** Stages of these that run in processes of their own, with the given environment. */
  readonly beside?: {
    readonly stages: readonly StageName[];
    readonly environment: Readonly<Record<string, string | undefined>>;
  };
  /** Tells people what to look at; log lines go elsewhere. */
  readonly say: (sentence: string) => void;
}

export interface Running {
  /** Rejects when a stage cannot go on. */
  readonly failed: Promise<void>;
  readonly addresses: Readonly<Record<string, string>>;
  close(): Promise<void>;
}

/** A stop that takes longer is cut: what was accepted is on disk and goes on at the next start. */
const STOP_SECONDS = 15;

/** Starts the given stages in this process, scorers beside it, and the demo when it is asked for. */
export async function start({ config, root, stages, demo, say, beside }: StartOptions): Promise<Running> {
  const exposition = prometheusMetrics();
  const log = process.stdout.isTTY
    ? plainLog(config.log.level, (line) => process.stderr.write(line))
    : jsonLog(config.log.level, 'logster');
  const telemetry: Telemetry = { log, metrics: exposition.metrics };
  const here = stages.filter((name) => !beside?.stages.includes(name));
  const only = portsOf(here);
  const running: Stage[] = [];
  const operators = await ops({
    ...{ ...config.ops, expected: stages.length, engines: enginesOf(config), opened: only },
    stages: () => running,
    metrics: exposition.metrics,
    metricsText: exposition.text,
  });
  const ports = await openPorts(config, telemetry, { only, patient: true }).catch(async (thrown: unknown) => {
    await operators.close();
    throw thrown;
  });
  const ending = new AbortController();
  const close = async (): Promise<void> => {
    ending.abort();
    const late = setTimeout(() => {
      telemetry.log.warn('Stopping took too long and was cut', { seconds: STOP_SECONDS });
      process.exit(1);
    }, STOP_SECONDS * 1000);
    await operators.close();
    for (const stage of running) await stage.close();
    await ports.close();
    clearTimeout(late);
  };
  try {
    if (here.includes('serve'))
      await untilAvailable({ what: 'registry', telemetry, clock: systemClock }, () =>
        registerShippedModels(ports.registry, join(root, 'models'), telemetry.log),
      );
    const files = { scorer: join(root, 'dist/serve/scorer.js'), page: join(root, 'dist/dashboard-page') };
    for (const name of stages) {
      if (beside?.stages.includes(name)) {
        running.push(await stageBeside(name, { root, environment: beside.environment }));
        continue;
      }
      const apiUrl = urlOf(running.find((stage) => stage.name === 'api'));
      running.push(await startStage(name, { ports, config, telemetry, clock: systemClock, files, apiUrl }));
      telemetry.log.info('Started a stage', { stage: name });
    }
  } catch (thrown) {
    await close();
    throw thrown;
  }
  const addresses = Object.fromEntries(running.map((stage) => [stage.name, urlOf(stage) ?? '']));
  const all = stages.length === STAGES.length;
  if (all)
    say(`Dashboard ${addresses.dashboard}   API ${addresses.api}/alerts   Metrics ${operators.url}/metrics`);
  const failures: Promise<void>[] = running.map((stage) => stage.failed);
  if (demo) {
    say(
      'Replaying ordinary activity and, after a minute, recorded attacks. Ctrl-C stops; --no-demo starts without.',
    );
    const recordings = demoRecordings(root);
    const replayed = replay({
      bus: ports.bus,
      recordings,
      speed: 1,
      now: true,
      closeWindows: false,
      signal: ending.signal,
    });
    failures.push(replayed.then(() => new Promise(() => undefined)));
  }
  return { failed: Promise.race(failures.map(whenItFails)), addresses, close };
}

/** Only a failure ends the race; a stage that was closed does not. */
function whenItFails(stage: Promise<void>): Promise<void> {
  return new Promise((_, reject) => {
    stage.catch(reject);
  });
}

function urlOf(stage: Stage | undefined): string | undefined {
  return stage && 'url' in stage ? String(stage.url) : undefined;
}
