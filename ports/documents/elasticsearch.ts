import { LogsterError } from '../../contracts/errors.ts';
import { INDICES } from '../../contracts/indices.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import type { Documents, NewDocument } from './documents.ts';
import { type Address, type Connection, connect } from './elasticsearch-connection.ts';
import { expireIn } from './elasticsearch-expire.ts';
import { figuresOf, groupsOf } from './elasticsearch-figures.ts';
import { install, type Place } from './elasticsearch-mappings.ts';
import { untilReady } from './elasticsearch-ready.ts';
import { type AnySearch, documentIn, searchIn } from './elasticsearch-search.ts';
import { DATED, indexNameOf, storedText } from './elasticsearch-stored.ts';
import { creation, replacement, sendBulk, type WriteNeeds } from './elasticsearch-write.ts';
import { indexOf } from './fields.ts';
import type { AnyFigure, AnyFilter, AnyGrouping } from './query.ts';

export interface ElasticsearchOptions extends Address {
  /** Begins the names of all indices and templates, so that several installations may share a cluster. */
  readonly prefix?: string;
  /** Of each index that is made from now on. */
  readonly shards?: number;
  readonly replicas?: number;
  /** A document is found so long after it was sent, and only then confirmed: shorter is quicker and costs the server more. */
  readonly refreshMs?: number;
  /** How long a cluster that is still starting is waited for. */
  readonly readyWithinMs?: number;
  readonly telemetry?: Telemetry;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Documents in Elasticsearch 8 or 9. Needs the cluster privileges `monitor` and `manage_index_templates` and, for
 * indices named `<prefix>logster-*`, `all`.
 *
 * What was confirmed is found by everybody: `create` waits for the next regular refresh (`refreshMs`), which makes a
 * batch slower and costs the server nothing, where a refresh before each search could not see other processes' writes
 * without one per search. `put` refreshes at once, because alerts are few and come one by one.
 *
 * Answers are those of the embedded store, but for three: `cardinality` is an estimate above 40,000 values (3,000 in a
 * group), `groups` are counted exactly up to 10,000 values per index and refused above 65,536, and an id has at most
 * 512 bytes. An id is one document within a day: `put` into events or results with another `timestamp` makes two.
 *
 * Throws `config-invalid` for wrong credentials or another version, `unavailable` for a cluster that is not ready in
 * time; later calls throw `unavailable` while it does not answer, and work again when it does.
 */
export async function elasticsearchDocuments(options: ElasticsearchOptions): Promise<Documents> {
  const { clock = systemClock, random = Math.random, telemetry } = options;
  const connection = connect(options);
  try {
    const version = await untilReady(connection, clock, options.readyWithinMs ?? 60_000);
    const places = await installed(connection, options);
    telemetry?.log.info('Elasticsearch was ready', { where: connection.where, version });
    return documentsIn({ connection, clock, random, ...(telemetry && { telemetry }) }, places);
  } catch (thrown) {
    await connection.close();
    throw thrown;
  }
}

async function installed(connection: Connection, options: ElasticsearchOptions): Promise<readonly Place[]> {
  const { prefix = '', shards = 1, replicas = 1, refreshMs = 1000 } = options;
  const places = Object.entries(INDICES).map(([name, kinds]) => ({
    index: indexOf(name, kinds),
    alias: `${prefix}${name}`,
    dated: DATED.has(name),
  }));
  await Promise.all(places.map((place) => install(connection, place, { shards, replicas, refreshMs })));
  return places;
}

function documentsIn(needs: WriteNeeds, places: readonly Place[]): Documents {
  const { connection, clock } = needs;
  const named = async (name: string): Promise<Place> => {
    await connection.ask(async () => undefined); // closed?
    const place = places.find(({ index }) => index.name === name);
    if (place) return place;
    const names = places.map(({ index }) => index.name).join(', ');
    throw new LogsterError('input-invalid', `There is no index "${name}"; there are ${names}`);
  };
  return {
    async create(name, documents) {
      return createAll(needs, await named(name), documents);
    },
    async put(name, id, body, version) {
      const place = await named(name);
      const index = indexNameOf(place, body, clock.now());
      const stored = storedText(place.index, id, body, JSON.stringify(body));
      await sendBulk(needs, [replacement(index, id, stored, version)], true);
    },
    async get(name, id) {
      return documentIn(connection, await named(name), id);
    },
    async search(name, search) {
      return searchIn(connection, await named(name), search as AnySearch);
    },
    async figures(name, filter, figures) {
      const place = await named(name);
      return figuresOf(connection, place, filter as AnyFilter, figures as Record<string, AnyFigure>);
    },
    async groups(name, filter, grouping, figures) {
      const place = await named(name);
      const wanted = figures as Record<string, AnyFigure>;
      return groupsOf(connection, place, filter as AnyFilter, grouping as AnyGrouping, wanted);
    },
    async expire(name, field, before) {
      return expireIn(needs, await named(name), field, before);
    },
    close: () => connection.close(),
  };
}

async function createAll(needs: WriteNeeds, place: Place, documents: readonly NewDocument[]) {
  const { connection, clock } = needs;
  const first = new Map<string, NewDocument>();
  for (const document of documents) if (!first.has(document.id)) first.set(document.id, document);
  const actions = [...first.values()].map(({ id, body, json }) => {
    const stored = storedText(place.index, id, body, json ?? JSON.stringify(body));
    return creation(indexNameOf(place, body, clock.now()), id, stored);
  });
  const statuses = await sendBulk(needs, actions, 'wait_for');
  const there = new Set(actions.flatMap(({ index }, at) => (statuses[at] === 409 ? index : [])));
  if (there.size > 0) {
    // another writer may still be waiting for the refresh that shows them
    const index = [...there];
    await connection.ask((client) => client.indices.refresh({ index, ignore_unavailable: true }));
  }
  const created = statuses.filter((status) => status === 201).length;
  return { created, existed: documents.length - created };
}
