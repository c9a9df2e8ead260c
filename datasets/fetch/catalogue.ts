import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LogsterError } from '../../contracts/errors.ts';

const fileSchema = z
  .string()
  .min(1)
  .refine((path) => isInside(path), 'a file stays inside of its folder: no absolute path, no ".."');

/** What a capture must say of itself to be fetched; its other fields go along as they are. */
export const fetchedSchema = z.looseObject({
  id: z.string().min(1),
  file: fileSchema, // relative to the manifest, with /
  licence: z.string().min(1),
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'a sha256 is needed: what cannot be checked is not fetched'),
  bytes: z.number().int().nonnegative().optional(),
});

/** An entry of a manifest with everything that fetching needs. */
export type FetchedCapture = Readonly<z.infer<typeof fetchedSchema>>;

const address = z.url({ protocol: /^https$/ });

const setSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9-]+$/),
  title: z.string(),
  homepage: address,
  licence: z.string(),
  licenceAddress: address,
  conversion: z.string(), // what must be done with a file before it is a capture
  captures: z.array(z.strictObject({ address, capture: fetchedSchema })).min(1),
});

/** A public set: where its files lie, at which state, under which licence, and with which sha256. */
export type PublicSet = Readonly<z.infer<typeof setSchema>>;

let sets: readonly PublicSet[] | undefined;

/** The public sets that Logster knows, from catalogue.json beside this file. */
export function catalogue(): readonly PublicSet[] {
  sets ??= z
    .strictObject({ sets: z.array(setSchema) })
    .parse(JSON.parse(readFileSync(join(import.meta.dirname, 'catalogue.json'), 'utf8'))).sets;
  return sets;
}

/** The sets with these names, or all. Throws not-found and lists the names. */
export function setsNamed(names: readonly string[]): readonly PublicSet[] {
  const known = catalogue();
  const unknown = names.filter((name) => !known.some((set) => set.name === name));
  if (unknown.length > 0)
    throw new LogsterError(
      'not-found',
      `No public set is called ${unknown.join(', ')}; there are ${known.map((set) => set.name).join(', ')}`,
    );
  return names.length === 0 ? known : known.filter((set) => names.includes(set.name));
}

function isInside(path: string): boolean {
  const parts = path.split(/[/\\]/);
  return !path.includes('\\') && !/^([/]|[a-z]:)/i.test(path) && !parts.includes('..');
}
