import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { lastBeforeKill } from '../killed.ts';
import { openSqlite } from '../sqlite.ts';
import { embeddedGraphs } from './embedded.ts';
import { graphsContract } from './graphs.contract.ts';
import { keptOf } from './sample.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-graphs-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

let made = 0;
const newFile = (): string => {
  made += 1;
  return join(folder, String(made), 'graphs.db');
};

describe('embedded graphs', () => {
  graphsContract(async () => {
    const file = newFile();
    return () => embeddedGraphs({ file });
  });

  test('killed at 5 random moments, it keeps what it confirmed, and whole calls only', async () => {
    const file = newFile();
    let first = 0;
    for (let round = 0; round < 5; round += 1) {
      const args = [file, String(first)];
      const confirmed = await lastBeforeKill('graphs/write-until-killed.js', args, Math.random() * 40);
      const store = await embeddedGraphs({ file });
      const windows = await store.list({}, { limit: 1_000_000 });
      const kept = new Map<number, number>();
      for (const { windowEnd } of windows) kept.set(windowEnd, (kept.get(windowEnd) ?? 0) + 1);
      expect(kept.size).toBeGreaterThan(confirmed);
      expect([...kept.values()].filter((parts) => parts !== 3)).toEqual([]);
      const last = keptOf(`${confirmed} b`, { windowEnd: confirmed });
      expect(await store.get([last.inferenceId])).toEqual([last]);
      first = kept.size;
      await store.close();
    }
  });

  test('bytes that were damaged in the file are told of', async () => {
    const file = newFile();
    const store = await embeddedGraphs({ file });
    await store.keep([keptOf('a'), keptOf('b')]);
    const db = openSqlite({ file });
    db.run("update kept_graphs set bytes = x'00112233' where inference_id = ?", [keptOf('a').inferenceId]);
    db.close();
    await expect(store.get([keptOf('a').inferenceId])).rejects.toMatchObject({
      code: 'unavailable',
      message: expect.stringContaining('damaged'),
    });
    expect(await store.get([keptOf('b').inferenceId])).toEqual([keptOf('b')]);
    await store.close();
  });
});
