import type { estypes } from '@elastic/elasticsearch';
import type { Group } from './documents.ts';
import type { Connection } from './elasticsearch-connection.ts';
import type { Place } from './elasticsearch-mappings.ts';
import { among, conditionOf } from './elasticsearch-query.ts';
import { type Field, fieldOf, type Index, numericFieldOf } from './fields.ts';
import {
  type AnyFigure,
  type AnyFilter,
  type AnyGrouping,
  checkedCount,
  checkedFigureKind,
  checkedStep,
} from './query.ts';

type Figures = Readonly<Record<string, AnyFigure>>;
type Numbers = Record<string, number | null>;
type Aggregations = Record<string, estypes.AggregationsAggregationContainer>;

/**
 * Different values are counted to within hashing up to this many, and to about 1 % beyond: the most that a server
 * takes, at 256 KiB per shard. In groups each has a count of its own, so there it is the server's usual one (16 KiB).
 */
const PRECISION = { all: 40_000, perGroup: 3000 };

/**
 * Groups that each shard hands in: counts are exact as long as no index has more different values among the matching
 * documents. More would cost a question for the ten largest as much as one for all.
 */
const GROUPS_PER_SHARD = 10_000;

/** The server refuses to answer more than 65,536 groups; asked for one more, it says so instead of cutting. */
const MOST_GROUPS = 65_537;

/** Figures over all matching documents. `cardinality` is exact for few values only, see `PRECISION`. */
export async function figuresOf(
  connection: Connection,
  place: Place,
  filter: AnyFilter,
  figures: Figures,
): Promise<Readonly<Numbers>> {
  const query = conditionOf(place.index, filter);
  const aggregations = aggregationsOf(place.index, figures, PRECISION.all);
  const answer = await aggregated(connection, place, query, aggregations);
  return numbersOf(figures, answer.aggregations, answer.total);
}

/** Groups with their figures. */
export async function groupsOf(
  connection: Connection,
  place: Place,
  filter: AnyFilter,
  grouping: AnyGrouping,
  figures: Figures,
): Promise<readonly Group[]> {
  const { index } = place;
  const query = conditionOf(index, filter);
  const inGroups = aggregationsOf(index, figures, PRECISION.perGroup);
  const ask = async (
    condition: estypes.QueryDslQueryContainer,
    by: estypes.AggregationsAggregationContainer,
    within: Aggregations,
  ) => {
    const { aggregations } = await aggregated(connection, place, condition, {
      groups: { ...by, aggregations: within },
    });
    return bucketsOf(aggregations).map((bucket) => groupFrom(figures, bucket));
  };
  if (grouping.by === 'interval') {
    const field = numericFieldOf(index, grouping.field, 'An interval').name;
    const interval = checkedStep(grouping.step);
    return ask(query, { histogram: { field, interval, min_doc_count: 1 } }, inGroups);
  }
  const field = fieldOf(index, grouping.field);
  const limit = checkedCount('limit', grouping.limit);
  if (limit === 0) return [];
  if (!Object.values(figures).some(({ kind }) => kind === 'cardinality')) {
    return ask(query, termsOf(field, limit), inGroups);
  }
  // counting different values costs memory for every group that a shard considers, so first find the few that are answered
  const largest = (await ask(query, termsOf(field, limit), {})).map(({ key }) => key);
  if (largest.length === 0) return [];
  const listed = { bool: { filter: [query, among(field, largest)] } };
  return ask(listed, termsOf(field, largest.length, largest), inGroups);
}

function termsOf(
  field: Field,
  limit: number,
  include?: readonly (string | number)[],
): estypes.AggregationsAggregationContainer {
  const size = Math.min(limit, MOST_GROUPS);
  const terms = {
    field: field.name,
    size,
    shard_size: Math.max(size, GROUPS_PER_SHARD),
    order: [{ _count: 'desc' }, { _key: 'asc' }],
    ...(include && { include: [...include] }),
  };
  return { terms: terms as estypes.AggregationsTermsAggregation }; // its type knows no numbers to include
}

/** One aggregation per figure but the counts, named by its place: a caller's name may hold what the server forbids. */
function aggregationsOf(index: Index, figures: Figures, precision: number): Aggregations {
  const aggregations: Aggregations = {};
  Object.values(figures).forEach(({ kind, field = '' }, place) => {
    if (kind === 'count') return;
    if (kind === 'cardinality') {
      const { name } = fieldOf(index, field);
      aggregations[`f${place}`] = { cardinality: { field: name, precision_threshold: precision } };
      return;
    }
    const { name } = numericFieldOf(index, field, `The figure ${checkedFigureKind(kind)}`);
    aggregations[`f${place}`] = { stats: { field: name } }; // not `sum`, which is 0 where there is nothing
  });
  return aggregations;
}

type Answers = Readonly<Record<string, unknown>>;

async function aggregated(
  connection: Connection,
  { alias }: Place,
  query: estypes.QueryDslQueryContainer,
  aggregations: Aggregations,
): Promise<{ total: number; aggregations: Answers }> {
  const answer = await connection.ask((client) =>
    client.search({
      index: alias,
      ignore_unavailable: true, // before the first document there is no index
      allow_partial_search_results: false, // an answer with a hole would be taken for the whole
      size: 0,
      track_total_hits: true,
      query,
      aggregations,
    }),
  );
  return { total: totalOf(answer), aggregations: (answer.aggregations ?? {}) as Answers };
}

/** How many documents matched. */
export function totalOf(answer: estypes.SearchResponse): number {
  const { total } = answer.hits;
  return typeof total === 'number' ? total : (total?.value ?? 0);
}

interface Bucket extends Answers {
  readonly key: string | number;
  readonly doc_count: number;
}

function bucketsOf(aggregations: Answers): readonly Bucket[] {
  return (aggregations['groups'] as { buckets: Bucket[] } | undefined)?.buckets ?? [];
}

function groupFrom(figures: Figures, bucket: Bucket): Group {
  const { key, doc_count: count } = bucket;
  return { key, count, figures: numbersOf(figures, bucket, count) };
}

function numbersOf(figures: Figures, aggregations: Answers, count: number): Numbers {
  const entries = Object.entries(figures).map(([name, { kind }], place): [string, number | null] => [
    name,
    numberOf(kind, aggregations[`f${place}`], count),
  ]);
  return Object.fromEntries(entries);
}

const STATS = { average: 'avg', max: 'max', min: 'min', sum: 'sum' } as const;

function numberOf(kind: AnyFigure['kind'], answer: unknown, count: number): number | null {
  if (kind === 'count') return count;
  if (kind === 'cardinality') return (answer as { value: number } | undefined)?.value ?? 0;
  const stats = answer as estypes.AggregationsStatsAggregate | undefined;
  return stats === undefined || stats.count === 0 ? null : Number(stats[STATS[kind]]);
}
