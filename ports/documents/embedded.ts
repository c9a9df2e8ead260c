import { setImmediate as othersFirst } from 'node:timers/promises';
import { LogsterError } from '../../contracts/errors.ts';
import { INDICES } from '../../contracts/indices.ts';
import { openSqlite, type Sqlite, type SqlRow, type SqlValue } from '../sqlite.ts';
import type { Document, Documents, NewDocument } from './documents.ts';
import { columnsOf, type Index, type IndexTable, indexOf, numericFieldOf } from './fields.ts';
import {
  type AnyFigure,
  type AnyFilter,
  type AnyGrouping,
  type AnySort,
  aggregateOf,
  arrayOf,
  checkedCount,
  pageOf,
  totalOf,
} from './query.ts';
import { addValues, insertOf, prepareTables, quoted, tablesOf } from './schema.ts';

/** Documents removed per step of `expire`: some 20 ms, after which others get their turn. */
const EXPIRE_STEP = 500;

/**
 * Documents in one SQLite file (WAL, so that a read in any process never waits for a write). What a call
 * confirmed survives a killed process. SQLite is synchronous: a call holds the thread for about 50 µs per
 * document created, 10 µs per document found, and 0.5 s per million documents that a figure has to look
 * through (far fewer with a tenant and endpoint or a range of time); `create` is one transaction, so batches
 * of 500 to 2,000 are best. About every 32 MB written, one call takes 0.1 s longer to carry the log over.
 * Another set of `indices` makes the changed tables anew from the documents on opening.
 */
export function embeddedDocuments(options: {
  readonly file: string;
  readonly indices?: IndexTable;
}): Documents {
  const { file, indices = INDICES } = options;
  // 8 KiB pages hold two events and were quickest of 4 to 32 KiB at 300,000 events; 4,000 of them are 32 MB
  const db = openSqlite({ file, pageSizeBytes: 8192, checkpointPages: 4000 });
  const known = Object.entries(indices).map(([name, kinds]) => indexOf(name, kinds));
  prepareTables(db, known, file);
  const writers = new Map(known.map((index) => [index.name, writerOf(db, index)]));
  let open = true;

  const named = (name: string): Index => {
    if (!open) throw new LogsterError('closed', `The documents in ${file} were closed; open them again`);
    const index = known.find((one) => one.name === name);
    if (index) return index;
    const names = known.map((one) => one.name).join(', ');
    throw new LogsterError('input-invalid', `There is no index "${name}"; there are ${names}`);
  };
  const writer = (name: string): Writer => writers.get(named(name).name) as Writer;

  return {
    async create(name, documents) {
      const { add } = writer(name);
      const created = db.write(() => documents.reduce((sum, document) => sum + (add(document) ? 1 : 0), 0));
      return { created, existed: documents.length - created };
    },
    async put(name, id, body, version) {
      const { replace } = writer(name);
      db.write(() => replace(id, body, version));
    },
    async get(name, id) {
      const { fields, bodies } = tablesOf(named(name));
      const sql = `select b.body from ${fields} f join ${bodies} b on b.doc = f.doc where f.id = ?`;
      const row = db.all(sql, [id])[0];
      return row && parsed(row);
    },
    async search(name, search) {
      return found(db, named(name), {
        filter: (search.filter ?? {}) as AnyFilter,
        sort: search.sort ?? [],
        limit: checkedCount('limit', search.limit),
        offset: checkedCount('offset', search.offset ?? 0),
      });
    },
    async figures(name, filter, figures) {
      const index = named(name);
      const [row] = db.read(() => aggregated(db, index, filter as AnyFilter, undefined, figures));
      return row?.figures ?? {};
    },
    async groups(name, filter, grouping, figures) {
      const index = named(name);
      return db.read(() => aggregated(db, index, filter as AnyFilter, grouping, figures));
    },
    async expire(name, field, before) {
      const index = named(name);
      const column = quoted(numericFieldOf(index, field, 'Expiry').name);
      let removed = 0;
      for (;;) {
        named(name); // closed meanwhile?
        const step = db.write(() => removeSome(db, index, column, before));
        removed += step;
        if (step < EXPIRE_STEP) return removed;
        await othersFirst();
      }
    },
    async close() {
      if (!open) return;
      open = false;
      db.close();
    },
  };
}

