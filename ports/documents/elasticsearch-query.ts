import type { estypes } from '@elastic/elasticsearch';
import { exact } from './elasticsearch-stored.ts';
import { comparable, type Field, fieldOf, type Index, numericFieldOf } from './fields.ts';
import { type AnyFilter, type AnySort, checkedOrder } from './query.ts';

type Query = estypes.QueryDslQueryContainer;

/** Values of one `terms` query; a server takes 65,536. */
const MOST_TERMS = 65_000;

const NOTHING: Query = { match_none: {} };

/** The condition of a filter. Throws `input-invalid` for an unknown field. */
export function conditionOf(index: Index, filter: AnyFilter): Query {
  const parts: Query[] = [];
  for (const [name, value] of Object.entries(filter.equals ?? {})) {
    if (value !== undefined) parts.push(among(fieldOf(index, name), [value]));
  }
  for (const [name, values] of Object.entries(filter.anyOf ?? {})) {
    if (values !== undefined) parts.push(among(fieldOf(index, name), values));
  }
  for (const [name, range] of Object.entries(filter.range ?? {})) {
    if (range !== undefined) parts.push(between(numericFieldOf(index, name, 'A range'), range));
  }
  return { bool: { filter: parts } };
}

/** Documents whose field has one of the values. */
export function among(field: Field, wanted: readonly (string | number)[]): Query {
  const values = wanted.map((value) => comparable(field.kind, value)).filter((value) => value !== null);
  if (values.length === 0) return NOTHING;
  const should: Query[] = [];
  for (let first = 0; first < values.length; first += MOST_TERMS) {
    should.push({ terms: { [field.name]: values.slice(first, first + MOST_TERMS).map(exact) } });
  }
  return should.length === 1 ? (should[0] ?? NOTHING) : { bool: { should } };
}

/** Documents that have the field, with from <= value < to. JSON has no infinity and no NaN, so those are told apart here. */
export function between(field: Field, range: { readonly from?: number; readonly to?: number }): Query {
  const { from = Number.NEGATIVE_INFINITY, to = Number.POSITIVE_INFINITY } = range;
  if (Number.isNaN(from) || Number.isNaN(to) || from === Infinity || to === -Infinity) return NOTHING;
  const bounds = {
    ...(Number.isFinite(from) && { gte: from }),
    ...(Number.isFinite(to) && { lt: to }),
  };
  if (Object.keys(bounds).length === 0) return { exists: { field: field.name } };
  return { range: { [field.name]: bounds } };
}

/** The order of documents: those without the field last either way, ties by id. */
export function orderOf(index: Index, sort: AnySort): estypes.SortOptions[] {
  const orders = sort.map(({ field: name, order }): estypes.SortOptions => {
    const field = fieldOf(index, name);
    return {
      [field.name]: {
        order: checkedOrder(order),
        missing: '_last',
        mode: order === 'asc' ? 'min' : 'max',
        unmapped_type: field.kind === 'keyword' ? 'keyword' : 'double', // an index of before the field
      },
    };
  });
  return [...orders, { id: { order: 'asc', unmapped_type: 'keyword' } }];
}
