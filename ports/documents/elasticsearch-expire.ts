import type { estypes } from '@elastic/elasticsearch';
import { LogsterError } from '../../contracts/errors.ts';
import type { Connection } from './elasticsearch-connection.ts';
import type { Place } from './elasticsearch-mappings.ts';
import { between } from './elasticsearch-query.ts';
import { deletion, sendBulk, type WriteNeeds } from './elasticsearch-write.ts';
import { numericFieldOf } from './fields.ts';

/** Documents removed per step. */
const STEP = 1000;

/** Indices of one alias that are looked at; there are about a hundred. */
const MOST_INDICES = 1000;

/**
 * Removes the documents whose field lies before a limit: indices that hold nothing else as a whole, which costs next
 * to nothing, and the others' documents one by one. By search and delete, which every server has, and which leaves
 * a document alone that was written again meanwhile. Answers how many are gone.
 */
export async function expireIn(
  needs: WriteNeeds,
  place: Place,
  fieldName: string,
  before: number,
): Promise<number> {
  const query = between(numericFieldOf(place.index, fieldName, 'Expiry'), { to: before });
  let removed = 0;
  if (place.dated) {
    for (const index of await wholeIndices(needs.connection, place.alias, query)) {
      removed += await dropIndex(needs.connection, index, query);
    }
  }
  for (;;) {
    const step = await removeSome(needs, place.alias, query);
    removed += step.removed;
    if (step.found < STEP) return removed;
  }
}

interface IndexBucket {
  readonly key: string;
  readonly doc_count: number;
  readonly old: { readonly doc_count: number };
}

/** The alias's indices in which every document is old. */
async function wholeIndices(
  connection: Connection,
  alias: string,
  old: estypes.QueryDslQueryContainer,
): Promise<readonly string[]> {
  const buckets = await oldPerIndex(connection, alias, old);
  return buckets.filter((bucket) => bucket.old.doc_count === bucket.doc_count).map(({ key }) => key);
}

async function oldPerIndex(
  connection: Connection,
  index: string,
  old: estypes.QueryDslQueryContainer,
): Promise<readonly IndexBucket[]> {
  const answer = await connection.ask((client) =>
    client.search({
      index,
      ignore_unavailable: true,
      allow_partial_search_results: false, // what is not seen must not be taken for old
      size: 0,
      aggregations: {
        indices: {
          terms: { field: '_index', size: MOST_INDICES },
          aggregations: { old: { filter: old } },
        },
      },
    }),
  );
  const indices = answer.aggregations?.['indices'] as { buckets: IndexBucket[] } | undefined;
  return indices?.buckets ?? [];
}

/**
 * Deletes an index if all in it is old. Writes are held off before it is looked at for the last time: a document
 * confirmed in between would be lost. Their writers try again and meet a new index.
 */
async function dropIndex(
  connection: Connection,
  index: string,
  old: estypes.QueryDslQueryContainer,
): Promise<number> {
  try {
    await connection.ask((client) => client.indices.addBlock({ index, block: 'write' }));
    await connection.ask((client) => client.indices.refresh({ index }));
    const [last] = await oldPerIndex(connection, index, old);
    if (last && last.old.doc_count === last.doc_count) {
      await connection.ask((client) => client.indices.delete({ index }));
      return last.doc_count;
    }
  } catch (thrown) {
    if (thrown instanceof LogsterError && thrown.code === 'not-found') return 0; // another process was first
    await allowWrites(connection, index).catch(() => undefined); // what failed first is what matters
    throw thrown;
  }
  await allowWrites(connection, index);
  return 0;
}

async function allowWrites(connection: Connection, index: string): Promise<void> {
  await connection.ask((client) =>
    client.indices.putSettings({ index, settings: { 'index.blocks.write': null } }),
  );
}

async function removeSome(
  needs: WriteNeeds,
  alias: string,
  query: estypes.QueryDslQueryContainer,
): Promise<{ found: number; removed: number }> {
  const answer = await needs.connection.ask((client) =>
    client.search({
      index: alias,
      ignore_unavailable: true,
      query,
      size: STEP,
      sort: ['_doc'],
      seq_no_primary_term: true,
      _source: false,
    }),
  );
  const { hits } = answer.hits;
  if (hits.length === 0) return { found: 0, removed: 0 };
  // with a refresh, so that the next step does not find them again
  const statuses = await sendBulk(needs, hits.map(deletion), true);
  return { found: hits.length, removed: statuses.filter((status) => status === 200).length };
}
