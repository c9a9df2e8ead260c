import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastBeforeKill } from '../killed.ts';
import { openSqlite } from '../sqlite.ts';
import { documentsContract } from './documents.contract.ts';
import type { Documents } from './documents.ts';
import { embeddedDocuments } from './embedded.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-documents-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const newFile = (): string => {
  made += 1;
  return join(folder, String(made), 'documents.db');
};

const using = async <T>(documents: Documents, run: (documents: Documents) => Promise<T>): Promise<T> => {
  try {
    return await run(documents);
  } finally {
    await documents.close();
  }
};

describe('embedded documents', () => {
  documentsContract(async () => {
    const file = newFile();
    return async () => embeddedDocuments({ file });
  });

  test('reads go on while another connection is in the middle of writing', async () => {
    const file = newFile();
    await using(embeddedDocuments({ file }), async (documents) => {
      await documents.create('logster-events', [{ id: 'a', body: { tenant_id: 'acme' } }]);
      const writer = openSqlite({ file });
      writer.exec('begin immediate');
      writer.run('delete from "logster-events"');
      expect((await documents.search('logster-events', { limit: 1 })).total).toBe(1);
      writer.exec('rollback');
      writer.close();
    });
  });

  test('a new or changed field is filled from the documents that are there', async () => {
    const file = newFile();
    const before = { 'logster-events': { tenant_id: 'keyword', timestamp: 'date' } } as const;
    const bodies = Array.from({ length: 2500 }, (_, n) => ({
      id: `e${n}`,
      body: {
        tenant_id: 'acme',
        timestamp: n,
        data: { image: `i${n % 3}` },
        ttp_tactics: ['x', `y${n % 2}`],
      },
    }));
    await using(embeddedDocuments({ file, indices: before }), async (documents) => {
      await documents.create('logster-events', bodies);
      await documents.put(
        'logster-events',
        'e1',
        { tenant_id: 'acme', timestamp: 1, data: { image: 'new' } },
        7,
      );
    });
    const after = {
      'logster-events': { timestamp: 'keyword', 'data.image': 'keyword', ttp_tactics: 'keyword' },
    } as const;
    await using(embeddedDocuments({ file, indices: after }), async (documents) => {
      const search = (equals: object) => documents.search('logster-events', { filter: { equals }, limit: 1 });
      expect((await search({ 'data.image': 'i0' })).total).toBe(834);
      expect((await search({ 'data.image': 'new' })).total).toBe(1);
      expect((await search({ ttp_tactics: 'y1' })).total).toBe(1249);
      expect((await search({ timestamp: '12' })).total).toBe(1);
      await expect(search({ tenant_id: 'acme' })).rejects.toMatchObject({ code: 'input-invalid' });
      await documents.put('logster-events', 'e1', { data: { image: 'older' } }, 6);
      expect((await search({ 'data.image': 'older' })).total).toBe(0);
    });
  });

  test('killed at 20 random moments, it keeps what it confirmed, each batch whole or not at all', async () => {
    const file = newFile();
    let first = 0;
    for (let round = 0; round < 20; round += 1) {
      const args = [file, String(first)];
      const confirmed = await lastBeforeKill('documents/write-until-killed.js', args, Math.random() * 40);
      await using(embeddedDocuments({ file }), async (documents) => {
        const byBatch = { by: 'interval', field: 'timestamp', step: 1 } as const;
        const batches = await documents.groups('logster-events', {}, byBatch, {});
        expect(batches.map((batch) => batch.key)).toEqual(batches.map((_, place) => place));
        expect(new Set(batches.map((batch) => batch.count))).toEqual(new Set([20]));
        expect(batches.length).toBeGreaterThan(confirmed);
        const last = await documents.get('logster-events', `${confirmed}-19`);
        expect(last).toMatchObject({ text: `${confirmed}`.repeat(500) });
        const latest = Number((await documents.get('logster-alerts', 'one'))?.last_seen);
        expect(latest).toBeGreaterThanOrEqual(confirmed);
        const equals = { ttp_techniques: `T${latest}` };
        expect((await documents.search('logster-alerts', { filter: { equals }, limit: 9 })).total).toBe(1);
        first = batches.length;
      });
    }
  });

  test('expire() in steps removes thousands, with their bodies', async () => {
    const file = newFile();
    await using(embeddedDocuments({ file }), async (documents) => {
      const body = (n: number) => ({ id: `i${n}`, body: { timestamp: n } });
      await documents.create(
        'logster-events',
        Array.from({ length: 1700 }, (_, n) => body(n)),
      );
      expect(await documents.expire('logster-events', 'timestamp', 1600)).toBe(1600);
    });
    const db = openSqlite({ file });
    expect(db.all('select count(*) as n from "logster-events bodies"')).toEqual([{ n: 100 }]);
    db.close();
  });

  test('a file of a newer layout is refused', () => {
    const file = newFile();
    const db = openSqlite({ file });
    db.exec('pragma user_version = 99');
    db.close();
    expect(() => embeddedDocuments({ file })).toThrow(expect.objectContaining({ code: 'conflict' }));
  });

  test('a file that is no database is refused, by name', () => {
    const file = join(folder, 'text.db');
    writeFileSync(file, 'this is a text, and long enough not to be taken for an empty file'.repeat(100));
    expect(() => embeddedDocuments({ file })).toThrow(
      expect.objectContaining({ code: 'unavailable', message: expect.stringContaining('text.db') }),
    );
  });
});