interface Writer {
  add(document: NewDocument): boolean;
  replace(id: string, body: Document, version: number): void;
}

function writerOf(db: Sqlite, index: Index): Writer {
  const { fields, bodies, values } = tablesOf(index);
  const insert = insertOf(index, 'null');
  const insertNew = `${insert} on conflict (id) do nothing`;
  const columns = ['version', ...index.single.map(({ name }) => quoted(name))];
  const set = columns.map((column) => `${column} = excluded.${column}`).join(', ');
  const upsert = `${insert} on conflict (id) do update set ${set} where excluded.version >= ${fields}.version returning doc`;
  const insertBody = `insert into ${bodies} (doc, body) values (?, ?)`;
  const upsertBody = `${insertBody} on conflict (doc) do update set body = excluded.body`;
  const dropValues = `delete from ${values} where doc = ?`;
  return {
    add({ id, body, json }) {
      const { changes, lastRowId } = db.run(insertNew, [id, 0, ...columnsOf(index, body)]);
      if (changes === 0) return false;
      db.run(insertBody, [lastRowId, json ?? JSON.stringify(body)]);
      if (index.many.length > 0) addValues(db, index, lastRowId, body);
      return true;
    },
    replace(id, body, version) {
      const row = db.all(upsert, [id, version, ...columnsOf(index, body)])[0];
      if (!row) return; // a later version is there
      const doc = Number(row.doc);
      db.run(upsertBody, [doc, JSON.stringify(body)]);
      db.run(dropValues, [doc]);
      addValues(db, index, doc, body);
    },
  };
}

function found(
  db: Sqlite,
  index: Index,
  search: { filter: AnyFilter; sort: AnySort; limit: number; offset: number },
) {
  const total = totalOf(index, search.filter);
  const page = pageOf(index, search.filter, search.sort, search);
  const body = `select body from ${tablesOf(index).bodies} where doc = ?`;
  return db.read(() => ({
    total: Number(db.all(total.sql, total.values)[0]?.total),
    // the bodies come last and one by one, so that sorting carries only numbers
    documents: db
      .all(page.sql, page.values)
      .flatMap((row) => db.all(body, [row.doc ?? null]))
      .map(parsed),
  }));
}

interface Aggregated {
  readonly key: string | number;
  readonly count: number;
  readonly figures: Record<string, number | null>;
}

/** Figures over an array field multiply rows, so each of them is a query of its own, joined by the group's key. */
function aggregated(
  db: Sqlite,
  index: Index,
  filter: AnyFilter,
  grouping: AnyGrouping | undefined,
  figures: Readonly<Record<string, AnyFigure>>,
): readonly Aggregated[] {
  const names = Object.keys(figures);
  const figure = (name: string): AnyFigure => figures[name] as AnyFigure;
  const plain = names.filter((name) => !arrayOf(index, figure(name)));
  const main = aggregateOf(index, filter, grouping, plain.map(figure));
  const groups = db.all(main.sql, main.values).map((row) => ({
    key: row.key as string | number,
    count: Number(row.count),
    figures: Object.fromEntries(
      plain.map((name, place) => [name, (row[`f${place}`] as number | null) ?? null]),
    ),
  }));
  for (const name of names.filter((one) => !plain.includes(one))) {
    const all = grouping?.by === 'terms' ? { ...grouping, limit: Number.MAX_SAFE_INTEGER } : grouping;
    const query = aggregateOf(index, filter, all, [figure(name)]);
    const byKey = new Map<SqlValue | undefined, SqlValue | undefined>(
      db.all(query.sql, query.values).map((row) => [row.key, row.f0]),
    );
    for (const group of groups) group.figures[name] = Number(byKey.get(group.key) ?? 0);
  }
  return groups;
}

function removeSome(db: Sqlite, index: Index, column: string, before: number): number {
  const { fields, bodies, values } = tablesOf(index);
  const old = `select doc from ${fields} where ${column} < ? limit ${EXPIRE_STEP}`;
  const docs = JSON.stringify(db.all(old, [before]).map((row) => row.doc));
  const listed = 'where doc in (select value from json_each(?))';
  for (const table of [bodies, values]) db.run(`delete from ${table} ${listed}`, [docs]);
  return db.run(`delete from ${fields} ${listed}`, [docs]).changes;
}

function parsed(row: SqlRow): Document {
  return JSON.parse(String(row.body)) as Document;
}
