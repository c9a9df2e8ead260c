import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { epochSeconds, parseManifest, readManifests } from './manifest.ts';

const entry = { id: 'one', platform: 'windows', file: 'windows/one.gz' };

test('parseManifest() gives what an entry leaves out the value that claims least', () => {
  const { captures, unreadable } = parseManifest({ captures: [entry] }, '/data');
  expect(unreadable).toEqual([]);
  expect(captures[0]).toMatchObject({
    file: '/data/windows/one.gz',
    role: 'judge only',
    licence: 'none stated',
    attack: null,
    mark: null,
    useFrom: null,
    run: 'one',
    cluster: 'one',
    hosts: [],
  });
});

test('parseManifest() survives hosts as a number, null or plain names', () => {
  const { captures } = parseManifest(
    {
      captures: [
        { ...entry, hosts: 9 },
        { ...entry, hosts: null },
        { ...entry, hosts: ['A'] },
      ],
    },
    '/data',
  );
  expect(captures.map((one) => one.hosts.length)).toEqual([0, 0, 1]);
});

test('parseManifest() names an entry that it cannot read and reads the others', () => {
  const { captures, unreadable } = parseManifest({ captures: [{ id: 'bad' }, 7, entry] }, '/data');
  expect(captures.map((one) => one.id)).toEqual(['one']);
  expect(unreadable.map((one) => one.id)).toEqual(['bad', 'entry 1']);
});

test('a marker outside of its capture is no mark', () => {
  const window = { kind: 'x', start: '2024-01-01T00:00:00Z', end: null };
  const marks = [window, { ...window, usable: false }].map(
    (attack_window) => parseManifest({ captures: [{ ...entry, attack_window }] }, '/').captures[0]?.mark,
  );
  expect(marks).toEqual([{ start: 1704067200, end: null }, null]);
});

test('a role that we do not know serves for nothing', () => {
  expect(parseManifest({ captures: [{ ...entry, role: 'new' }] }, '/').captures[0]?.role).toBe('unlabelled');
});

test('what is no manifest is refused', () => {
  expect(() => parseManifest([], '/')).toThrow(/captures/);
});

test('epochSeconds() reads a time without a zone as UTC', () => {
  expect(epochSeconds('2021-06-11 09:07:49')).toBe(epochSeconds('2021-06-11T09:07:49.000Z'));
  expect(epochSeconds('yesterday')).toBeNull();
});

test('several manifests count as one; a name that two of them give is refused', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-manifests-'));
  const write = (name: string, ids: readonly string[]): string => {
    const captures = ids.map((id) => ({ id, platform: 'linux', file: id }));
    writeFileSync(join(folder, name), JSON.stringify({ captures: [...captures, { id: `broken-${name}` }] }));
    return join(folder, name);
  };
  const [one, two, other] = [write('1', ['a', 'b']), write('2', ['c']), write('3', ['a'])];
  const { captures, unreadable } = await readManifests([one, two]);
  expect(captures.map((capture) => capture.id)).toEqual(['a', 'b', 'c']);
  expect(unreadable.map((entry) => entry.id)).toEqual(['broken-1', 'broken-2']);
  await expect(readManifests([one, two, other])).rejects.toThrow('called a');
  rmSync(folder, { recursive: true });
});
