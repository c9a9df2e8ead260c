import { userInfo } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline/promises';
import { LogsterError } from '../../../contracts/errors.ts';
import { PLATFORMS } from '../../../contracts/event.ts';
import { ALIASES, type Alias, type ModelVersion, type Registry } from '../../../ports/registry/registry.ts';
import { recordedTelemetry } from '../../../ports/telemetry/embedded.ts';
import { modelNameOf } from '../../../serve/champions.ts';
import type { Surroundings } from '../../cli.ts';
import { type Config, readConfig } from '../../config.ts';
import { openPorts } from '../../open-ports.ts';
import { registerShippedModels } from '../../shipped-models.ts';
import { platformOf } from '../models.ts';

/** Exit codes of `logster models` beside 0 done, 1 failed and 2 used wrongly. */
export const EXIT = { refused: 3, notConfirmed: 4 } as const;

/** How the option of every command that takes one model is called. */
export const PLATFORM_OPTION = [
  '--platform <platform>',
  `${PLATFORMS.join(' or ')}, instead of a model's name`,
] as const;

/** Does some work with the registry, in which the shipped models are. */
export async function withRegistry<T>(
  { root, environment }: Surroundings,
  work: (registry: Registry, config: Config) => Promise<T>,
): Promise<T> {
  const config = readConfig(environment, root);
  const telemetry = recordedTelemetry();
  const { registry, close } = await openPorts(config, telemetry, { only: ['registry'] });
  try {
    await registerShippedModels(registry, join(root, 'models'), telemetry.log);
    return await work(registry, config);
  } finally {
    await close();
  }
}

/** How a person names a version. */
export interface Named {
  readonly text?: string | undefined; // NAME@VERSION, NAME@ALIAS, NAME, VERSION or ALIAS
  readonly platform?: string | undefined;
  readonly standard: Alias; // what a model without a version means
}

/**
 * The version that was named: `logster-linux-gat@3`, `logster-linux-gat@challenger`, with a platform `3` or `@3`, or
 * an alias alone where one model has it. Throws input-invalid or not-found with what there is.
 */
export async function namedVersion(
  registry: Registry,
  { text, platform, standard }: Named,
): Promise<ModelVersion> {
  const { name, version } = partsOf(text, platform);
  const wanted = version ?? standard;
  const alias = ALIASES.find((one) => one === wanted);
  if (name !== undefined) {
    if (!alias) return registry.version(name, wanted);
    return (await registry.alias(name, alias)) ?? noAlias(name, alias);
  }
  if (!alias)
    throw new LogsterError(
      'input-invalid',
      `Version ${wanted} of which model? Say --platform ${PLATFORMS.join(' or ')}`,
    );
  const found = await Promise.all(PLATFORMS.map((one) => registry.alias(modelNameOf(one), alias)));
  const [only, another] = found.filter((one) => one !== undefined);
  if (only && !another) return only;
  if (!only)
    throw new LogsterError(
      'not-found',
      `No model has a ${alias}; \`logster models list\` shows what there is`,
    );
  throw new LogsterError(
    'input-invalid',
    `Several models have a ${alias}; say --platform ${PLATFORMS.join(' or ')}`,
  );
}

function noAlias(name: string, alias: Alias): never {
  throw new LogsterError('not-found', `${name} has no ${alias}; name a version, as in ${name}@1`);
}

function partsOf(text: string | undefined, platform: string | undefined) {
  const own = platform === undefined ? undefined : modelNameOf(platformOf(platform));
  if (text === undefined) return { name: own, version: undefined };
  const at = text.indexOf('@');
  if (at > 0) return { name: sameName(text.slice(0, at), own), version: text.slice(at + 1) };
  const bare = text.replace(/^@/, '');
  const isVersion = /^\d+$/.test(bare) || ALIASES.some((one) => one === bare);
  return isVersion ? { name: own, version: bare } : { name: sameName(bare, own), version: undefined };
}

/** The model's name, which a person may also give as its platform. */
function sameName(given: string, own: string | undefined): string {
  const platform = PLATFORMS.find((one) => one === given);
  const name = platform ? modelNameOf(platform) : given;
  if (!PLATFORMS.some((one) => modelNameOf(one) === name))
    throw new LogsterError(
      'not-found',
      `No model is called ${given}; there are ${PLATFORMS.map(modelNameOf).join(' and ')}`,
    );
  if (own !== undefined && own !== name)
    throw new LogsterError(
      'input-invalid',
      `${given} is not the model of the platform that --platform names`,
    );
  return name;
}

/** Who gives the command: whom `--by` names, else the user of the operating system. */
export const personOf = (by: string | undefined): string => by ?? userInfo().username;

/** Asks a person at a terminal; without one nothing is confirmed. */
export async function confirmed(question: string): Promise<boolean> {
  if (!process.stdin.isTTY) {
    say(`${question} There is no terminal to confirm at; add --yes`);
    return false;
  }
  const asking = createInterface({ input: process.stdin, output: process.stderr });
  const answer = await asking.question(`${question} [y/N] `);
  asking.close();
  return /^y(es)?$/i.test(answer.trim());
}

/** A line for people, beside what the command gives. */
export function say(line: string): void {
  process.stderr.write(`${line}\n`);
}

/** What the command gives. */
export function give(text: string): void {
  process.stdout.write(`${text}\n`);
}

export const giveJson = (value: unknown): void => give(JSON.stringify(value, null, 2));

/** A time as a table shows it, UTC. */
export const minuteOf = (at: number): string =>
  new Date(at * 1000).toISOString().slice(0, 16).replace('T', ' ');
