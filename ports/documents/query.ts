import { LogsterError } from '../../contracts/errors.ts';
import type { SqlValue } from '../sqlite.ts';
import { comparable, type Field, fieldOf, type Index, numericFieldOf } from './fields.ts';
import { quoted, tablesOf } from './schema.ts';

/** SQL with the values it binds, in order. Names come from the index's own fields, never from a caller. */
export interface Query {
  readonly sql: string;
  readonly values: readonly SqlValue[];
}

/** `Filter`, `Search`, `Figure` and `Grouping` of the port with their fields as plain text, still unchecked. */
export interface AnyFilter {
  readonly equals?: Readonly<Record<string, string | number | undefined>>;
  readonly anyOf?: Readonly<Record<string, readonly (string | number)[] | undefined>>;
  readonly range?: Readonly<Record<string, { readonly from?: number; readonly to?: number } | undefined>>;
}
export type AnySort = readonly { readonly field: string; readonly order: 'asc' | 'desc' }[];
export interface AnyFigure {
  readonly kind: 'count' | 'average' | 'max' | 'min' | 'sum' | 'cardinality';
  readonly field?: string;
}
export type AnyGrouping =
  | { readonly by: 'terms'; readonly field: string; readonly limit: number }
  | { readonly by: 'interval'; readonly field: string; readonly step: number };

/** The condition of a filter over the table of fields, called `f`; `true` for an empty one. */
export function conditionOf(index: Index, filter: AnyFilter): Query {
  const parts: Query[] = [];
  for (const [name, value] of Object.entries(filter.equals ?? {})) {
    if (value !== undefined) parts.push(among(index, fieldOf(index, name), [value]));
  }
  for (const [name, values] of Object.entries(filter.anyOf ?? {})) {
    if (values !== undefined) parts.push(among(index, fieldOf(index, name), values));
  }
  for (const [name, range] of Object.entries(filter.range ?? {})) {
    if (range !== undefined) parts.push(between(numericFieldOf(index, name, 'A range'), range));
  }
  return {
    sql: parts.map((part) => part.sql).join(' and ') || 'true',
    values: parts.flatMap((part) => part.values),
  };
}

function among(index: Index, field: Field, wanted: readonly (string | number)[]): Query {
  const values = wanted.map((value) => comparable(field.kind, value)).filter((value) => value !== null);
  const column = field.many ? 'v.value' : `f.${quoted(field.name)}`;
  const [only] = values;
  // one bound value however many are wanted: SQLite limits their number, and the statement is prepared once
  const match: Query =
    values.length === 1 && only !== undefined
      ? { sql: `${column} = ?`, values: [only] }
      : { sql: `${column} in (select value from json_each(?))`, values: [JSON.stringify(values)] };
  if (!field.many) return match;
  const table = tablesOf(index).values;
  return {
    sql: `f.doc in (select v.doc from ${table} v where v.field = ? and ${match.sql})`,
    values: [field.name, ...match.values],
  };
}

function between(field: Field, range: { readonly from?: number; readonly to?: number }): Query {
  const column = `f.${quoted(field.name)}`;
  const parts = [`${column} is not null`];
  const values: number[] = [];
  if (range.from !== undefined) {
    parts.push(`${column} >= ?`);
    values.push(range.from);
  }
  if (range.to !== undefined) {
    parts.push(`${column} < ?`);
    values.push(range.to);
  }
  return { sql: parts.join(' and '), values };
}

/** Document numbers in the wanted order: those without the field last either way, ties by id. */
export function pageOf(
  index: Index,
  filter: AnyFilter,
  sort: AnySort,
  page: { limit: number; offset: number },
): Query {
  const where = conditionOf(index, filter);
  const orders = sort.map(({ field: name, order }) => orderOf(index, fieldOf(index, name), order));
  const by = [...orders.map((order) => order.sql), 'f.id asc'].join(', ');
  return {
    sql: `select f.doc from ${tablesOf(index).fields} f where ${where.sql} order by ${by} limit ? offset ?`,
    values: [...where.values, ...orders.flatMap((order) => order.values), page.limit, page.offset],
  };
}

function orderOf(index: Index, field: Field, order: 'asc' | 'desc'): Query {
  checkedOrder(order);
  if (!field.many) return { sql: `f.${quoted(field.name)} ${order} nulls last`, values: [] };
  const end = order === 'asc' ? 'min' : 'max'; // as Elasticsearch sorts by an array
  const value = `(select ${end}(v.value) from ${tablesOf(index).values} v where v.doc = f.doc and v.field = ?)`;
  return { sql: `${value} ${order} nulls last`, values: [field.name] };
}

