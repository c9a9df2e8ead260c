import { LogsterError } from '../../contracts/errors.ts';
import type { FieldKind } from '../../contracts/indices.ts';
import type { SqlValue } from '../sqlite.ts';
import type { Document } from './documents.ts';

/** Longer keywords are kept in the document but cannot be asked for, as with Elasticsearch's `ignore_above`. */
export const KEYWORD_LIMIT = 8191;

/** Fields that hold arrays. Any other field that holds one cannot be asked for in that document. */
const MANY_VALUED: ReadonlySet<string> = new Set(['ttp_techniques', 'ttp_tactics']);

/** Field names and kinds by index, in the form of `INDICES`. */
export type IndexTable = Readonly<Record<string, Readonly<Record<string, FieldKind>>>>;

export interface Field {
  readonly name: string;
  readonly kind: FieldKind;
  readonly many: boolean;
  readonly path: readonly string[];
}

export interface Index {
  readonly name: string;
  readonly fields: readonly Field[]; // sorted by name
  readonly single: readonly Field[]; // those kept in a column
  readonly many: readonly Field[]; // those kept in the side table
}

/** The fields of one index, ready to read documents with. */
export function indexOf(name: string, kinds: Readonly<Record<string, FieldKind>>): Index {
  const fields = Object.keys(kinds)
    .sort()
    .map((field) => ({
      name: field,
      kind: kinds[field] ?? 'keyword',
      many: MANY_VALUED.has(field),
      path: field.split('.'),
    }));
  return {
    name,
    fields,
    single: fields.filter((field) => !field.many),
    many: fields.filter((field) => field.many),
  };
}

/** Finds a field by name. Throws `input-invalid`, naming the fields that there are. */
export function fieldOf(index: Index, name: string): Field {
  const field = index.fields.find((known) => known.name === name);
  if (field) return field;
  const known = index.fields.map((one) => one.name).join(', ');
  throw new LogsterError(
    'input-invalid',
    `${index.name} cannot be asked for "${name}"; its fields are ${known}`,
  );
}

/** Finds a field that has order and sums. Throws `input-invalid` for a keyword. */
export function numericFieldOf(index: Index, name: string, use: string): Field {
  const field = fieldOf(index, name);
  if (field.kind !== 'keyword') return field;
  const numeric = index.fields.filter((one) => one.kind !== 'keyword').map((one) => one.name);
  throw new LogsterError(
    'input-invalid',
    `${use} needs a number or a date, and "${name}" of ${index.name} is a keyword; there are ${numeric.join(', ')}`,
  );
}

/** The values of the single-valued fields, in the order of `index.single`; null where there is none. */
export function columnsOf(index: Index, body: Document): SqlValue[] {
  return index.single.map((field) => comparable(field.kind, at(body, field.path)));
}

/** Every value of the many-valued fields, each once. */
export function manyOf(
  index: Index,
  body: Document,
): readonly { readonly field: string; readonly value: SqlValue }[] {
  return index.many.flatMap((field) => {
    const held = at(body, field.path);
    const values = (Array.isArray(held) ? held : [held]).map((value) => comparable(field.kind, value));
    return [...new Set(values)]
      .filter((value) => value !== null)
      .map((value) => ({ field: field.name, value }));
  });
}

/**
 * A value as its field compares it: keywords as text, numbers and dates as finite numbers; null for what the
 * field cannot hold, which is kept in the document and matches nothing.
 */
export function comparable(kind: FieldKind, value: unknown): SqlValue {
  if (kind === 'keyword') {
    const text = typeof value === 'number' || typeof value === 'boolean' ? String(value) : value;
    return typeof text === 'string' && text.length <= KEYWORD_LIMIT ? text : null;
  }
  const number = typeof value === 'string' && value.trim() !== '' ? Number(value) : value;
  return typeof number === 'number' && Number.isFinite(number) ? number : null;
}

function at(body: Document, path: readonly string[]): unknown {
  let value: unknown = body;
  for (const step of path) {
    if (typeof value !== 'object' || value === null) return undefined;
    value = (value as Document)[step];
  }
  return value;
}
