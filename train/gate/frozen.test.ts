import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Candidate, LearntCapture } from './candidate.ts';
import { frozenCaptures } from './frozen.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-frozen-'));
afterAll(() => rmSync(folder, { recursive: true }));

const manifest = (name: string, captures: readonly object[]): string => {
  const file = join(folder, name);
  const full = captures.map((one) => ({ platform: 'linux', file: 'x', role: 'train and judge', ...one }));
  writeFileSync(file, JSON.stringify({ captures: full }));
  return file;
};
const candidate = (version: string, learntFrom: readonly LearntCapture[] | null): Candidate => ({
  version: { name: 'logster-linux-gat', version, createdAt: 0, files: [], tags: {}, metrics: {} },
  ...{ files: {}, damage: null, learntFrom },
});
const choose = async (
  candidates: readonly Candidate[],
  usual: readonly string[],
  named: readonly string[] = [],
) => {
  const { used, leftOut } = await frozenCaptures({
    platform: 'linux',
    manifestFiles: usual,
    frozenFiles: named,
    candidates,
  });
  return { used: used.map((one) => one.id), leftOut };
};
const learnt = (id: string, run = id, sha256: string | null = null): LearntCapture => ({ id, run, sha256 });
const unknown = [candidate('1', null), candidate('2', null)];

test('what is held back or only judges is frozen; what may train is not, unless it is named and trained neither', async () => {
  const usual = manifest('usual', [
    { id: 'train' },
    { id: 'held', held_back: true },
    { id: 'judge', role: 'judge only' },
    { id: 'pairs', role: 'pairs only' },
    { id: 'other', platform: 'windows', held_back: true },
  ]);
  const named = manifest('named', [{ id: 'own' }, { id: 'own-held', held_back: true }]);
  expect(await choose(unknown, [usual])).toEqual({ used: ['held', 'judge'], leftOut: [] });
  expect(await choose(unknown, [usual], [named])).toEqual({
    used: ['own-held', 'held', 'judge'],
    leftOut: [
      {
        id: 'own',
        reason: 'it may train, and what logster-linux-gat@1 learnt from is not known on this machine',
      },
    ],
  });
  const known = [candidate('1', [learnt('train')]), candidate('2', [])];
  expect((await choose(known, [usual], [named])).used).toEqual(['own', 'own-held', 'held', 'judge']);
});

test('what either version learnt from is left out, under another name and as another view too', async () => {
  const sha256 = 'a'.repeat(64);
  const named = manifest('learnt', [
    { id: 'same', held_back: true },
    { id: 'view', run: 'r', held_back: true },
    { id: 'copy', sha256, held_back: true },
    { id: 'free', held_back: true },
  ]);
  const candidates = [
    candidate('1', [learnt('same'), learnt('x', 'r')]),
    candidate('2', [learnt('y', 'y', sha256)]),
  ];
  expect(await choose(candidates, [], [named])).toEqual({
    used: ['free'],
    leftOut: [
      { id: 'same', reason: 'logster-linux-gat@1 learnt from it' },
      { id: 'view', reason: 'logster-linux-gat@1 learnt from it as x' },
      { id: 'copy', reason: 'logster-linux-gat@2 learnt from it as y' },
    ],
  });
});

test('without a frozen capture, and where manifests contradict each other, nothing is judged', async () => {
  const usual = manifest('train-only', [{ id: 'train' }]);
  const invalid = (message: RegExp) => ({ code: 'input-invalid', message: expect.stringMatching(message) });
  await expect(choose(unknown, [usual])).rejects.toMatchObject(
    invalid(/No capture of linux is frozen .*--frozen/),
  );
  const claimed = manifest('claimed', [{ id: 'train', held_back: true }]);
  await expect(choose(unknown, [usual], [claimed])).rejects.toMatchObject(
    invalid(/disagree whether train may train/),
  );
  const [one, other] = ['b', 'c'].map((sha, n) => manifest(`sha${n}`, [{ id: 'train', sha256: sha }]));
  await expect(choose(unknown, [one!], [other!])).rejects.toMatchObject(invalid(/Two captures .* train/));
});
