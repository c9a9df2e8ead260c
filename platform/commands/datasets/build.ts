import { dirname, resolve } from 'node:path';
import type { Command } from 'commander';
import { LogsterError } from '../../../contracts/errors.ts';
import { PLATFORMS } from '../../../contracts/event.ts';
import type { FeedbackSection } from '../../../datasets/feedback/section.ts';
import { type Manifest, readManifest } from '../../../datasets/manifest.ts';
import { buildVersion } from '../../../datasets/version/build.ts';
import { cachedReading, codeVersion } from '../../../train/example-cache.ts';
import { FOLDS } from '../../../train/recipes.ts';
import type { Surroundings } from '../../cli.ts';
import { type FeedbackFlags, withFeedback } from './feedback-input.ts';
import { fittedIn, placesOf } from './places.ts';

interface BuildFlags extends FeedbackFlags {
  readonly manifest: string;
  readonly platform?: string;
  readonly to?: string;
  readonly folds: string;
  readonly fitted: readonly string[];
}

/** `logster datasets build`: makes an immutable version of a manifest's captures. */
export function addBuildCommand(datasets: Command, surroundings: Surroundings): void {
  datasets
    .command('build')
    .description('make an immutable, content-addressed version of captures; a leak across the split fails it')
    .requiredOption('--manifest <file>', 'MANIFEST.json with the captures beside it')
    .option('--platform <platform>', `only captures of ${PLATFORMS.join(' or ')}`)
    .option(
      '--folds <number>',
      'parts of the training side, each judged by what the others teach',
      `${FOLDS}`,
    )
    .option(
      '--fitted <files...>',
      'what was fitted on rows and is judged with this version; checked for leaks',
      [],
    )
    .option(
      '--with-feedback',
      "learn from analysts' verdicts too: they train beside the captures and judge nothing",
    )
    .option(
      '--accept <ids...>',
      'feedback ids of the review list that somebody looked at and trusts; see `logster datasets inspect`',
      [],
    )
    .option('--since <date>', 'only verdicts from then on: a date or epoch seconds')
    .option('--to <folder>', 'where versions go; datasets/versions below the data directory otherwise')
    .action(async (flags: BuildFlags) => {
      const manifest = ofPlatform(await readManifest(flags.manifest), flags.platform);
      const fitted = await fittedIn(flags.fitted);
      const { versions, cache } = placesOf(surroundings);
      const code = await codeVersion();
      const built = await withFeedback(surroundings, flags, (feedback) =>
        buildVersion({
          manifest,
          captureFolder: dirname(resolve(flags.manifest)),
          readWindows: (capture) => cachedReading(capture, cache, code),
          outFolder: flags.to ?? versions,
          folds: foldsOf(flags.folds),
          fitted,
          ...(feedback && { feedback }),
          report: (line) => process.stderr.write(`${line}\n`),
        }),
      );
      const { id, folder, rows, isNew } = built;
      process.stdout.write(
        `${isNew ? 'Built' : 'It is there already:'} version ${id} with ${rows} windows in ${folder}\n${built.feedback ? feedbackLines(built.feedback) : ''}`,
      );
    });
}

/** What became of the verdicts, for people. */
function feedbackLines({ rows, verdicts, platforms, leftOut, review }: FeedbackSection): string {
  const learnt = Object.entries(platforms).map(
    ([platform, { windows, weight }]) =>
      `${platform}: ${windows.attack} attack (weight ${weight.attack.toFixed(2)}), ${windows.benign} benign (weight ${weight.benign.toFixed(2)})`,
  );
  const left = Object.entries(leftOut).map(([why, count]) => `${count} ${why}`);
  const open = review.filter((one) => !one.accepted).length;
  return [
    `${rows} windows from ${verdicts} verdicts${learnt.length > 0 ? `; ${learnt.join('; ')}` : ''}`,
    ...(left.length > 0 ? [`Windows left out: ${left.join(', ')}`] : []),
    ...(open > 0 ? [`${open} verdicts wait on the review list; \`logster datasets inspect\` says why`] : []),
    '',
  ].join('\n');
}

function ofPlatform(manifest: Manifest, platform: string | undefined): Manifest {
  if (platform === undefined) return manifest;
  if (!PLATFORMS.some((one) => one === platform))
    throw new LogsterError('input-invalid', `--platform ${platform} is neither ${PLATFORMS.join(' nor ')}`);
  return { ...manifest, captures: manifest.captures.filter((one) => one.platform === platform) };
}

function foldsOf(text: string): number {
  const folds = Number(text);
  if (Number.isSafeInteger(folds) && folds >= 2 && folds <= 100) return folds;
  throw new LogsterError('input-invalid', `--folds ${text} is not a whole number from 2 to 100`);
}
