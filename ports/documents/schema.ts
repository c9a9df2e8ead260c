import { LogsterError } from '../../contracts/errors.ts';
import type { Sqlite, SqlValue } from '../sqlite.ts';
import type { Document } from './documents.ts';
import { columnsOf, type Index, manyOf } from './fields.ts';

/** Of our own tables, not of the fields: raised when this file changes how they lie. */
const LAYOUT = 1;

/**
 * What is looked up often enough to be worth an index tree. Few, because events arrive by the thousand a
 * second and every tree costs each of them a page write.
 */
const LOOKUPS: Readonly<Record<string, readonly (readonly string[])[]>> = {
  'logster-events': [['tenant_id', 'endpoint_id', 'timestamp'], ['timestamp']],
  'logster-inferences': [
    ['tenant_id', 'endpoint_id', 'timestamp'],
    ['prediction', 'timestamp'],
    ['timestamp'],
  ],
  'logster-alerts': [['tenant_id', 'last_seen'], ['last_seen']],
};

/** Documents re-read at a time when an index has changed: about 4 MB of them. */
const REINDEX_STEP = 1000;

/** The three tables of an index, quoted: the fields, the whole bodies, and the values of arrays. */
export function tablesOf(index: Index): {
  readonly fields: string;
  readonly bodies: string;
  readonly values: string;
} {
  return {
    fields: quoted(index.name),
    bodies: quoted(`${index.name} bodies`),
    values: quoted(`${index.name} values`),
  };
}

/** A name as SQLite reads it literally. */
export function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`;
}

/**
 * Makes the tables of every index, and makes them anew from the whole bodies where the fields have changed
 * since (about 30 s per million events; all or nothing). Throws `conflict` for a file of a newer Logster.
 */
export function prepareTables(db: Sqlite, indices: readonly Index[], file: string): void {
  db.write(() => {
    const layout = Number(db.all('pragma user_version')[0]?.user_version ?? 0);
    if (layout > LAYOUT) {
      throw new LogsterError(
        'conflict',
        `${file} was written by a newer Logster (layout ${layout}, this one knows ${LAYOUT}); start that one or choose another folder`,
      );
    }
    db.exec(`pragma user_version = ${LAYOUT}`);
    db.exec('create table if not exists indices (name text primary key, fields text not null)');
    for (const index of indices) prepareIndex(db, index);
  });
}

function prepareIndex(db: Sqlite, index: Index): void {
  const fields = JSON.stringify(index.fields.map(({ name, kind, many }) => [name, kind, many]));
  const known = db.all('select fields from indices where name = ?', [index.name])[0]?.fields;
  if (known === undefined) createTables(db, index);
  else if (known !== fields) reindex(db, index);
  createLookups(db, index);
  db.run('insert or replace into indices (name, fields) values (?, ?)', [index.name, fields]);
}

function createTables(db: Sqlite, index: Index): void {
  createFields(db, index);
  db.exec(`create table ${tablesOf(index).bodies} (doc integer primary key, body text not null)`);
}

function createFields(db: Sqlite, index: Index): void {
  const columns = index.single.map(
    ({ name, kind }) => `${quoted(name)} ${kind === 'keyword' ? 'text' : 'real'}`,
  );
  const { fields, values } = tablesOf(index);
  db.exec(
    `create table ${fields} (${['doc integer primary key', 'id text not null unique', 'version real not null', ...columns].join(', ')})`,
  );
  db.exec(
    `create table ${values} (field text, value, doc integer, primary key (field, value, doc)) without rowid`,
  );
  db.exec(`create index ${quoted(`${index.name} values by doc`)} on ${values} (doc)`);
}

function createLookups(db: Sqlite, index: Index): void {
  for (const columns of LOOKUPS[index.name] ?? []) {
    if (!columns.every((column) => index.single.some((field) => field.name === column))) continue;
    const name = quoted(`${index.name} by ${columns.join(', ')}`);
    db.exec(
      `create index if not exists ${name} on ${tablesOf(index).fields} (${columns.map(quoted).join(', ')})`,
    );
  }
}

function reindex(db: Sqlite, index: Index): void {
  const { fields, bodies, values } = tablesOf(index);
  db.exec(`create temp table kept as select doc, id, version from ${fields}`);
  db.exec(`drop table ${fields}; drop table ${values}`);
  createFields(db, index);
  const page = `select doc, id, version, body from temp.kept join ${bodies} using (doc) where doc > ? order by doc limit ${REINDEX_STEP}`;
  for (let last = -1; ; ) {
    const rows = db.all(page, [last]);
    for (const row of rows) {
      const body = JSON.parse(String(row.body)) as Document;
      db.run(insertOf(index, '?'), [
        row.doc ?? null,
        row.id ?? null,
        row.version ?? null,
        ...columnsOf(index, body),
      ]);
      addValues(db, index, Number(row.doc), body);
    }
    if (rows.length < REINDEX_STEP) break;
    last = Number(rows.at(-1)?.doc);
  }
  db.exec('drop table temp.kept');
}

/** SQL that inserts one row of fields: (doc,) id, version, then the columns. */
export function insertOf(index: Index, doc: '?' | 'null'): string {
  const columns = ['doc', 'id', 'version', ...index.single.map(({ name }) => quoted(name))];
  const places = [doc, '?', '?', ...index.single.map(() => '?')];
  return `insert into ${tablesOf(index).fields} (${columns.join(', ')}) values (${places.join(', ')})`;
}

/** Keeps the values of a document's arrays. */
export function addValues(db: Sqlite, index: Index, doc: number, body: Document): void {
  for (const { field, value } of manyOf(index, body)) {
    const row: readonly SqlValue[] = [field, value, doc];
    db.run(`insert or ignore into ${tablesOf(index).values} (field, value, doc) values (?, ?, ?)`, row);
  }
}
