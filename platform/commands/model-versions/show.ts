import { writeFile } from 'node:fs/promises';
import type { Command } from 'commander';
import { LogsterError } from '../../../contracts/errors.ts';
import type { HistoryEntry, ModelVersion, Registry } from '../../../ports/registry/registry.ts';
import { BLESS_FILES } from '../../../train/gate/bless-report.ts';
import { blessingOf } from '../../../train/gate/blessing.ts';
import { CARD_FILE } from '../../../train/version.ts';
import type { Surroundings } from '../../cli.ts';
import { table } from '../../table.ts';
import { type DescribedVersion, describedVersion } from './described.ts';
import { give, giveJson, minuteOf, namedVersion, PLATFORM_OPTION, withRegistry } from './opened.ts';

/** `logster models show`. */
export function addShowCommand(models: Command, surroundings: Surroundings): void {
  models
    .command('show')
    .description('one version: its card, files, tags, figures and history')
    .argument('[version]', 'NAME@VERSION; the champion when only a name is given')
    .option(...PLATFORM_OPTION)
    .option('--page <file>', "write the page of the gate's report to a file, - for standard output")
    .option('--json', 'as JSON')
    .action(
      (
        text: string | undefined,
        { platform, page, json }: { platform?: string; page?: string; json?: boolean },
      ) =>
        withRegistry(surroundings, async (registry) => {
          const found = await namedVersion(registry, { text, platform, standard: 'champion' });
          if (page !== undefined) return writePage(registry, found, page);
          const version = await describedVersion(registry, found);
          const history = await registry.history(version.name);
          const blessing = await blessingOf(registry, found, await registry.alias(found.name, 'champion'));
          if (json) return giveJson({ ...version, history, blessing });
          give(await cardOf(registry, version));
          give(figuresOf(version));
          give(`\n${historyTable(history, version.version)}`);
        }),
    );
}

async function writePage(registry: Registry, { name, version }: ModelVersion, file: string): Promise<void> {
  const bytes = await registry.attached(name, version, BLESS_FILES.page);
  if (!bytes)
    throw new LogsterError(
      'not-found',
      `${name}@${version} was never judged; \`logster models bless ${name}@${version}\` judges it`,
    );
  if (file === '-') return void process.stdout.write(bytes);
  await writeFile(file, bytes);
  give(`Wrote ${file}`);
}

async function cardOf(registry: Registry, { name, version, files }: DescribedVersion): Promise<string> {
  if (!files.some((one) => one.name === CARD_FILE)) return `# ${name}@${version}\n\nIt has no card.`;
  return (await registry.file(name, version, CARD_FILE)).toString('utf8').trimEnd();
}

function figuresOf(version: DescribedVersion): string {
  const { name, aliases, createdAt, files, tags, metrics, retired } = version;
  const facts = [
    ['version', `${name}@${version.version}`],
    ['alias', aliases.join(', ') || 'none'],
    ['registered', `${minuteOf(createdAt)} UTC`],
    ...(retired ? [['retired', `${minuteOf(retired.at)} UTC by ${retired.by}: ${retired.why}`]] : []),
    ...Object.entries(tags),
  ];
  return [
    '',
    table(['fact', 'value'], facts),
    '',
    table(
      ['file', 'bytes', 'sha256'],
      files.map((one) => [one.name, one.sizeBytes, one.sha256]),
    ),
    '',
    table(
      ['figure', 'value'],
      Object.entries(metrics).map(([key, value]) => [key, Number(value.toPrecision(4))]),
    ),
  ].join('\n');
}

/** The history of a model; lines of the shown version are marked. */
export function historyTable(history: readonly HistoryEntry[], version?: string): string {
  if (history.length === 0) return 'Nothing was done with this model since it was registered.';
  const rows = history.map((one) => [
    one.version === version ? '*' : '',
    minuteOf(one.at),
    one.change,
    one.from === null ? `@${one.version}` : `@${one.version} from @${one.from}`,
    one.by,
    one.why,
  ]);
  return table(['', 'when (UTC)', 'what', 'version', 'by', 'why'], rows);
}
