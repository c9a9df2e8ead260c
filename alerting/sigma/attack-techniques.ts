import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { TechniqueTable } from './generate-techniques.ts';

/** A technique of MITRE ATT&CK; tactics are spelt as in STIX (`credential-access`). */
export interface NamedTechnique {
  /** The id in use: that of its successor for one that MITRE withdrew. */
  readonly id: string;
  readonly name: string;
  readonly tactics: readonly string[];
}

const loaded: { table?: TechniqueTable } = {};

/** The table generated from MITRE's bundle: its version, MITRE's notice, and all enterprise techniques. */
export function attackTable(): TechniqueTable {
  loaded.table ??= JSON.parse(
    readFileSync(join(import.meta.dirname, 'attack-techniques.json'), 'utf8'),
  ) as TechniqueTable;
  return loaded.table;
}

/** A technique by its id, such as `T1059.001`; undefined when ATT&CK has none of that id. */
export function techniqueNamed(id: string): NamedTechnique | undefined {
  const { techniques, revoked } = attackTable();
  const current = Object.hasOwn(techniques, id) ? id : Object.hasOwn(revoked, id) ? revoked[id] : undefined;
  const found = current === undefined ? undefined : techniques[current];
  return found === undefined || current === undefined ? undefined : { id: current, ...found };
}

/** How many techniques and sub-techniques the table names. */
export function techniqueCount(): number {
  return Object.keys(attackTable().techniques).length;
}

/** What MITRE asks to be shown with its data. */
export function attackNotice(): string {
  return attackTable().notice;
}
