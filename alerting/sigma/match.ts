import { isIP } from 'node:net';
import ipaddr from 'ipaddr.js';
import type { Values } from './fields.ts';
import { linearRegex } from './linear-regex.ts';
import { dashVariants, type Encoding, encodings } from './transform.ts';
import type { Field, FieldTable, View } from './view.ts';
import { type Piece, piecesOf, type TextTest, wildcardTest } from './wildcard.ts';

/** Whether an event, as rules see it, is meant. */
export type Predicate = (view: View) => boolean;

/** A value of a detection as YAML gives it. */
export type DetectionValue = string | number | boolean | null;

const PLACES = ['contains', 'startswith', 'endswith'] as const;
const COMPARISONS: Readonly<Record<string, (a: number, b: number) => boolean>> = {
  gt: (a, b) => a > b,
  gte: (a, b) => a >= b,
  lt: (a, b) => a < b,
  lte: (a, b) => a <= b,
};
const ENCODINGS: readonly string[] = [
  'wide',
  'utf16le',
  'utf16be',
  'utf16',
  'base64',
  'base64offset',
] satisfies Encoding[];
const KNOWN: ReadonlySet<string> = new Set([
  ...PLACES,
  ...Object.keys(COMPARISONS),
  ...ENCODINGS,
  'all',
  'cased',
  'windash',
  're',
  'i',
  'm',
  's',
  'cidr',
  'exists',
  'fieldref',
  'neq',
]);

/**
 * Compiles one line of a detection: `Field|modifier|…: value or list of values`. A list means any of its values unless
 * `all` is given. Throws SyntaxError for what is not supported (SigmaHQ, "Modifiers" appendix 2.0).
 */
export function fieldPredicate(key: string, values: readonly DetectionValue[], table: FieldTable): Predicate {
  const [name = '', ...written] = key.split('|');
  // a keyword is looked for inside an event's texts
  const modifiers = name === '' && !written.includes('re') ? [...written, 'contains'] : written;
  for (const modifier of modifiers) {
    if (!KNOWN.has(modifier)) throw new SyntaxError(`the modifier ${modifier} is not supported`);
  }
  const flag = modifiers.find((modifier) => modifier === 'i' || modifier === 'm' || modifier === 's');
  if (flag !== undefined && !modifiers.includes('re')) throw new SyntaxError(`the modifier ${flag} needs re`);
  const field = name === '' ? table.keywords : table.field(name);
  const tests = values.map((value) => valuePredicate(field, value, new Set(modifiers), { modifiers, table }));
  const joined = modifiers.includes('all') ? allOf(tests) : anyOf(tests);
  return modifiers.includes('neq') ? (view) => !joined(view) : joined;
}

/** True where each of them is. */
export function allOf(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates;
  if (predicates.length === 1 && only) return only;
  return (view) => {
    for (const predicate of predicates) if (!predicate(view)) return false;
    return true;
  };
}

/** True where one of them is. */
export function anyOf(predicates: readonly Predicate[]): Predicate {
  const [only] = predicates;
  if (predicates.length === 1 && only) return only;
  return (view) => {
    for (const predicate of predicates) if (predicate(view)) return true;
    return false;
  };
}

interface Around {
  readonly modifiers: readonly string[];
  readonly table: FieldTable;
}

function valuePredicate(
  field: Field,
  value: DetectionValue,
  has: ReadonlySet<string>,
  { modifiers, table }: Around,
): Predicate {
  if (has.has('exists')) {
    const wanted = value === true || value === 'true';
    return (view) => (view.values(field) !== undefined) === wanted;
  }
  if (value === null || value === '') return (view) => view.values(field) === undefined;
  const comparison = modifiers.find((modifier) => modifier in COMPARISONS);
  if (comparison !== undefined) return comparing(field, COMPARISONS[comparison], value);
  const text = String(value);
  if (has.has('fieldref')) return referring(field, table.field(text), has);
  if (has.has('re'))
    return testing(field, linearRegex(text, { i: has.has('i'), m: has.has('m'), s: has.has('s') }), true);
  if (has.has('cidr')) return testing(field, network(text), true);
  return textPredicate(field, text, has, modifiers);
}

function textPredicate(
  field: Field,
  text: string,
  has: ReadonlySet<string>,
  modifiers: readonly string[],
): Predicate {
  const transforms = modifiers.filter((modifier): modifier is Encoding => ENCODINGS.includes(modifier));
  const variants = has.has('windash') ? dashVariants(text) : [text];
  // another case is other bytes, so what was encoded is compared as it stands
  const cased = has.has('cased') || has.has('base64') || has.has('base64offset');
  const tests = variants.flatMap((variant) => {
    const pieces =
      transforms.length === 0
        ? [piecesOf(variant)]
        : encodings(variant, transforms).map((one) => [{ text: one }]);
    return pieces.map((one) => wildcardTest(placed(cased ? one : one.map(lowered), has)));
  });
  const [only] = tests;
  return testing(
    field,
    tests.length === 1 && only ? only : (found) => tests.some((test) => test(found)),
    cased,
  );
}

function lowered(piece: Piece): Piece {
  return typeof piece === 'object' ? { text: piece.text.toLowerCase() } : piece;
}

function placed(pieces: readonly Piece[], has: ReadonlySet<string>): readonly Piece[] {
  const before = has.has('contains') || has.has('endswith');
  const after = has.has('contains') || has.has('startswith');
  return [
    ...(before && pieces[0] !== '*' ? ['*' as const] : []),
    ...pieces,
    ...(after && pieces.at(-1) !== '*' ? ['*' as const] : []),
  ];
}

function testing(field: Field, test: TextTest, cased: boolean): Predicate {
  return cased ? (view) => holds(view.values(field), test) : (view) => holds(view.lowered(field), test);
}

function holds(values: Values, test: TextTest): boolean {
  if (values === undefined) return false;
  return typeof values === 'string' ? test(values) : values.some(test);
}

function comparing(
  field: Field,
  compare: ((a: number, b: number) => boolean) | undefined,
  value: DetectionValue,
): Predicate {
  const limit = Number(value);
  if (compare === undefined || Number.isNaN(limit))
    throw new SyntaxError(`${value} is no number to compare with`);
  return testing(field, (found) => compare(Number(found), limit), true);
}

function referring(field: Field, other: Field, has: ReadonlySet<string>): Predicate {
  const cased = has.has('cased');
  const read = (view: View, which: Field): Values => (cased ? view.values(which) : view.lowered(which));
  const place = PLACES.find((one) => has.has(one));
  const compare = (value: string, wanted: string): boolean => {
    if (place === 'contains') return value.includes(wanted);
    if (place === 'startswith') return value.startsWith(wanted);
    return place === 'endswith' ? value.endsWith(wanted) : value === wanted;
  };
  return (view) =>
    holds(read(view, other), (wanted) => holds(read(view, field), (value) => compare(value, wanted)));
}

/** Whether an address lies in a network such as `10.0.0.0/8` or `fc00::/7`. */
function network(text: string): TextTest {
  if (!ipaddr.isValidCIDR(text)) throw new SyntaxError(`${text} is no network in CIDR notation`);
  const [base, bits] = ipaddr.parseCIDR(text);
  return (found) => {
    if (isIP(found) === 0) return false;
    const address = ipaddr.process(found);
    return address.kind() === base.kind() && address.match(base, bits);
  };
}
