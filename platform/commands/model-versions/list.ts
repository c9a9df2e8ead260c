import type { Command } from 'commander';
import type { Surroundings } from '../../cli.ts';
import { table } from '../../table.ts';
import { platformOf } from '../models.ts';
import { type DescribedVersion, describedVersions } from './described.ts';
import { give, giveJson, minuteOf, PLATFORM_OPTION, withRegistry } from './opened.ts';

/** `logster models list`. */
export function addListCommand(models: Command, surroundings: Surroundings): void {
  models
    .command('list')
    .description('every version: which serves, where it comes from, what the gate said')
    .option(...PLATFORM_OPTION)
    .option('--json', 'as JSON')
    .action(({ platform, json }: { platform?: string; json?: boolean }) =>
      withRegistry(surroundings, async (registry) => {
        const only = platform === undefined ? undefined : platformOf(platform);
        const versions = await describedVersions(registry, only);
        if (json) return giveJson(versions);
        give(listTable(versions));
      }),
    );
}

function listTable(versions: readonly DescribedVersion[]): string {
  const rows = versions.map((one) => [
    `${one.name}@${one.version}`,
    one.aliases.join(', ') || (one.retired ? 'retired' : ''),
    minuteOf(one.createdAt),
    one.origin,
    one.data?.slice(0, 12) ?? '–',
    decimal(one.metrics.prAuc),
    percent(one.metrics.runRecall),
    percent(one.metrics.benignAlertShare),
    blessedText(one),
  ]);
  const head = [
    'version',
    'alias',
    'registered',
    'origin',
    'data',
    'PR-AUC',
    'runs found',
    'benign alerted',
    'gate',
  ];
  return `${table(head, rows)}\n\nFigures are each version's own cross-fit; \`logster models compare A B\` judges two on the same windows.`;
}

function blessedText({ blessed }: DescribedVersion): string {
  if (!blessed) return 'not judged';
  return `${blessed.passed ? 'passed' : 'refused'} ${minuteOf(blessed.at).slice(0, 10)}`;
}

const decimal = (value: number | undefined): string => value?.toFixed(3) ?? '–';
const percent = (value: number | undefined): string =>
  value === undefined ? '–' : `${(100 * value).toFixed(1)} %`;