/** How many documents match. */
export function totalOf(index: Index, filter: AnyFilter): Query {
  const where = conditionOf(index, filter);
  return {
    sql: `select count(*) as total from ${tablesOf(index).fields} f where ${where.sql}`,
    values: where.values,
  };
}

/**
 * One row per group (or one row in all, without a grouping) with `key`, `count` and the figures, as `f0`, `f1`, …
 * in the order given. All of them are either over columns or over one and the same array field.
 */
export function aggregateOf(
  index: Index,
  filter: AnyFilter,
  grouping: AnyGrouping | undefined,
  figures: readonly AnyFigure[],
): Query {
  const where = conditionOf(index, filter);
  const group = grouping ? groupOf(index, grouping) : NO_GROUP;
  const array = figures.map((figure) => arrayOf(index, figure)).find((field) => field !== undefined);
  const { fields, values } = tablesOf(index);
  const join = array ? ` join ${values} a on a.doc = f.doc and a.field = ?` : '';
  const columns = figures.map((figure, place) => `${figureOf(index, figure)} as f${place}`);
  return {
    sql:
      `select ${[`${group.key} as key`, 'count(*) as count', ...columns].join(', ')} from ${fields} f${group.join}${join}` +
      ` where ${where.sql}${group.where}${group.tail}`,
    values: [
      ...group.keyValues,
      ...group.joinValues,
      ...(array ? [array.name] : []),
      ...where.values,
      ...group.tailValues,
    ],
  };
}

const NO_GROUP = {
  key: 'null',
  keyValues: [],
  join: '',
  joinValues: [],
  where: '',
  tail: '',
  tailValues: [],
};

function groupOf(index: Index, grouping: AnyGrouping) {
  if (grouping.by === 'interval') {
    const field = numericFieldOf(index, grouping.field, 'An interval');
    const step = checkedStep(grouping.step);
    const column = `f.${quoted(field.name)}`;
    return {
      ...NO_GROUP,
      key: `floor(${column} / ?) * ?`,
      keyValues: [step, step],
      where: ` and ${column} is not null`,
      tail: ' group by 1 order by 1',
    };
  }
  const field = fieldOf(index, grouping.field);
  const largest = {
    tail: ' group by 1 order by 2 desc, 1 limit ?',
    tailValues: [checkedCount('limit', grouping.limit)],
  };
  if (!field.many) {
    const column = `f.${quoted(field.name)}`;
    return { ...NO_GROUP, ...largest, key: column, where: ` and ${column} is not null` };
  }
  const join = ` join ${tablesOf(index).values} g on g.doc = f.doc and g.field = ?`;
  return { ...NO_GROUP, ...largest, key: 'g.value', join, joinValues: [field.name] };
}

/** The array field that a figure is over, if it is over one. */
export function arrayOf(index: Index, figure: AnyFigure): Field | undefined {
  if (figure.field === undefined) return undefined;
  const field = fieldOf(index, figure.field);
  return field.many ? field : undefined;
}

function figureOf(index: Index, figure: AnyFigure): string {
  if (figure.kind === 'count') return 'count(*)';
  const name = figure.field ?? '';
  if (figure.kind === 'cardinality') {
    return arrayOf(index, figure)
      ? 'count(distinct a.value)'
      : `count(distinct f.${quoted(fieldOf(index, name).name)})`;
  }
  const column = `f.${quoted(numericFieldOf(index, name, `The figure ${figure.kind}`).name)}`;
  const functions = { average: 'avg', max: 'max', min: 'min', sum: 'sum' } as const;
  return `${functions[checkedFigureKind(figure.kind)]}(${column})`;
}

/** A figure over numbers, by its kind. Throws `input-invalid` for any other. */
export function checkedFigureKind(kind: AnyFigure['kind']): 'average' | 'max' | 'min' | 'sum' {
  if (kind === 'average' || kind === 'max' || kind === 'min' || kind === 'sum') return kind;
  throw new LogsterError('input-invalid', `There is no figure "${String(kind)}"`);
}

/** The order of a sort. Throws `input-invalid`. */
export function checkedOrder(order: 'asc' | 'desc'): 'asc' | 'desc' {
  if (order === 'asc' || order === 'desc') return order;
  throw new LogsterError('input-invalid', `Cannot sort "${String(order)}"; the orders are asc and desc`);
}

/** The step of an interval: a finite number above 0. Throws `input-invalid`. */
export function checkedStep(step: number): number {
  if (step > 0 && Number.isFinite(step)) return step;
  throw new LogsterError('input-invalid', `An interval needs a step above 0, not ${step}`);
}

/** A limit or offset: a whole number from 0. Throws `input-invalid`. */
export function checkedCount(what: string, value: number): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new LogsterError('input-invalid', `The ${what} must be a whole number from 0, not ${value}`);
}
