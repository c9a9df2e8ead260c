import type { Command } from 'commander';
import { LogsterError } from '../../../contracts/errors.ts';
import { promoteVersion, rollBack, type Signed } from '../../../ports/registry/promotion.ts';
import type { HistoryEntry, ModelVersion, Registry } from '../../../ports/registry/registry.ts';
import { systemClock } from '../../../ports/telemetry/clock.ts';
import { blessingOf } from '../../../train/gate/blessing.ts';
import type { Surroundings } from '../../cli.ts';
import type { Config } from '../../config.ts';
import { describedVersion } from './described.ts';
import {
  confirmed,
  EXIT,
  give,
  giveJson,
  namedVersion,
  PLATFORM_OPTION,
  personOf,
  say,
  withRegistry,
} from './opened.ts';

/** What the commands that change something share. */
interface ChangeFlags {
  readonly platform?: string;
  readonly why?: string;
  readonly by?: string;
  readonly yes?: boolean;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** `logster models promote | rollback | approve | retire`. */
export function addChangeCommands(models: Command, surroundings: Surroundings): void {
  changing(models, 'promote', 'make a version that the gate passed the champion')
    .argument('[version]', 'NAME@VERSION or challenger, which is what it is when left out')
    .requiredOption('--why <text>', 'for the history')
    .option('--force', 'also without the blessing of the gate; the history says so')
    .action((text: string | undefined, flags: ChangeFlags & { force?: boolean }) =>
      withRegistry(surroundings, (registry, config) => promote(registry, config, { ...flags, text })),
    );
  changing(models, 'rollback', 'make the version that served before the champion again')
    .argument('[model]', 'the name of the model')
    .option('--why <text>', 'for the history', 'rolled back by hand')
    .action((text: string | undefined, flags: ChangeFlags) =>
      withRegistry(surroundings, (registry) => goBack(registry, { ...flags, text })),
    );
  changing(models, 'approve', 'agree, as a second person, that a version be promoted')
    .argument('[version]', 'NAME@VERSION; the challenger when left out')
    .requiredOption('--why <text>', 'for the history')
    .action((text: string | undefined, flags: ChangeFlags) =>
      withRegistry(surroundings, (registry) => note(registry, 'approved', { ...flags, text })),
    );
  changing(models, 'retire', 'mark a version that no alias names as out of use')
    .argument('<version>', 'NAME@VERSION')
    .option('--why <text>', 'for the history', 'out of use')
    .action((text: string, flags: ChangeFlags) =>
      withRegistry(surroundings, (registry) => note(registry, 'retired', { ...flags, text })),
    );
}

function changing(models: Command, name: string, description: string): Command {
  return models
    .command(name)
    .description(description)
    .option(...PLATFORM_OPTION)
    .option('--by <person>', 'who does it, instead of the user of this computer')
    .option('--yes', 'without asking')
    .option('--dry-run', 'only say what would happen')
    .option('--json', 'as JSON');
}

type Asked = ChangeFlags & { readonly text: string | undefined };

const signedBy = ({ by, why = '' }: ChangeFlags): Signed => ({
  at: systemClock.now(),
  by: personOf(by),
  why,
});

async function promote(
  registry: Registry,
  config: Config,
  asked: Asked & { readonly force?: boolean },
): Promise<void> {
  const { force = false, text, platform } = asked;
  const version = await namedVersion(registry, { text, platform, standard: 'challenger' });
  const { name } = version;
  const id = `${name}@${version.version}`;
  const champion = await registry.alias(name, 'champion');
  const signed = signedBy(asked);
  await checkPromotable(registry, version, champion);
  const blessing = await blessingOf(registry, version, champion);
  const unblessed = blessing.ok ? [] : [blessing.problem, ...blessing.reasons.map((one) => `  ${one}`)];
  const alone = config.models.second_approval ? await lackingApproval(registry, version, signed.by) : [];
  const problems = [...(force ? [] : unblessed), ...alone];
  if (problems.length > 0) {
    process.exitCode = EXIT.refused;
    if (asked.json)
      return giveJson({ promoted: false, version: id, problems: problems.map((one) => one.trim()) });
    return say([`${id} is not promoted.`, ...problems].join('\n'));
  }
  const forced = force && !blessing.ok;
  const why = forced
    ? `forced past the gate (${unblessed[0]}): ${signed.why}`.slice(0, LONGEST_WHY)
    : signed.why;
  if (forced && !asked.json) say(['The gate is passed by:', ...unblessed].join('\n'));
  const step = `${id} serves instead of ${champion ? `@${champion.version}` : 'nothing'}`;
  await whenConfirmed(asked, `Promote: ${step}?`, `Would promote: ${step}`, async () => {
    const moved = await promoteVersion(registry, version, { ...signed, why });
    return {
      result: { promoted: true, name, ...moved, forced },
      line: `Promoted: ${step}. ${howToSee(name)}`,
    };
  });
}

const LONGEST_WHY = 2000; // of the history

/** Throws for what no blessing could mend. */
async function checkPromotable(
  registry: Registry,
  version: ModelVersion,
  champion: ModelVersion | undefined,
): Promise<void> {
  const id = `${version.name}@${version.version}`;
  if (champion?.version === version.version)
    throw new LogsterError('input-invalid', `${id} is the champion already; there is nothing to promote`);
  const { retired } = await describedVersion(registry, version);
  if (retired)
    throw new LogsterError(
      'conflict',
      `${id} was retired by ${retired.by} (${retired.why}); promote another one`,
    );
}

/** An approval counts when another person gave it after the last judgement of the version. */
async function lackingApproval(
  registry: Registry,
  version: ModelVersion,
  by: string,
): Promise<readonly string[]> {
  const { approvals, blessed } = await describedVersion(registry, version);
  const others = approvals.filter((one: HistoryEntry) => one.by !== by && one.at >= (blessed?.at ?? 0));
  if (others.length > 0) return [];
  const id = `${version.name}@${version.version}`;
  return [
    `A second person must agree (models.second_approval): \`logster models approve ${id} --why …\` by another than ${by}`,
  ];
}

async function goBack(registry: Registry, asked: Asked): Promise<void> {
  const { text, platform } = asked;
  const champion = await namedVersion(registry, { text, platform, standard: 'champion' });
  const { name } = champion;
  const previous = await registry.alias(name, 'previous');
  const step = `${name}@${previous?.version ?? '?'} serves instead of @${champion.version}`;
  if (!previous || previous.version === champion.version)
    throw new LogsterError(
      'not-found',
      `No version of ${name} served before this one; promote one by its number`,
    );
  await whenConfirmed(asked, `Roll back: ${step}?`, `Would roll back: ${step}`, async () => {
    const moved = await rollBack(registry, name, signedBy(asked), champion.version);
    if (!moved)
      throw new LogsterError(
        'conflict',
        `Somebody else changed the champion of ${name} meanwhile; look again`,
      );
    return { result: { rolledBack: true, name, ...moved }, line: `Rolled back: ${step}. ${howToSee(name)}` };
  });
}

async function note(registry: Registry, change: 'approved' | 'retired', asked: Asked): Promise<void> {
  const { text, platform } = asked;
  const version = await namedVersion(registry, { text, platform, standard: 'challenger' });
  const id = `${version.name}@${version.version}`;
  const { aliases } = await describedVersion(registry, version);
  if (change === 'retired' && aliases.length > 0)
    throw new LogsterError(
      'conflict',
      `${id} is the ${aliases.join(' and the ')}; only what no alias names can be retired`,
    );
  const verb = change === 'approved' ? 'Approve' : 'Retire';
  await whenConfirmed(asked, `${verb} ${id}?`, `Would ${verb.toLowerCase()} ${id}`, async () => {
    const entry: HistoryEntry = { ...signedBy(asked), change, version: version.version, from: null };
    await registry.record(version.name, entry);
    return { result: { name: version.name, ...entry }, line: `${verb}d ${id}` };
  });
}

/** Does it, unless it is only to be said, or nobody confirms. */
async function whenConfirmed(
  { dryRun, yes, json }: ChangeFlags,
  question: string,
  instead: string,
  act: () => Promise<{ readonly result: object; readonly line: string }>,
): Promise<void> {
  if (dryRun) return json ? giveJson({ dryRun: true, would: instead }) : give(instead);
  if (!yes && !(await confirmed(question))) {
    process.exitCode = EXIT.notConfirmed;
    return say('Nothing was changed.');
  }
  const { result, line } = await act();
  if (json) return giveJson(result);
  give(line);
}

const howToSee = (name: string): string =>
  `Scorers that run take it up within two seconds: the metric logster_model_info, and the model_version of every result, name it (\`logster models show ${name}\` has the history)`;
