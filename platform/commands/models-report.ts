import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Command } from 'commander';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import type { TrainingReport } from '../../train/report/training-report.ts';
import type { Surroundings } from '../cli.ts';
import { modelsPage } from '../models-page/page.ts';
import { reportPictures } from '../models-page/pictures.ts';
import { vegaSvg } from '../vega-svg.ts';

/** `logster models report`: writes docs/models.md and its pictures. */
export function addModelsReportCommand(program: Command, { root }: Surroundings): void {
  const models = program.commands.find((one) => one.name() === 'models') ?? program.command('models');
  models
    .command('report')
    .description('write docs/models.md and its pictures from what `logster train --report` wrote')
    .argument('<files...>', 'reports, one per platform')
    .option('--to <folder>', 'instead of docs/', join(root, 'docs'))
    .action(async (files: string[], { to }: { to: string }) => {
      const reports = await Promise.all(files.map(readReport));
      const written = await writeModelsPage(to, reports);
      process.stdout.write(`${written.length} files written: ${written.join(', ')}\n`);
    });
}

/** Writes the page and, below models/, each picture as specification and drawing; gives their names. */
export async function writeModelsPage(
  folder: string,
  reports: readonly TrainingReport[],
): Promise<readonly string[]> {
  const files: Record<string, string> = { 'models.md': modelsPage(reports) };
  for (const report of reports)
    for (const [name, spec] of Object.entries(reportPictures(report))) {
      files[`models/${name}.vl.json`] = `${JSON.stringify(spec, null, 2)}\n`;
      files[`models/${name}.svg`] = await vegaSvg(spec);
    }
  for (const [name, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  return Object.keys(files);
}

async function readReport(file: string): Promise<TrainingReport> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LogsterError('not-found', `Cannot read the report ${file}: ${reasonOf(cause)}`, { cause });
  });
  const report = parsed(text) as Partial<TrainingReport> | null;
  if (report?.crossFit && report.techniques && PLATFORMS.some((one) => one === report.platform))
    return report as TrainingReport;
  throw new LogsterError('input-invalid', `${file} is no report of \`logster train --report\``);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // the caller says that it is no report
  }
}
