import { LogsterError } from '../../contracts/errors.ts';
import { ALIASES, type Alias } from './registry.ts';

/** Names of models and of their files: what every file system and every URL takes as it is. */
export const NAME = /^[a-z0-9][a-z0-9._-]{0,127}$/i;

/** A version's number as text. */
export const VERSION = /^[1-9]\d{0,8}$/;

/** The name itself; throws input-invalid for one that could leave its place. */
export function checkedName(what: string, name: string): string {
  if (NAME.test(name)) return name;
  throw new LogsterError(
    'input-invalid',
    `"${name}" cannot name a ${what}; use letters, digits, ".", "_" and "-", beginning with a letter or digit`,
  );
}

/** The alias itself; throws input-invalid for one that the port does not know. */
export function knownAlias(alias: Alias): Alias {
  if (ALIASES.includes(alias)) return alias;
  throw new LogsterError('input-invalid', `There is no alias "${alias}"; there are ${ALIASES.join(', ')}`);
}

/** The not-found of a version, with the versions that there are. */
export function missingVersion(
  name: string,
  version: string,
  there: readonly { readonly version: string }[],
): LogsterError {
  const numbers = there.map((one) => one.version).join(', ');
  const has = numbers ? `it has ${numbers}` : 'it has none of this model';
  return new LogsterError('not-found', `No model ${name}@${version} in the registry; ${has}`);
}

/** The not-found of a version's file, with the files that there are. */
export function missingFile(
  model: string,
  file: string,
  there: readonly { readonly name: string }[],
): LogsterError {
  const names = there.map((one) => one.name).join(', ');
  return new LogsterError('not-found', `Model ${model} has no file ${file}; it has ${names}`);
}
