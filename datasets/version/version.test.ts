import { chmodSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { buildVersion } from './build.ts';
import { addressOf, sha256Of, type VersionManifest } from './manifest.ts';
import { readVersion } from './read.ts';
import { encodeRows } from './rows-file.ts';
import { verifyVersion } from './verify.ts';
import { builtOf, captureFolder, readThree } from './version-fixtures.ts';

const four = [{}, {}, {}, {}];
const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

async function built(...args: Parameters<typeof builtOf>) {
  const version = await builtOf(...args);
  folders.push(version.captures);
  return version;
}

const wrong = async (folder: string) =>
  (await verifyVersion(folder)).filter((one) => one.wrong !== null).map((one) => `${one.name}: ${one.wrong}`);

/** Rewrites a version's manifest and gives it the address of its new content, as a careful forger would. */
function forge(folder: string, change: (manifest: VersionManifest) => void): string {
  const file = join(folder, 'manifest.json');
  const manifest: VersionManifest = JSON.parse(readFileSync(file, 'utf8'));
  change(manifest);
  const id = addressOf(manifest.content);
  chmodSync(file, 0o644);
  writeFileSync(file, JSON.stringify({ ...manifest, id }));
  const renamed = join(dirname(folder), id);
  renameSync(folder, renamed);
  return renamed;
}

test('buildVersion() writes rows with label, lineage, split and graph, and verifyVersion() finds nothing wrong', async () => {
  const { folder, id, rows } = await built(four);
  const version = await readVersion(folder);
  expect(rows).toBe(12);
  expect(version.rows).toHaveLength(12);
  expect(version.rows[0]).toMatchObject({
    capture: 'c0',
    host: 'h0',
    label: 'attack',
    side: 'train',
    graph: 'graph c0 0',
    events: 10,
    nodes: 3,
    edges: 4,
    truncated: false,
    techniques: ['T1053.003'],
  });
  expect(version.rows[1]?.techniques).toEqual([]);
  expect(version.content.captures.map((one) => one.windows)).toEqual([
    { attack: 1, benign: 1, unknown: 1 },
    { attack: 0, benign: 2, unknown: 1 },
    { attack: 1, benign: 1, unknown: 1 },
    { attack: 0, benign: 2, unknown: 1 },
  ]);
  expect(id).toMatch(/^[0-9a-f]{24}$/);
  expect(await wrong(folder)).toEqual([]);
});

test('equal captures give the same id in another place, and the second build finds the version there', async () => {
  const one = await built(four);
  expect((await built(four)).id).toBe(one.id);
  const { manifest } = captureFolder(four);
  folders.push(dirname(manifest.captures[0]!.file));
  const again = await buildVersion({
    manifest,
    captureFolder: dirname(manifest.captures[0]!.file),
    readWindows: readThree,
    outFolder: dirname(one.folder),
    folds: 2,
    fitted: [],
    report: () => undefined,
  });
  expect(again).toEqual({ id: one.id, folder: one.folder, rows: 12, isNew: false });
});

test.each([
  ['a label', [{ attack: false }, {}, {}, {}]],
  ['a licence', [{ licence: 'CC0' }, {}, {}, {}]],
  ['held back', [{}, {}, {}, { held_back: true }]],
])('another %s gives another id', async (_, entries) => {
  expect((await built(entries)).id).not.toBe((await built(four)).id);
});

test('what is held back gets a side of its own and no fold; a licence that is not open judges and never trains', async () => {
  const { folder } = await built([
    {},
    {},
    {},
    {},
    { held_back: true },
    { licence: 'GPL-3.0' },
    { role: 'unlabelled' },
  ]);
  const { captures } = (await readVersion(folder)).content;
  expect(captures.slice(4).map(({ side, fold }) => [side, fold === null])).toEqual([
    ['held back', true],
    ['judge', false],
    ['none', true],
  ]);
  expect(await wrong(folder)).toEqual([]);
});

test('buildVersion() says which folds judge nothing', async () => {
  const lines: string[] = [];
  await built([{}, {}], { folds: 3, report: (line) => lines.push(line) });
  expect(lines).toContain('fold 2 of linux judges nothing; fewer folds would do');
  lines.length = 0;
  await built([{}, {}, {}, {}], { report: (line) => lines.push(line) });
  expect(lines).toEqual([]);
});

test('buildVersion() names a capture that is not the file of its manifest, is missing or cannot be read', async () => {
  await expect(built([{ sha256: '0'.repeat(64) }])).rejects.toThrow(/c0.*fetch it again/s);
  await expect(built([{ file: 'gone' }])).rejects.toThrow(/lacks its file .*gone; fetch it again/);
  const readWindows = async () => ({
    windows: [],
    parsing: { lines: 0, events: 0, dropped: {}, dead: 0, error: 'unexpected end of file' },
  });
  await expect(built([{}], { readWindows })).rejects.toThrow(/Capture c0 cannot be read to its end/);
  await expect(built([{ id: 'same' }, { id: 'same' }])).rejects.toThrow(/two captures called same/);
  await expect(built([])).rejects.toThrow(/no captures/);
  await expect(built([{ platform: 'beos' }])).rejects.toThrow(/the first is c0/);
});

test('verifyVersion() finds a changed, a missing and a strange file', async () => {
  const { folder } = await built(four);
  expect(statSync(join(folder, 'windows.parquet')).mode & 0o222).toBe(0);
  writeFileSync(join(folder, 'notes.txt'), 'mine');
  expect(await wrong(folder)).toEqual([expect.stringMatching(/^files: notes.txt does not belong/)]);
  rmSync(join(folder, 'notes.txt'));
  chmodSync(join(folder, 'windows.parquet'), 0o644);
  writeFileSync(join(folder, 'windows.parquet'), 'no parquet');
  expect(await wrong(folder)).toEqual([expect.stringMatching(/^files: windows.parquet was changed/)]);
  rmSync(join(folder, 'windows.parquet'));
  expect(await wrong(folder)).toEqual([expect.stringMatching(/^files: windows.parquet cannot be read/)]);
  await expect(verifyVersion(dirname(folder))).rejects.toThrow(/give the folder that/);
});

test('verifyVersion() finds a changed manifest and a renamed folder by the address', async () => {
  const { folder } = await built(four);
  const renamed = `${folder}0`;
  renameSync(folder, renamed);
  expect(await wrong(renamed)).toEqual([expect.stringMatching(/^address: The folder is called/)]);
  const file = join(renamed, 'manifest.json');
  chmodSync(file, 0o644);
  writeFileSync(file, readFileSync(file, 'utf8').replace('"MIT"', '"CC0"'));
  expect(await wrong(renamed)).toContainEqual(expect.stringMatching(/^address: The manifest was changed/));
});

test('verifyVersion() refuses graphs of another feature schema', async () => {
  const { folder } = await built(four);
  const forged = forge(folder, ({ content }) => {
    content.featureSchema.linux = '0123456789abcdef';
  });
  expect(await wrong(forged)).toEqual([
    expect.stringMatching(/^feature schema: .*0123456789abcdef.*build a new/),
  ]);
});

test('verifyVersion() finds a row that was relabelled and one outside of its capture', async () => {
  const { folder } = await built(four);
  const { rows } = await readVersion(folder);
  const relabelled = encodeRows(rows.map((row, place) => (place === 0 ? { ...row, label: 'benign' } : row)));
  const file = join(folder, 'windows.parquet');
  chmodSync(file, 0o644);
  writeFileSync(file, relabelled);
  const forged = forge(folder, ({ content }) => {
    content.files['windows.parquet'] = { sha256: sha256Of(relabelled), bytes: relabelled.byteLength };
  });
  expect(await wrong(forged)).toEqual([expect.stringMatching(/^rows: Row \w+ was changed/)]);
  const other = await built(four);
  const shortened = forge(other.folder, ({ content }) => {
    content.captures[0]!.from = content.captures[0]!.to;
  });
  expect(await wrong(shortened)).toEqual([
    expect.stringMatching(/^rows: c0 has windows outside of the time/),
  ]);
});

describe('a planted leak across the split is found', () => {
  /** Two captures of the training side whose folds differ. */
  const parted = ({ content }: VersionManifest) => {
    const [one] = content.captures;
    const other = content.captures.find((capture) => capture.fold !== one!.fold);
    return [one!, other!] as const;
  };

  test.each([
    [
      'a cluster',
      (a: { cluster: string }, b: { cluster: string }) => (a.cluster = b.cluster),
      /share a cluster/,
    ],
    ['a run', (a: { run: string }, b: { run: string }) => (a.run = b.run), /views of one run/],
    ['a file', (a: { sha256: string }, b: { sha256: string }) => (a.sha256 = b.sha256), /the same file/],
  ])('%s on both sides', async (_, plant, message) => {
    const { folder } = await built(four);
    const forged = forge(folder, (manifest) => void plant(...parted(manifest)));
    expect(await wrong(forged)).toContainEqual(expect.stringMatching(message));
  });

  test("a machine's time on both sides", async () => {
    const { folder } = await built(four);
    const forged = forge(folder, (manifest) => {
      const [one, other] = parted(manifest);
      Object.assign(one, { lab: other.lab, hosts: other.hosts, from: other.to! + 100, to: other.to! + 200 });
    });
    expect(await wrong(forged)).toContainEqual(expect.stringMatching(/split: .*of one machine within 190 s/));
  });

  test('held back and trained on, or trained on without an open licence', async () => {
    for (const [change, message] of [
      [{ heldBack: true }, /split: .*c0 is on the side "train".*put it on "held back"/],
      [{ licence: 'GPL-3.0' }, /split: .*c0 is on the side "train".*put it on "judge"/],
    ] as const) {
      const { folder } = await built(four);
      const forged = forge(folder, ({ content }) => void Object.assign(content.captures[0]!, change));
      expect(await wrong(forged)).toContainEqual(expect.stringMatching(message));
    }
  });

  test('a capture for pairs of a cluster that trains', async () => {
    const pairsOnly = { role: 'pairs only', cluster: 'k0' };
    await expect(built([{}, {}, pairsOnly])).rejects.toThrow(
      /leaks: c0 trains and c2 judges.*share a cluster/,
    );
    const apart = await built([{}, {}, { ...pairsOnly, cluster: 'k9' }]);
    const forged = forge(apart.folder, ({ content }) => {
      content.captures[2]!.cluster = 'k1';
    });
    expect(await wrong(forged)).toContainEqual(expect.stringMatching(/split: .*c1 trains and c2 judges/));
  });

  test('a purge gap shorter than a window', async () => {
    const { folder } = await built(four);
    const forged = forge(folder, ({ content }) => {
      content.purgeSeconds = 60;
    });
    expect(await wrong(forged)).toEqual([expect.stringMatching(/^split: The purge gap of 60 s is shorter/)]);
  });

  test('a machine that no manifest listed, seen in the windows alone', async () => {
    const sameTime = { lab: 'l', hosts: [], first_ts: null, last_ts: null, attack: false };
    const readWindows: typeof readThree = async (capture) =>
      readThree({ ...capture, hosts: [{ name: 'shared-host', marker: null, suspect: null }] });
    const { folder } = await built([sameTime, { ...sameTime }], { readWindows });
    const { folds, captures } = (await readVersion(folder)).content;
    expect(captures.map((one) => one.hosts.map((host) => host.name))).toEqual([
      ['shared-host'],
      ['shared-host'],
    ]);
    expect(folds.filter((one) => one.fold !== null).map((one) => one.purged)).toEqual([['c1'], ['c0']]);
  });
});
