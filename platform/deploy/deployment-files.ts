import { readdirSync, readFileSync } from 'node:fs';
import { join, relative } from 'node:path';
import { parseAllDocuments, parseDocument } from 'yaml';
import { describeSettings } from '../config.ts';

export const ROOT = join(import.meta.dirname, '..', '..');

/** A mapping of a YAML file, whose shape is checked where it is used. */
export type Node = Readonly<Record<string, unknown>>;

/** The text of a file of the project. */
export function textOf(file: string): string {
  return readFileSync(join(ROOT, file), 'utf8');
}

/** The one document of a YAML file, with its anchors and merges resolved. Throws where it does not parse. */
export function yamlOf(file: string): Node {
  const document = parseDocument(textOf(file), { merge: true, uniqueKeys: true });
  if (document.errors.length > 0) throw new Error(`${file}: ${document.errors.join(', ')}`);
  return document.toJS() as Node;
}

/** Every document of a YAML file. Throws where one does not parse. */
export function documentsOf(file: string): readonly Node[] {
  const documents = parseAllDocuments(textOf(file), { uniqueKeys: true });
  if ('empty' in documents) return [];
  for (const { errors } of documents) if (errors.length > 0) throw new Error(`${file}: ${errors.join(', ')}`);
  return documents.map((document) => document.toJS() as Node);
}

/** Files below a folder of the project, by their path in it. */
export function filesBelow(folder: string, ending: RegExp): readonly string[] {
  return readdirSync(join(ROOT, folder), { withFileTypes: true, recursive: true })
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map((entry) => relative(ROOT, join(entry.parentPath, entry.name)))
    .filter((file) => !file.startsWith('node_modules'))
    .sort();
}

/** A value deep in a document; undefined where the way there breaks off. */
export function at(node: unknown, ...path: readonly (string | number)[]): unknown {
  return path.reduce<unknown>((place, key) => (place as Node | undefined | null)?.[key as string], node);
}

/** Entries of a mapping; none where there is no such mapping. */
export function entriesOf(node: unknown): readonly (readonly [string, unknown])[] {
  return Object.entries((node ?? {}) as Node);
}

/** Elements of a list; none where there is no such list. */
export function listOf(node: unknown): readonly unknown[] {
  return (node ?? []) as readonly unknown[];
}

/** Short names of settings, as config.ts takes them. */
const SHORT: Node = { LOGSTER_BACKEND: 'model.backend', LOGSTER_DATA: 'data.directory' };
/** Sections whose settings come with the distributed engines: checked as soon as they are there. */
const COMING: ReadonlySet<string> = new Set(['kafka', 'redis', 'elasticsearch', 'postgres', 'mlflow']);

/** What is wrong with the name of an environment variable of ours; undefined when it names a setting. */
export function faultOfVariable(name: string): string | undefined {
  if (!name.startsWith('LOGSTER_') || name === 'LOGSTER_CONFIG') return undefined;
  const setting = String(SHORT[name] ?? name.slice('LOGSTER_'.length).toLowerCase().replaceAll('__', '.'));
  return faultOfSetting(setting) && `${name}: ${faultOfSetting(setting)}`;
}

/** What is wrong with the name of a setting, `section.key`; undefined when there is one. */
export function faultOfSetting(setting: string): string | undefined {
  const known = describeSettings().map(({ name }) => name);
  if (known.includes(setting)) return undefined;
  const section = setting.split('.')[0] ?? '';
  const isThere = known.some((name) => name.startsWith(`${section}.`));
  return COMING.has(section) && !isThere ? undefined : `there is no setting ${setting}`;
}

/** A version that stays what it is: `latest`, a branch or nothing is none. */
export function isPinned(image: string): boolean {
  return /:v?\d+(\.\d+)+[\w.-]*$/.test(image) || /^python:3\.\d+-/.test(image);
}
