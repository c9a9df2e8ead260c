import { LogsterError } from '../contracts/errors.ts';
import type { Capture } from '../datasets/manifest.ts';
import { trainingCode } from './code-version.ts';
import { type CrossFitted, crossFit } from './cross-fit.ts';
import { evaluate } from './evaluate.ts';
import { evaluationSection } from './evaluation-section.ts';
import { finalUnit, seedOptions } from './final-unit.ts';
import { loadFiles } from './load-model.ts';
import { openRun, type Run, type RunOptions } from './open-run.ts';
import { makeReport } from './report/make-report.ts';
import { plannedUnits } from './report/planned-units.ts';
import type { Part, TrainingReport } from './report/training-report.ts';
import { CARD_FILE, type TrainedVersion, versionOf } from './version.ts';
import type { Inspect } from './windows-of.ts';

/** What training needs. */
export interface TrainOptions extends RunOptions {
  readonly seed?: number; // of the version
  readonly seeds?: number; // how often to cross-fit, from that seed on
  /** Parts of the report beside what cross-fitting shows. */
  readonly parts?: readonly Part[];
  readonly budgetMinutes?: number | null; // later parts of the report that do not fit in are left out
  /** A rule engine; with one, the card shows the rules beside the network. */
  readonly inspect?: Inspect | undefined;
}

/** A trained version and how good it is. */
export interface Training {
  readonly version: TrainedVersion;
  readonly report: TrainingReport;
}

/**
 * Trains one platform's network and its baselines on captures, and on what a dataset version's verdicts add to them,
 * and says how good they are: first every capture is judged by models that saw nothing of its cluster, once per seed, then the version that ships is trained
 * on all of them but those held back. Equal data, code and seeds give equal bytes, also after an interruption.
 * Throws input-invalid when there is nothing to learn.
 */
export async function trainPlatform(options: TrainOptions): Promise<Training> {
  const { seed = 1, seeds: count = 1, parts = [], budgetMinutes = null, clock, report } = options;
  const deadline = budgetMinutes === null ? null : clock.now() + 60 * budgetMinutes;
  const seeds = Array.from({ length: count }, (_, place) => seed + place);
  const run = await openRun(options);
  try {
    await run.runner.announce(plannedUnits(run, seeds, parts));
    const crossFitted = await crossFit(run.usable, seedOptions(run, seeds), run.runner);
    const [first] = crossFitted;
    if (!first) throw new LogsterError('input-invalid', 'Training needs one seed at least');
    const version = await finalVersion(run, first);
    const made = await makeReport({ run, seeds, crossFitted, version, parts, deadline, clock, report });
    report('evaluating the version on captures that trained nothing');
    return { version: await withEvaluation(version, run, options), report: made };
  } finally {
    await run.close();
  }
}

/** Trains the version that ships and makes its files. */
async function finalVersion(run: Run, crossFitted: CrossFitted): Promise<TrainedVersion> {
  const unit = finalUnit(run, crossFitted.epochs, crossFitted.recipe);
  const [trained] = await run.runner.fit([unit]);
  if (!trained) throw new RangeError('The version was not trained');
  return versionOf({
    platform: run.platform,
    recipe: unit.recipe,
    read: await run.source.read(unit.train, 'none'),
    version: run.source.version,
    crossFitted,
    trained,
    code: await trainingCode(),
    createdAt: run.createdAt,
  });
}

/** The version with a card that also shows what it gives on captures that it did not learn from. */
async function withEvaluation(
  version: TrainedVersion,
  { usable, source }: Run,
  { platform, inspect }: TrainOptions,
): Promise<TrainedVersion> {
  const loadModel = async () => loadFiles({ ...version.files }, 'new');
  const learntFrom = new Set(usable.map((one) => one.id));
  const judges = (capture: Capture): boolean =>
    capture.platform === platform && !capture.heldBack && !learntFrom.has(capture.id);
  const evaluation = await evaluate({ manifest: source, platform, loadModel, inspect, judges });
  const card = Buffer.from(`${version.files[CARD_FILE]}\n${evaluationSection(platform, evaluation)}`);
  return { ...version, files: { ...version.files, [CARD_FILE]: card } };
}
