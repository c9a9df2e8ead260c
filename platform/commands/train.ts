import { writeFile } from 'node:fs/promises';
import { availableParallelism } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { TRAINING_BACKENDS, type TrainingBackend } from '../../train/open-trainer.ts';
import { PARTS, type TrainingReport } from '../../train/report/training-report.ts';
import { trainPlatform } from '../../train/train.ts';
import type { Surroundings } from '../cli.ts';
import { type Config, readConfig } from '../config.ts';
import { openPorts } from '../open-ports.ts';
import { table } from '../table.ts';
import { placesOf, versionFolder } from './datasets/places.ts';
import { platformOf } from './models.ts';
import { runTuning, type TuneFlags } from './train-from.ts';
import { runSearch } from './train-search.ts';
import { runWatch, type WatchFlags } from './train-watch.ts';

interface TrainFlags {
  readonly platform: string;
  readonly manifest?: readonly string[];
  readonly from?: string;
  readonly data?: string;
  readonly captures?: string;
  readonly watch?: boolean;
  readonly every?: string;
  readonly verdicts: string;
  readonly drift?: string;
  readonly seed: string;
  readonly seeds?: string;
  readonly report?: string;
  readonly budget?: string;
  readonly epochs?: string;
  readonly search?: string;
  readonly workers: string;
  readonly backend: TrainingBackend;
}

/** Fits side by side gain nothing beyond the cores, and each holds all captures in memory. */
const MOST_WORKERS = 2;

/** Seeds that a report is made over unless told. */
const REPORT_SEEDS = '5';

/** `logster train`. */
export function addTrainCommand(program: Command, surroundings: Surroundings): void {
  program
    .command('train')
    .description('train a network and its baselines, measure them by cross-fitting, and register the version')
    .requiredOption('--platform <platform>', PLATFORMS.join(' or '))
    .option('--manifest <files...>', 'MANIFEST.json with the captures beside it; several count as one')
    .option('--from <version>', 'fine-tune this version, "champion" or NAME@VERSION, on --data')
    .option('--data <version>', 'a dataset version, its id or folder: its training side and its feedback')
    .option('--captures <folder>', 'where the captures of --data lie; else that of the --manifest')
    .option('--watch', 'stay, and fine-tune on a fresh dataset version whenever it is time')
    .option('--every <hours>', 'with --watch: train so long after the last time')
    .option('--verdicts <number>', 'with --watch: train when so many new ones have gathered', '50')
    .option(
      '--drift <index>',
      'with --watch: train when features or scores have moved so far, as the dashboard measures it',
    )
    .option('--seed <number>', 'equal seeds give equal weights', '1')
    .option(
      '--seeds <number>',
      'cross-fits with the same folds; the first seed makes the version (5 with --report, else 1)',
    )
    .option('--report <file>', 'write every figure, also those that take computing of their own, as JSON')
    .option(
      '--budget <minutes>',
      'leave out later parts of the report, or trials, that would end after so long',
    )
    .option('--epochs <number>', 'instead of the recipe, for a quick look')
    .option('--search <trials>', 'instead of training, try so many recipes and show which cross-fit best')
    .option(
      '--workers <number>',
      'processes that fit side by side',
      String(Math.min(MOST_WORKERS, availableParallelism())),
    )
    .addOption(
      new Option('--backend <name>', 'what computes; only wasm gives equal weights on every machine')
        .choices(TRAINING_BACKENDS)
        .default('wasm'),
    )
    .action(async (flags: TrainFlags) => {
      const { root, environment } = surroundings;
      const config = readConfig(environment, root);
      if (flags.watch) return runWatch(config, root, watchFlags(flags));
      if (flags.from !== undefined || flags.data !== undefined)
        return runTuning(config, root, await tuneFlags(flags, surroundings));
      return runTraining(config, flags);
    });
}

