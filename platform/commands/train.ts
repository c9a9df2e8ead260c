import { availableParallelism } from 'node:os';
import { dirname, resolve } from 'node:path';
import { type Command, Option } from 'commander';
import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { TRAINING_BACKENDS, type TrainingBackend } from '../../train/open-trainer.ts';
import type { Surroundings } from '../cli.ts';
import { readConfig } from '../config.ts';
import { placesOf, versionFolder } from './datasets/places.ts';
import { platformOf } from './models.ts';
import { runTuning, type TuneFlags } from './train-from.ts';
import { runSettings, runTraining, type ScratchFlags } from './train-scratch.ts';
import { runSearch } from './train-search.ts';
import { runWatch, SCRATCH, type WatchFlags } from './train-watch.ts';

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
    .option(
      '--from <version>',
      'fine-tune this version, "champion" or NAME@VERSION, on --data; "scratch", and without it, begins anew',
    )
    .option('--data <version>', 'a dataset version, its id or folder: its captures and its feedback')
    .option('--captures <folder>', 'where the captures of --data lie; else that of the --manifest')
    .option(
      '--watch',
      'stay, and train on a fresh dataset version whenever it is time, from the champion unless --from says otherwise',
    )
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
      if (flags.from !== undefined && flags.from !== SCRATCH)
        return runTuning(config, root, await tuneFlags(flags, flags.from, surroundings));
      const told = await scratchFlags(flags, surroundings);
      if (flags.search === undefined) return runTraining(config, told, flags.report);
      const trials = wholeNumber('search', flags.search);
      const report = (line: string) => process.stderr.write(`${line}\n`);
      return runSearch(config, { ...told, ...runSettings(config, report), trials });
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
    ...{ seed: wholeNumber('seed', flags.seed), workers: wholeNumber('workers', flags.workers) },
    triggers: {
      hours: flags.every === undefined ? null : wholeNumber('every', flags.every),
      verdicts: Math.max(1, wholeNumber('verdicts', flags.verdicts)),
      drift: flags.drift === undefined ? null : positive('drift', flags.drift),
    },
  };
}

async function tuneFlags(flags: TrainFlags, from: string, surroundings: Surroundings): Promise<TuneFlags> {
  if (flags.data === undefined)
    throw new LogsterError(
      'input-invalid',
      `--from ${from} needs --data: a version that \`logster datasets build\` made`,
    );
  const { version, files } = await versionFrom(flags.data, flags, surroundings);
  return {
    ...{ from, platform: platformOf(flags.platform), seed: wholeNumber('seed', flags.seed) },
    ...{ versionFolder: version, capturesFolder: files },
  };
}

/** A dataset version and where its captures lie. */
async function versionFrom(data: string, { captures, manifest }: TrainFlags, surroundings: Surroundings) {
  const places = placesOf(surroundings);
  const [first] = manifest ?? [];
  return {
    version: await versionFolder(data, places),
    files: captures ?? (first === undefined ? places.captures : dirname(resolve(first))),
  };
}

async function scratchFlags(flags: TrainFlags, surroundings: Surroundings): Promise<ScratchFlags> {
  const { manifest, data } = flags;
  if (manifest === undefined && data === undefined)
    throw new LogsterError(
      'input-invalid',
      'Training needs --manifest with captures, or --data with a dataset version; with --from it goes on from a model version',
    );
  const epochs = flags.epochs === undefined ? undefined : wholeNumber('epochs', flags.epochs);
  const seeds = flags.seeds ?? (flags.report === undefined ? '1' : REPORT_SEEDS);
  return {
    platform: platformOf(flags.platform),
    from: data === undefined ? { manifests: manifest ?? [] } : await versionFrom(data, flags, surroundings),
    seed: wholeNumber('seed', flags.seed),
    seeds: wholeNumber('seeds', seeds),
    budgetMinutes: flags.budget === undefined ? null : wholeNumber('budget', flags.budget),
    workers: wholeNumber('workers', flags.workers),
    recipe: { backend: flags.backend, ...(epochs !== undefined && { epochs, fewestEpochs: epochs }) },
  };
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
