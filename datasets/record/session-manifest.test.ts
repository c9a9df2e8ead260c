import { mkdtemp, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readManifest } from '../manifest.ts';
import { drawFrom } from '../scenarios/draw.ts';
import { randomOf } from './random-of.ts';
import { drawMachine } from './session-machine.ts';
import { type Entry, finishManifest, firstRoundHeldBack, keep, manifestEntry } from './session-manifest.ts';

const session = (round: number, minutes: number) => ({
  round: new Date(round * 3.6e6).toISOString(),
  start: new Date(round * 3.6e6).toISOString(),
  end: new Date(round * 3.6e6 + minutes * 60_000).toISOString(),
  work: [],
});

const entry = (id: string, round: number, lines = 10): Entry => ({
  id,
  platform: 'linux',
  file: `${id}.gz`,
  lines,
  session: session(round, 20),
});

test('whole rounds are held back, the newest, as near to a quarter of the time as they come', () => {
  const four = [0, 1, 2, 3].flatMap((round) => [
    { session: session(round, 20) },
    { session: session(round, 18) },
  ]);
  expect(firstRoundHeldBack(four)).toBe(session(3, 0).round);
  const long = [{ session: session(0, 60) }, { session: session(1, 10) }, { session: session(2, 10) }];
  expect(firstRoundHeldBack(long)).toBe(session(1, 0).round);
  expect(firstRoundHeldBack([{ session: session(5, 20) }])).toBe(session(5, 0).round);
});

test('a session is in the manifest with both views or not at all', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'logster-sessions-'));
  for (const file of ['a1', 'a2', 'b1', 'b2', 'c1', 'c2']) await writeFile(join(folder, `${file}.gz`), '');
  expect(await keep(folder, [entry('a1', 0), entry('a2', 0)])).toBe('kept');
  expect(await keep(folder, [entry('b1', 1), entry('b2', 1, 0)])).toMatch('saw nothing');
  expect(await keep(folder, [entry('c1', 1), entry('c2', 1, 50_000)])).toMatch('50000 lines');
  await finishManifest(folder);
  const { captures, unreadable } = await readManifest(join(folder, 'MANIFEST.json'));
  expect(captures.map((one) => one.id)).toEqual(['a1', 'a2']);
  expect(unreadable).toEqual([]);
  await expect(readFile(join(folder, 'b1.gz'))).rejects.toThrow('ENOENT');
});

test('an entry says what was done in the session, by whom and when', () => {
  const start = Date.UTC(2026, 0, 5, 9);
  const entry = manifestEntry(
    { id: 'one', source: 'ebpf', round: new Date(start) },
    { number: 0, seed: 1, loginId: 61_000, seconds: 60, attack: null, benign: [], services: [] },
    {
      machine: drawMachine(drawFrom(randomOf(1))),
      ...{ start, end: start + 60_000, attack: null },
      work: [{ name: 'git-work', user: 'root', start: start + 1_234, end: start + 45_678 }],
    },
    { file: 'one.br', lines: 2, bytes: 3, sha256: '', first: start, last: start },
  );
  expect(entry.session).toEqual({
    round: '2026-01-05T09:00:00.000Z',
    start: '2026-01-05T09:00:00.000Z',
    end: '2026-01-05T09:01:00.000Z',
    work: [['git-work', 'root', 1.2, 45.7]],
  });
});
