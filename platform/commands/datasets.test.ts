import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Command } from 'commander';
import { parquetReadObjects } from 'hyparquet';
import { readManifest } from '../../datasets/manifest.ts';
import { fittedOn } from '../../datasets/version/fitted.ts';
import { readVersion } from '../../datasets/version/read.ts';
import { windowsOf } from '../../train/windows-of.ts';
import { projectRoot } from '../root.ts';
import { addDatasetsCommand } from './datasets.ts';

const root = projectRoot();
const recordings = join(root, 'datasets/recordings');
const folder = mkdtempSync(join(tmpdir(), 'logster-datasets-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Runs `logster datasets …` here and gives what it prints. */
async function datasets(...args: string[]): Promise<string> {
  const out: string[] = [];
  const { stdout, stderr } = process;
  const [print, say] = [stdout.write, stderr.write];
  stdout.write = ((text: string) => out.push(text) > 0) as typeof stdout.write;
  stderr.write = (() => true) as typeof stderr.write;
  try {
    const program = new Command().exitOverride();
    addDatasetsCommand(program, { root, environment: { LOGSTER_DATA: folder } });
    await program.parseAsync(['datasets', ...args], { from: 'user' });
  } finally {
    Object.assign(stdout, { write: print });
    Object.assign(stderr, { write: say });
  }
  return out.join('');
}

test('what is fetched, built, inspected and verified is what was recorded, window by window', async () => {
  expect(await datasets('list')).toMatch(/go-libaudit .*Apache-2\.0.*No version was built in/s);
  expect(await datasets('fetch', '--from', recordings, '--accept-licence', 'own')).toMatch(
    /^8 captures brought/,
  );
  const manifest = join(folder, 'datasets/captures/MANIFEST.json');
  expect(await datasets('build', '--manifest', manifest, '--folds', '2')).toMatch(
    /^Built version [0-9a-f]{24} with/,
  );
  const [id = ''] = readdirSync(join(folder, 'datasets/versions'));
  expect(await datasets('list')).toContain(id);
  expect(await datasets('verify', id)).not.toMatch(/changed|leak|not /);
  expect(process.exitCode).toBeUndefined();

  const pictures = join(folder, 'pictures');
  expect(await datasets('inspect', id, '--pictures', pictures)).toMatch(/T1053\.003/);
  for (const name of ['labs', 'sides', 'sizes', 'techniques']) {
    expect(readFileSync(join(pictures, `${name}.svg`), 'utf8')).toMatch(/^<svg.*Windows/s);
    const spec = JSON.parse(readFileSync(join(pictures, `${name}.vl.json`), 'utf8'));
    expect(spec.$schema).toContain('vega-lite');
  }
  const shown = JSON.parse(await datasets('inspect', id, '--json'));
  const { rows } = await readVersion(join(folder, 'datasets/versions', id));
  const read = await Promise.all((await readManifest(manifest)).captures.map((one) => windowsOf(one)));
  const windows = read.flatMap((one) => one.windows);
  expect(rows.map((row) => row.graph).sort()).toEqual(windows.map((one) => one.graph.contentHash).sort());
  expect(shown.total.windows).toEqual({
    attack: windows.filter((one) => one.label === 'attack').length,
    benign: windows.filter((one) => one.label === 'benign').length,
    unknown: 0,
  });
  const largest = Math.max(...windows.map((one) => one.graph.eventCount));
  expect(shown.sizes[0]).toMatchObject({ platform: 'linux', unit: 'events' });
  expect(shown.sizes[0].values.at(-1)).toBe(largest);

  const file = readFileSync(join(folder, 'datasets/versions', id, 'windows.parquet'));
  const plain = await parquetReadObjects({
    file: file.buffer.slice(file.byteOffset, file.byteOffset + file.length) as ArrayBuffer,
  });
  expect(plain).toHaveLength(windows.length);
});

test('verify fails on a scaler that was fitted on what its fold judges', async () => {
  const built = await datasets('build', '--manifest', join(recordings, 'MANIFEST.json'), '--to', folder);
  const version = built.trim().split(' ').at(-1) ?? '';
  const { rows } = await readVersion(version);
  const scaler = { name: 'means', kind: 'scaler', platform: 'linux' } as const;
  const file = join(folder, 'fitted.json');
  writeFileSync(file, JSON.stringify([fittedOn({ ...scaler, fold: null }, rows)]));
  expect(await datasets('verify', version, '--fitted', file)).toMatch(/scaler means +in order/);
  expect(process.exitCode).toBeUndefined();
  writeFileSync(file, JSON.stringify([fittedOn({ ...scaler, fold: 0 }, rows)]));
  try {
    expect(await datasets('verify', version, '--fitted', file)).toMatch(
      /means leaks: .* is judged in its fold/,
    );
    expect(process.exitCode).toBe(1);
  } finally {
    process.exitCode = undefined;
  }
});

test('wrong input is named with the way out', async () => {
  await expect(datasets('verify', 'nothing')).rejects.toThrow(/nothing is neither the folder.*datasets list/);
  await expect(datasets('fetch', '--from', recordings)).rejects.toThrow(/--accept-licence "own"/);
  await expect(datasets('fetch', 'x')).rejects.toThrow(/No public set is called x/);
  await expect(datasets('fetch', 'attack-data', '--from', recordings)).rejects.toThrow(
    /either --from or names/,
  );
  const manifest = join(recordings, 'MANIFEST.json');
  await expect(datasets('build', '--manifest', manifest, '--folds', 'two')).rejects.toThrow(/--folds two/);
  await expect(datasets('build', '--manifest', manifest, '--platform', 'beos')).rejects.toThrow(
    /beos is neither/,
  );
  await expect(datasets('build', '--manifest', manifest, '--platform', 'windows')).rejects.toThrow(
    /no captures/,
  );
  await expect(datasets('build', '--manifest', manifest, '--fitted', 'gone.json')).rejects.toThrow(
    /gone.json/,
  );
});
