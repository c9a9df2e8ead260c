import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Platform } from '../../contracts/event.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { Recipe } from '../../train/fit.ts';
import { PARTS, type TrainingReport } from '../../train/report/training-report.ts';
import type { CapturesFrom } from '../../train/run/capture-source.ts';
import { trackedTraining } from '../../train/tracked-training.ts';
import { type Training, trainPlatform } from '../../train/train.ts';
import type { Config } from '../config.ts';
import { openPorts, openTracking } from '../open-ports.ts';
import { table } from '../table.ts';
import { registerChallenger, type TrainedPlaces } from './register-challenger.ts';

/** What a training from scratch is told. */
export interface ScratchFlags {
  readonly platform: Platform;
  readonly from: CapturesFrom;
  readonly seed: number;
  readonly workers: number;
  readonly seeds?: number;
  readonly budgetMinutes?: number | null;
  readonly recipe?: Partial<Recipe>;
  readonly withReport?: boolean;
}

/** Where a training keeps what it reads and computes, and whom it tells. */
export function runSettings(config: Config, report: (line: string) => void) {
  return {
    cacheFolder: join(config.data.directory, 'cache'),
    runsFolder: join(config.data.directory, 'runs'),
    clock: systemClock,
    report,
  };
}

/** `logster train` from scratch: trains, shows what cross-fitting gave, and registers the version as challenger. */
export async function runTraining(
  config: Config,
  flags: ScratchFlags,
  reportFile: string | undefined,
): Promise<void> {
  const tracking = openTracking(config, recordedTelemetry());
  const { registry } = await openPorts(config, recordedTelemetry(), { only: ['registry'] });
  const report = (line: string): void => {
    process.stderr.write(`${line}\n`);
  };
  try {
    const places = { config, registry, tracking, report };
    const told = { ...flags, withReport: reportFile !== undefined };
    const { training, id } = await trainAndRegister(told, places, async () => {});
    if (reportFile !== undefined)
      await writeFile(reportFile, `${JSON.stringify(training.report, null, 1)}\n`);
    process.stdout.write(`${seedsTable(training.report)}\n`);
    const [name = '', version = ''] = id.split('@');
    const card = join(config.data.directory, 'registry', name, version, 'card.md');
    process.stdout.write(
      `Registered ${id} as challenger in ${config.mlflow.url ?? `its folder; its card is ${card}`}\n`,
    );
  } finally {
    await registry.close();
    await tracking?.close();
  }
}

/** Trains from scratch, asks whether it may register, registers the challenger and tracks the training. */
export async function trainAndRegister(
  { withReport = false, ...flags }: ScratchFlags,
  places: TrainedPlaces & { readonly config: Config; readonly report: (line: string) => void },
  mayRegister: () => Promise<void>,
): Promise<{ readonly training: Training; readonly id: string }> {
  const training = await trainPlatform({
    ...flags,
    ...runSettings(places.config, places.report),
    parts: withReport ? PARTS : [],
  });
  await mayRegister();
  const { version } = training;
  const id = await registerChallenger(version, trackedTraining(version, systemClock.now()), places);
  return { training, id };
}

/** What cross-fitting shows, one line per scorer: the mean and the range over seeds. */
function seedsTable({ crossFit }: TrainingReport): string {
  const rows = Object.entries(crossFit.scorers).map(([name, { seeds, interval }]) => {
    const { prAuc, foundAlert, alertedAlert } = seeds;
    const runs = interval.prAuc;
    return [
      name,
      ...[prAuc, foundAlert, alertedAlert].flatMap((one) => [
        one?.mean.toFixed(3) ?? '–',
        one ? `${one.low.toFixed(3)} to ${one.high.toFixed(3)}` : '–',
      ]),
      runs ? `${runs.low.toFixed(3)} to ${runs.high.toFixed(3)}` : '–',
    ];
  });
  const head = [
    'scorer',
    'PR-AUC',
    'seeds',
    'runs found',
    'seeds',
    'benign alerted',
    'seeds',
    'PR-AUC 95 % by run',
  ];
  return table(head, rows);
}
