import { setImmediate as othersFirst } from 'node:timers/promises';
import { type Kysely, type SelectQueryBuilder, sql } from 'kysely';
import { LogsterError } from '../../contracts/errors.ts';
import type { GraphStore, KeptFilter, KeptGraph, KeptWindow } from './graphs.ts';
import { pack, unpack } from './pack.ts';
import type { GraphTables } from './tables.ts';

export interface SqlGraphs {
  /** For what changes the table. */
  readonly writer: Kysely<GraphTables>;
  /** For what reads it, also while something is written. */
  readonly reader: Kysely<GraphTables>;
  readonly name: string; // in messages
  /** Awaited before every call: where the table is not there yet, makes it. */
  readonly prepared?: () => Promise<void>;
}

/** Graphs per statement: few enough for any limit on its parameters, many enough to save round trips. */
const STATEMENT_GRAPHS = 16;
const STATEMENT_IDS = 500;

/** Graphs removed per step of `expire`: some milliseconds, after which others get their turn. */
const EXPIRE_STEP = 200;

/** The store of graphs over any SQL database whose table `migrateGraphs` has made. */
export function sqlGraphs({ writer, reader, name, prepared = async () => undefined }: SqlGraphs): GraphStore {
  const running = new Set<Promise<unknown>>();
  let open = true;
  const whileOpen = <T>(run: () => Promise<T>): Promise<T> => {
    if (!open) throw new LogsterError('closed', `The store of graphs ${name} was closed; open it again`);
    const call = prepared().then(run);
    const ended = call.catch(() => undefined).then(() => void running.delete(ended)); // its caller has the failure
    running.add(ended);
    return call;
  };
  return {
    keep: async (graphs) => whileOpen(() => keep(writer, graphs)),
    get: async (inferenceIds) => whileOpen(() => graphsOf(reader, inferenceIds)),
    list: async (filter, page) => whileOpen(() => listWindows(reader, filter, page)),
    expire: async (before) => whileOpen(() => expire(writer, before, () => open)),
    async close() {
      if (!open) return;
      open = false;
      await Promise.all(running);
      await reader.destroy();
      await writer.destroy();
    },
  };
}

/** All or none. */
async function keep(database: Kysely<GraphTables>, graphs: readonly KeptGraph[]): Promise<void> {
  if (graphs.length === 0) return;
  const rows = await Promise.all(graphs.map(rowOf)); // packed before the transaction, which keeps others waiting
  // in one order for all: two who keep the same graphs at once must not wait for each other
  rows.sort((a, b) => (a.inference_id < b.inference_id ? -1 : 1));
  await database.transaction().execute(async (transaction) => {
    for (const some of inLots(rows, STATEMENT_GRAPHS)) {
      await transaction
        .insertInto('kept_graphs')
        .values(some)
        .onConflict((on) => on.column('inference_id').doNothing())
        .execute();
    }
  });
}

async function graphsOf(
  database: Kysely<GraphTables>,
  inferenceIds: readonly string[],
): Promise<readonly KeptGraph[]> {
  const found = new Map<string, KeptGraph>();
  for (const some of inLots([...new Set(inferenceIds)], STATEMENT_IDS)) {
    const rows = await database
      .selectFrom('kept_graphs')
      .selectAll()
      .where('inference_id', 'in', some)
      .execute();
    const graphs = rows.map(async (row) => ({ ...windowOf(row), bytes: await unpack(row.bytes) }));
    for (const graph of await Promise.all(graphs)) found.set(graph.inferenceId, graph);
  }
  return inferenceIds.flatMap((id) => found.get(id) ?? []);
}

async function listWindows(
  database: Kysely<GraphTables>,
  filter: KeptFilter,
  page: Parameters<GraphStore['list']>[1],
): Promise<readonly KeptWindow[]> {
  const rows = await filtered(database.selectFrom('kept_graphs'), filter)
    .select(WINDOW_COLUMNS)
    .orderBy('window_end', 'desc')
    .orderBy('inference_id')
    .limit(page.limit)
    .offset(page.offset ?? 0)
    .execute();
  return rows.map(windowOf);
}

async function expire(database: Kysely<GraphTables>, before: number, isOpen: () => boolean): Promise<number> {
  let removed = 0;
  while (isOpen()) {
    const step = await database.transaction().execute(async (transaction) => {
      const old = transaction
        .selectFrom('kept_graphs')
        .select('inference_id')
        .where('kept_at', '<', before)
        .orderBy('kept_at')
        .limit(EXPIRE_STEP);
      return transaction.deleteFrom('kept_graphs').where('inference_id', 'in', old).executeTakeFirst();
    });
    removed += Number(step.numDeletedRows);
    if (step.numDeletedRows === 0n) break;
    await othersFirst();
  }
  return removed;
}

type Graphs = SelectQueryBuilder<GraphTables, 'kept_graphs', object>;

function filtered(graphs: Graphs, filter: KeptFilter): Graphs {
  const { platform, tenantIds, endpointId, pattern, because, leastProb, from, until } = filter;
  let query = graphs;
  if (tenantIds?.length === 0)
    query = query.where(sql<boolean>`1 = 0`); // nobody's graphs: PostgreSQL refuses `in ()`
  else if (tenantIds !== undefined) query = query.where('tenant_id', 'in', tenantIds);
  if (platform !== undefined) query = query.where('platform', '=', platform);
  if (endpointId !== undefined) query = query.where('endpoint_id', '=', endpointId);
  if (pattern !== undefined) query = query.where('pattern', '=', pattern);
  if (because !== undefined) query = query.where('because', '=', because);
  if (leastProb !== undefined) query = query.where('attack_prob', '>=', leastProb);
  if (from !== undefined) query = query.where('window_end', '>=', from);
  if (until !== undefined) query = query.where('window_end', '<', until);
  return query;
}

type Row = GraphTables['kept_graphs'];

const WINDOW_COLUMNS = [
  'inference_id',
  'tenant_id',
  'endpoint_id',
  'platform',
  'window_start',
  'window_end',
  'model_version',
  'attack_prob',
  'because',
  'pattern',
  'feature_schema',
  'content_hash',
  'kept_at',
] as const satisfies (keyof Row)[];

async function rowOf(graph: KeptGraph): Promise<Row> {
  return {
    inference_id: graph.inferenceId,
    tenant_id: graph.tenantId,
    endpoint_id: graph.endpointId,
    platform: graph.platform,
    window_start: graph.windowStart,
    window_end: graph.windowEnd,
    model_version: graph.modelVersion,
    attack_prob: graph.attackProb,
    because: graph.because,
    pattern: graph.pattern,
    feature_schema: graph.featureSchema,
    content_hash: graph.contentHash,
    kept_at: graph.keptAt,
    bytes: await pack(graph.bytes),
  };
}

function windowOf(row: Omit<Row, 'bytes'>): KeptWindow {
  return {
    inferenceId: row.inference_id,
    tenantId: row.tenant_id,
    endpointId: row.endpoint_id,
    platform: row.platform,
    windowStart: row.window_start,
    windowEnd: row.window_end,
    modelVersion: row.model_version,
    attackProb: row.attack_prob,
    because: row.because,
    pattern: row.pattern,
    featureSchema: row.feature_schema,
    contentHash: row.content_hash,
    keptAt: row.kept_at,
  };
}

function inLots<T>(all: readonly T[], most: number): readonly (readonly T[])[] {
  return Array.from({ length: Math.ceil(all.length / most) }, (_, lot) =>
    all.slice(lot * most, (lot + 1) * most),
  );
}
