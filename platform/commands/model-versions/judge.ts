import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LogsterError } from '../../../contracts/errors.ts';
import { PLATFORMS } from '../../../contracts/event.ts';
import { MANIFEST_FILE } from '../../../datasets/version/manifest.ts';
import type { ModelVersion, Registry } from '../../../ports/registry/registry.ts';
import { systemClock } from '../../../ports/telemetry/clock.ts';
import { modelNameOf } from '../../../serve/champions.ts';
import { cachedWindows, codeVersion } from '../../../train/example-cache.ts';
import { bless } from '../../../train/gate/bless.ts';
import type { BlessReport } from '../../../train/gate/bless-report.ts';
import { candidateOf } from '../../../train/gate/candidate.ts';
import { frozenCaptures } from '../../../train/gate/frozen.ts';
import { type GateNeeds, judgeChallenger } from '../../../train/gate/gate.ts';
import { blessPage } from '../../../train/gate/page/page.ts';
import type { Surroundings } from '../../cli.ts';
import type { Config } from '../../config.ts';
import { placesOf } from '../datasets/places.ts';
import {
  EXIT,
  give,
  giveJson,
  namedVersion,
  PLATFORM_OPTION,
  personOf,
  say,
  withRegistry,
} from './opened.ts';
import { reportText } from './report-text.ts';

interface JudgeFlags {
  readonly platform?: string;
  readonly frozen?: readonly string[];
  readonly page?: string;
  readonly json?: boolean;
}

/** `logster models compare` and `logster models bless`. */
export function addJudgeCommands(models: Command, surroundings: Surroundings): void {
  judging(models, 'compare', 'judge one version against another, without recording it')
    .argument('<champion>', 'NAME@VERSION that serves as the measure')
    .argument('<challenger>', 'NAME@VERSION that is judged')
    .option('--page <file>', 'write the report as a page')
    .action((champion: string, challenger: string, flags: JudgeFlags) =>
      withRegistry(surroundings, async (registry, config) => {
        const { platform } = flags;
        const measure = await namedVersion(registry, { text: champion, platform, standard: 'champion' });
        const judged = await namedVersion(registry, { text: challenger, platform, standard: 'challenger' });
        const needs = await needsOf({ ...surroundings, registry, config, flags }, measure, judged);
        const report = await judgeChallenger(needs);
        if (flags.page !== undefined) await writeFile(flags.page, blessPage(report));
        tell(report, flags);
      }),
    );
  judging(models, 'bless', 'judge a version against the champion and record it: without it none is promoted')
    .argument('[version]', 'NAME@VERSION; the challenger when left out')
    .option('--by <person>', 'who asks for it, instead of the user of this computer')
    .option('--why <text>', 'for the history', '')
    .option('--page <file>', 'also write the page of the report here')
    .action((text: string | undefined, flags: JudgeFlags & { by?: string; why: string }) =>
      withRegistry(surroundings, async (registry, config) => {
        const { platform, by, why } = flags;
        const judged = await namedVersion(registry, { text, platform, standard: 'challenger' });
        const champion = await registry.alias(judged.name, 'champion');
        if (!champion) throw new LogsterError('not-found', `${judged.name} has no champion to judge against`);
        if (champion.version === judged.version)
          throw new LogsterError(
            'input-invalid',
            `${judged.name}@${judged.version} is the champion itself; name another version`,
          );
        const needs = await needsOf({ ...surroundings, registry, config, flags }, champion, judged);
        const report = await bless(registry, needs, { by: personOf(by), why });
        if (flags.page !== undefined) await writeFile(flags.page, blessPage(report));
        tell(report, flags);
        if (!report.passed) process.exitCode = EXIT.refused;
      }),
    );
}

function judging(models: Command, name: string, description: string): Command {
  return models
    .command(name)
    .description(description)
    .option(...PLATFORM_OPTION)
    .option('--frozen <manifests...>', 'MANIFEST.json whose captures neither version learnt from')
    .option('--json', 'as JSON');
}

function tell(report: BlessReport, { json, page }: JudgeFlags): void {
  if (json) giveJson(report);
  else give(reportText(report));
  if (page !== undefined) say(`Wrote ${page}`);
}

interface Opened extends Surroundings {
  readonly registry: Registry;
  readonly config: Config;
  readonly flags: JudgeFlags;
}

/** Everything the gate needs of this machine. */
async function needsOf(opened: Opened, champion: ModelVersion, challenger: ModelVersion): Promise<GateNeeds> {
  const { root, registry, config, flags } = opened;
  const places = placesOf(opened);
  const platform = PLATFORMS.find((one) => modelNameOf(one) === challenger.name);
  if (!platform || champion.name !== challenger.name)
    throw new LogsterError(
      'input-invalid',
      `${champion.name} and ${challenger.name} are no versions of one model`,
    );
  const folderOf = async (id: string): Promise<string | null> => {
    const folder = join(places.versions, id);
    return existsSync(join(folder, MANIFEST_FILE)) ? folder : null;
  };
  const candidates = {
    champion: await candidateOf(registry, champion, folderOf),
    challenger: await candidateOf(registry, challenger, folderOf),
  };
  const manifestFiles = [
    ...SHIPPED_MANIFESTS.map((one) => join(root, one)),
    join(places.captures, 'MANIFEST.json'),
  ];
  const code = await codeVersion();
  return {
    ...candidates,
    platform,
    frozen: await frozenCaptures({
      platform,
      manifestFiles: manifestFiles.filter((one) => existsSync(one)),
      frozenFiles: flags.frozen ?? [],
      candidates: Object.values(candidates),
    }),
    clock: systemClock,
    scorer: { script: join(root, 'dist/serve/scorer.js'), backend: config.model.backend },
    windowsOf: (capture) => cachedWindows(capture, join(config.data.directory, 'cache'), code),
    report: flags.json ? undefined : say,
  };
}

/** Captures that come with the product; not every installation has them. */
const SHIPPED_MANIFESTS = ['datasets/sessions/MANIFEST.json', 'datasets/recordings/MANIFEST.json'] as const;
