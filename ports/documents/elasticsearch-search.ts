import type { estypes } from '@elastic/elasticsearch';
import type { Document, Found } from './documents.ts';
import type { Connection } from './elasticsearch-connection.ts';
import { totalOf } from './elasticsearch-figures.ts';
import type { Place } from './elasticsearch-mappings.ts';
import { conditionOf, orderOf } from './elasticsearch-query.ts';
import { bodyOf } from './elasticsearch-stored.ts';
import { type AnyFilter, type AnySort, checkedCount } from './query.ts';

export interface AnySearch {
  readonly filter?: AnyFilter;
  readonly sort?: AnySort;
  readonly limit: number;
  readonly offset?: number;
}

/** As far as a server looks by `from` and `size` (its `max_result_window`), and most hits of one step beyond. */
const WINDOW = 10_000;

/** Documents per step when there are more than a window: some 4 MB of them. */
const STEP = 1000;

/** How long the server keeps a state of the index between two steps. */
const KEEP = '1m';

/** The wanted page and how many match in all. Any page can be had; one beyond 10,000 takes a request per 10,000 passed. */
export async function searchIn(connection: Connection, place: Place, search: AnySearch): Promise<Found> {
  const limit = checkedCount('limit', search.limit);
  const asked = checkedCount('offset', search.offset ?? 0);
  const offset = limit === 0 ? 0 : asked; // nothing but the total is wanted
  const query = conditionOf(place.index, search.filter ?? {});
  const sort = orderOf(place.index, search.sort ?? []);
  if (offset + limit > WINDOW) return walked(connection, place, { query, sort }, { limit, offset });
  const answer = await connection.ask((client) =>
    client.search({
      index: place.alias,
      ignore_unavailable: true, // before the first document there is no index
      allow_partial_search_results: false, // an answer with a hole would be taken for the whole
      query,
      sort,
      from: offset,
      size: limit,
      track_total_hits: true,
      _source: ['body'],
    }),
  );
  return { total: totalOf(answer), documents: answer.hits.hits.map((hit) => bodyOf(hit._source)) };
}

interface Question {
  readonly query: estypes.QueryDslQueryContainer;
  readonly sort: estypes.SortOptions[];
}

/** Goes through one state of the index in steps, each after the last hit of the one before. */
async function walked(
  connection: Connection,
  { alias }: Place,
  question: Question,
  page: { readonly limit: number; readonly offset: number },
): Promise<Found> {
  let { id } = await connection.ask((client) =>
    client.openPointInTime({ index: alias, keep_alive: KEEP, ignore_unavailable: true }),
  );
  const documents: Document[] = [];
  let total: number | undefined;
  let after: estypes.SortResults | undefined;
  try {
    for (let passed = 0; ; ) {
      const skips = passed < page.offset;
      const size = skips
        ? Math.min(WINDOW, page.offset - passed)
        : Math.min(STEP, page.limit - documents.length);
      const answer = await connection.ask((client) =>
        client.search({
          ...question,
          pit: { id, keep_alive: KEEP },
          allow_partial_search_results: false,
          size,
          track_total_hits: total === undefined,
          ...(after && { search_after: after }),
          _source: skips ? false : ['body'],
        }),
      );
      id = answer.pit_id ?? id;
      const { hits } = answer.hits;
      total ??= totalOf(answer);
      passed += hits.length;
      if (!skips) documents.push(...hits.map((hit) => bodyOf(hit._source)));
      after = hits.at(-1)?.sort;
      if (hits.length < size || documents.length >= page.limit) return { total, documents };
    }
  } finally {
    // it would end by itself; what failed must not be hidden by this
    await connection.ask((client) => client.closePointInTime({ id })).catch(() => undefined);
  }
}

/** One document by its id, wherever among the days it lies. */
export async function documentIn(
  connection: Connection,
  { alias }: Place,
  id: string,
): Promise<Document | undefined> {
  const answer = await connection.ask((client) =>
    client.search({
      index: alias,
      ignore_unavailable: true,
      allow_partial_search_results: false,
      query: { ids: { values: [id] } },
      size: 1,
      _source: ['body'],
    }),
  );
  const hit = answer.hits.hits[0];
  return hit && bodyOf(hit._source);
}
