import { createHash } from 'node:crypto';
import type { EventData, NormalizedEvent } from '../contracts/event.ts';

/** Fields that are a path, or a list of words in which paths and names stand. */
const PATHS = [
  'image',
  'parent_image',
  'source_image',
  'target_image',
  'image_loaded',
  'target_filename',
  'old_filename',
  'script_path',
  'original_file_name',
  'start_module',
] as const satisfies readonly (keyof EventData)[];
const USERS = ['user', 'target_user'] as const satisfies readonly (keyof EventData)[];
const TEXTS = [
  'command_line',
  'parent_command_line',
  'current_directory',
  'script_text',
  'destination_hostname',
  'query_name',
] as const satisfies readonly (keyof EventData)[];

/** Accounts that an operating system itself defines: who they are is a privilege, not a name. */
const SYSTEM_ACCOUNTS = ['system', 'local service', 'network service', 'root', 'nobody', 'nt authority'];

const WORD = /[\p{L}\p{N}_]{2,}/gu;

/** Gives names that mean nothing to the events of one capture, and to its machines. */
export interface Renaming {
  readonly event: (event: NormalizedEvent) => NormalizedEvent;
  readonly name: (name: string) => string;
}

/**
 * Replaces what programs, files, users and machines are called by random words of the same shape (letters by
 * letters of the same case, digits by digits), one name by one word all over the capture. Folders keep their
 * names, but for those of users, and so do file extensions: where a thing lies and of what kind it is stays true.
 * Equal events and seed give equal names.
 */
export function renamingOf(events: Iterable<NormalizedEvent>, seed: string): Renaming {
  const names = new Set<string>();
  const folders = new Set<string>();
  const people = new Set<string>();
  for (const { hostname, data } of events) {
    for (const word of wordsOf(hostname.split('.')[0] ?? '')) people.add(word);
    for (const key of USERS) for (const word of usersOf(data[key])) people.add(word);
    for (const key of PATHS) {
      const { folder, stem } = partsOf(data[key] ?? '');
      for (const word of wordsOf(folder)) folders.add(word);
      for (const word of wordsOf(stem)) names.add(word);
    }
  }
  const word = (one: string): string =>
    /^\d+$/.test(one) ? one : shapedLike(one, randomLetters(one.toLowerCase(), seed));
  const known = (one: string): string => {
    const key = one.toLowerCase();
    return people.has(key) || (names.has(key) && !folders.has(key)) ? word(one) : one;
  };
  const text = (value: string): string => value.replace(WORD, known);
  const path = (value: string): string => {
    const { folder, stem, extension } = partsOf(value);
    return `${text(folder)}${stem.replace(WORD, word)}${extension}`; // a stem is a name even where a folder bears it
  };
  const user = (value: string): string =>
    value.replace(/[^\\@]+/g, (part) => (isSystemAccount(part) ? part : part.replace(WORD, word)));
  return {
    event: (event) => ({ ...event, data: renamedData(event.data, { text, path, user }) }),
    name: text,
  };
}

type Rename = (value: string) => string;

function renamedData(
  data: EventData,
  { text, path, user }: { readonly text: Rename; readonly path: Rename; readonly user: Rename },
): EventData {
  const changed: Record<string, string> = {};
  for (const [keys, rename] of [
    [PATHS, path],
    [USERS, user],
    [TEXTS, text],
  ] as const)
    for (const key of keys) if (data[key] !== undefined) changed[key] = rename(data[key]);
  return { ...data, ...changed };
}

/** A path's folder with its last separator, its name and its extension with the dot. */
function partsOf(path: string): {
  readonly folder: string;
  readonly stem: string;
  readonly extension: string;
} {
  const cut = Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1;
  const name = path.slice(cut);
  const dot = name.lastIndexOf('.');
  const end = dot > 0 ? dot : name.length;
  return { folder: path.slice(0, cut), stem: name.slice(0, end), extension: name.slice(end) };
}

const wordsOf = (text: string): readonly string[] => text.toLowerCase().match(WORD) ?? [];

function usersOf(user: string | undefined): readonly string[] {
  const parts = (user ?? '').toLowerCase().split(/[\\@]/);
  return parts.filter((part) => !isSystemAccount(part)).flatMap(wordsOf);
}

const isSystemAccount = (part: string): boolean => SYSTEM_ACCOUNTS.includes(part.trim().toLowerCase());

/** As many letters as the word has, from a hash of it: no state, so the order of events plays no part. */
function randomLetters(word: string, seed: string): string {
  const bytes = createHash('sha512').update(`${seed} ${word}`).digest();
  return Array.from(word, (_, place) => String.fromCharCode(97 + ((bytes[place % 64] ?? 0) % 26))).join('');
}

function shapedLike(word: string, letters: string): string {
  return Array.from(word, (char, place) => {
    const letter = letters[place] ?? 'x';
    if (/\d/.test(char)) return String((letter.charCodeAt(0) - 97) % 10);
    if (char === '_') return char;
    return char === char.toUpperCase() ? letter.toUpperCase() : letter;
  }).join('');
}
