import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';

/** What MITRE's terms of use (attack.mitre.org/resources/legal-and-branding/terms-of-use) ask to go with every copy. */
const NOTICE =
  'The MITRE Corporation (MITRE) hereby grants you a non-exclusive, royalty-free license to use ATT&CK® for research, ' +
  'development, and commercial purposes. Any copy you make for such purposes is authorized provided that you reproduce ' +
  'MITRE’s copyright designation and this license in any such copy. © 2025 The MITRE Corporation. This work is ' +
  'reproduced and distributed with the permission of The MITRE Corporation.';

const bundleSchema = z.object({
  type: z.literal('bundle'),
  objects: z.array(z.looseObject({ type: z.string() })),
});

const patternSchema = z.looseObject({
  id: z.string(),
  name: z.string(),
  revoked: z.boolean().default(false),
  external_references: z.array(
    z.looseObject({ source_name: z.string(), external_id: z.string().optional() }),
  ),
  kill_chain_phases: z
    .array(z.looseObject({ kill_chain_name: z.string(), phase_name: z.string() }))
    .default([]),
});

const revocationSchema = z.looseObject({
  relationship_type: z.literal('revoked-by'),
  source_ref: z.string(),
  target_ref: z.string(),
});

/** The table of techniques as it is stored in `attack-techniques.json`. */
export interface TechniqueTable {
  readonly version: string;
  readonly notice: string;
  readonly techniques: Readonly<
    Record<string, { readonly name: string; readonly tactics: readonly string[] }>
  >;
  /** Ids that MITRE withdrew, and what it put in their place. */
  readonly revoked: Readonly<Record<string, string>>;
}

/**
 * The names and tactics of all techniques in MITRE's enterprise STIX bundle (github.com/mitre-attack/attack-stix-data).
 * Throws input-invalid for anything that is no such bundle.
 */
export function techniqueTable(bundle: unknown, version: string): TechniqueTable {
  const read = bundleSchema.safeParse(bundle);
  if (!read.success)
    throw new LogsterError(
      'input-invalid',
      'The file is no STIX bundle; give MITRE’s enterprise-attack JSON',
    );
  const { objects } = read.data;
  const patterns = objects
    .filter(({ type }) => type === 'attack-pattern')
    .map((object) => patternSchema.parse(object))
    .flatMap((pattern) => {
      const id = pattern.external_references.find(
        ({ source_name }) => source_name === 'mitre-attack',
      )?.external_id;
      return id === undefined ? [] : [{ ...pattern, technique: id }];
    })
    .sort((a, b) => (a.technique < b.technique ? -1 : 1));
  const idOf = new Map(patterns.map((pattern) => [pattern.id, pattern.technique]));
  const known = patterns.filter(({ revoked }) => !revoked);
  const successors = new Map(
    objects.flatMap((object) => {
      const relation = revocationSchema.safeParse(object);
      if (!relation.success) return [];
      const [from, to] = [idOf.get(relation.data.source_ref), idOf.get(relation.data.target_ref)];
      // a few techniques were only moved, which left their id in use
      return from === undefined || to === undefined || from === to ? [] : [[from, to] as const];
    }),
  );
  const isKnown = new Set(known.map(({ technique }) => technique));
  const revoked = [...successors.keys()].flatMap((id) => {
    let current: string | undefined = id;
    // a successor can have been withdrawn in its turn; the limit ends a circle
    for (let step = 0; step < 5 && current !== undefined && !isKnown.has(current); step++)
      current = successors.get(current);
    return current === undefined || !isKnown.has(current) || isKnown.has(id) ? [] : [[id, current] as const];
  });
  return {
    version,
    notice: NOTICE,
    techniques: Object.fromEntries(
      known.map(({ technique, name, kill_chain_phases }) => [
        technique,
        {
          name,
          tactics: kill_chain_phases
            .filter(({ kill_chain_name }) => kill_chain_name === 'mitre-attack')
            .map(({ phase_name }) => phase_name),
        },
      ]),
    ),
    revoked: Object.fromEntries(revoked.sort(([a], [b]) => (a < b ? -1 : 1))),
  };
}

/** Reads the bundle and writes the table: `node generate-techniques.js enterprise-attack-18.1.json 18.1 [table.json]`. */
export function generateTechniques([bundleFile, version, tableFile]: readonly string[]): void {
  if (bundleFile === undefined || version === undefined)
    throw new LogsterError(
      'input-invalid',
      'Give the path of MITRE’s STIX bundle and its version, such as 18.1',
    );
  let bundle: unknown;
  try {
    bundle = JSON.parse(readFileSync(bundleFile, 'utf8'));
  } catch (cause) {
    throw new LogsterError('input-invalid', `Cannot read ${bundleFile}: ${reasonOf(cause)}`, { cause });
  }
  const table = techniqueTable(bundle, version);
  writeFileSync(
    tableFile ?? `${import.meta.dirname}/attack-techniques.json`,
    `${JSON.stringify(table, null, 1)}\n`,
  );
}

if (process.argv[1] === fileURLToPath(import.meta.url)) generateTechniques(process.argv.slice(2));