function watchFlags(flags: TrainFlags): WatchFlags {
  const [manifest, ...more] = flags.manifest ?? [];
  if (manifest === undefined || more.length > 0)
    throw new LogsterError(
      'input-invalid',
      '--watch needs one --manifest: fresh dataset versions are built of its captures',
    );
  return {
    ...{ manifest, platform: platformOf(flags.platform), from: flags.from ?? 'champion' },
    seed: wholeNumber('seed', flags.seed),
    triggers: {
      hours: flags.every === undefined ? null : wholeNumber('every', flags.every),
      verdicts: Math.max(1, wholeNumber('verdicts', flags.verdicts)),
      drift: flags.drift === undefined ? null : positive('drift', flags.drift),
    },
  };
}

async function tuneFlags(flags: TrainFlags, surroundings: Surroundings): Promise<TuneFlags> {
  const { from, data } = flags;
  if (data === undefined)
    throw new LogsterError(
      'input-invalid',
      '--from needs --data: a version that `logster datasets build` made',
    );
  if (from === undefined)
    throw new LogsterError(
      'input-invalid',
      '--data needs --from: verdicts train only a version to begin from; --manifest trains from scratch on captures',
    );
  const places = placesOf(surroundings);
  const [manifest] = flags.manifest ?? [];
  return {
    ...{ from, platform: platformOf(flags.platform), seed: wholeNumber('seed', flags.seed) },
    versionFolder: await versionFolder(data, places),
    capturesFolder: flags.captures ?? (manifest === undefined ? places.captures : dirname(resolve(manifest))),
  };
}

async function runTraining(config: Config, flags: TrainFlags): Promise<void> {
  const { manifest } = flags;
  if (manifest === undefined)
    throw new LogsterError('input-invalid', 'Training needs --manifest, or --from and --data to fine-tune');
  const epochs = flags.epochs === undefined ? undefined : wholeNumber('epochs', flags.epochs);
  const common = {
    platform: platformOf(flags.platform),
    manifestFiles: manifest,
    seed: wholeNumber('seed', flags.seed),
    budgetMinutes: flags.budget === undefined ? null : wholeNumber('budget', flags.budget),
    workers: wholeNumber('workers', flags.workers),
    recipe: { backend: flags.backend, ...(epochs !== undefined && { epochs, fewestEpochs: epochs }) },
    cacheFolder: join(config.data.directory, 'cache'),
    runsFolder: join(config.data.directory, 'runs'),
    clock: systemClock,
    report: (line: string) => process.stderr.write(`${line}\n`),
  };
  if (flags.search !== undefined)
    return runSearch(config, { ...common, trials: wholeNumber('search', flags.search) });
  const { version: trained, report } = await trainPlatform({
    ...common,
    seeds: wholeNumber('seeds', flags.seeds ?? (flags.report === undefined ? '1' : REPORT_SEEDS)),
    parts: flags.report === undefined ? [] : PARTS,
  });
  if (flags.report !== undefined) await writeFile(flags.report, `${JSON.stringify(report, null, 1)}\n`);
  process.stdout.write(`${seedsTable(report)}\n`);
  const { registry } = await openPorts(config, recordedTelemetry(), { only: ['registry'] });
  const { version } = await registry.register(trained.name, trained);
  await registry.setAlias(trained.name, 'challenger', version);
  await registry.close();
  const card = join(config.data.directory, 'registry', trained.name, version, 'card.md');
  process.stdout.write(
    `Registered ${trained.name}@${version} as challenger in ${config.mlflow.url ?? `its folder; its card is ${card}`}\n`,
  );
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

function positive(name: string, text: string): number {
  const number = Number(text);
  if (text.trim() !== '' && Number.isFinite(number) && number > 0) return number;
  throw new LogsterError('input-invalid', `--${name} ${text} is not a number above 0`);
}

function wholeNumber(name: string, text: string): number {
  const number = Number(text);
  if (Number.isSafeInteger(number) && number >= 0) return number;
  throw new LogsterError('input-invalid', `--${name} ${text} is not a whole number`);
}
