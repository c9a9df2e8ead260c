import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { reasonOf } from '../../../contracts/errors.ts';
import { type FeedbackContents, feedbackContents } from '../../../datasets/feedback/inspect.ts';
import { readFeedbackRows } from '../../../datasets/feedback/read.ts';
import { type Contents, contentsOf, PERCENTILES, type Share } from '../../../datasets/version/inspect.ts';
import { picturesOf } from '../../../datasets/version/pictures.ts';
import { readVersion, type Version } from '../../../datasets/version/read.ts';
import type { Surroundings } from '../../cli.ts';
import { table } from '../../table.ts';
import { vegaSvg } from '../../vega-svg.ts';
import { feedbackTables } from './feedback-tables.ts';
import { placesOf, versionFolder } from './places.ts';

/** `logster datasets inspect`: what is in a version, as tables and as pictures. */
export function addInspectCommand(datasets: Command, surroundings: Surroundings): void {
  datasets
    .command('inspect')
    .description('what is in a version: captures, machines, windows by label, sizes; tables and pictures')
    .argument('<version>', 'its folder or its id')
    .option('--pictures <folder>', 'where Vega-Lite specifications and SVG pictures are written')
    .option('--json', 'one JSON object instead of tables')
    .action(async (named: string, flags: { pictures?: string; json?: boolean }) => {
      const version = await readVersion(await versionFolder(named, placesOf(surroundings)));
      const contents = contentsOf(version);
      const feedback = await feedbackOf(version);
      process.stdout.write(
        flags.json
          ? `${JSON.stringify({ id: version.id, ...contents, ...(feedback && { feedback }) })}\n`
          : `Version ${version.id}\n\n${tables(contents)}\n${feedback ? `\n${feedbackTables(feedback)}\n` : ''}`,
      );
      if (flags.pictures === undefined) return;
      const said = await writePictures(flags.pictures, picturesOf(contents, version.rows));
      process.stderr.write(`${said}\n`);
    });
}

async function feedbackOf({ folder, content }: Version): Promise<FeedbackContents | undefined> {
  return content.feedback && feedbackContents(await readFeedbackRows(folder), content.feedback);
}

function tables({ total, by, sizes, purged }: Contents): string {
  const shares = Object.entries(by).map(([grouping, rows]) => shareTable(grouping, rows));
  const sizeRows = sizes.map(({ platform, unit, values, truncated }) => [
    platform,
    unit,
    ...values,
    truncated,
  ]);
  const heads = PERCENTILES.map((percent) => (percent === 100 ? 'most' : `p${percent}`));
  return [
    shareTable('', [total]),
    ...shares,
    table(['platform', 'size in', ...heads, 'truncated'], sizeRows),
    `${purged} captures are left out of the training of at least one fold: they touch a judged or a held-back one in machine and time.`,
  ].join('\n\n');
}

function shareTable(grouping: string, shares: readonly Share[]): string {
  return table(
    [grouping, 'captures', 'machines', 'attack', 'benign', 'unknown'],
    shares.map(({ of, captures, hosts, windows }) => [
      of,
      captures,
      hosts,
      windows.attack,
      windows.benign,
      windows.unknown,
    ]),
  );
}

/** Writes each picture's specification, and the picture itself where Vega is installed; gives what was written. */
async function writePictures(folder: string, pictures: Readonly<Record<string, object>>): Promise<string> {
  await mkdir(folder, { recursive: true });
  for (const [name, spec] of Object.entries(pictures))
    await writeFile(join(folder, `${name}.vl.json`), `${JSON.stringify(spec, null, 2)}\n`);
  try {
    for (const [name, spec] of Object.entries(pictures))
      await writeFile(join(folder, `${name}.svg`), await vegaSvg(spec));
    return `Pictures and their specifications are in ${folder}: ${Object.keys(pictures).join(', ')}`;
  } catch (thrown) {
    return `Specifications are in ${folder}; no picture was drawn: ${reasonOf(thrown)}`;
  }
}
