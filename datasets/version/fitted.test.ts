import { rmSync } from 'node:fs';
import { type Fitted, fittedOn, parseFitted } from './fitted.ts';
import { readVersion, type Version } from './read.ts';
import { verifyVersion } from './verify.ts';
import { builtOf, START } from './version-fixtures.ts';

let version: Version;
let captures: string;

beforeAll(async () => {
  const built = await builtOf([{}, {}, {}, {}, { held_back: true }, { licence: 'GPL-3.0' }]);
  captures = built.captures;
  version = await readVersion(built.folder);
});
afterAll(() => rmSync(captures, { recursive: true }));

const rowsOf = (side: string) => version.rows.filter((row) => row.side === side);
const ofFold0 = { name: 'means', kind: 'scaler', platform: 'linux', fold: 0 } as const;
const toShip = { name: 'techniques', kind: 'vocabulary', platform: 'linux', fold: null } as const;
const wrong = async (fitted: Fitted) => (await verifyVersion(version.folder, [fitted])).at(-1)?.wrong ?? null;

test('what rests on the training side passes, whatever the order of its rows', async () => {
  const others = rowsOf('train').filter((row) => row.fold !== 0);
  expect(await wrong(fittedOn(ofFold0, others))).toBeNull();
  expect(await wrong(fittedOn(toShip, rowsOf('train').toReversed()))).toBeNull();
  expect(fittedOn(toShip, rowsOf('train'))).toEqual(fittedOn(toShip, rowsOf('train').toReversed()));
});

test('a scaler that saw a row of the fold that judges it is a leak', async () => {
  const [judged] = rowsOf('train').filter((row) => row.fold === 0);
  const others = rowsOf('train').filter((row) => row.fold !== 0);
  expect(await wrong(fittedOn(ofFold0, [...others, judged!]))).toMatch(
    /The scaler means leaks: row \w+ \(c\d, h\d\) is judged in its fold; fit it again on the training side of fold 0/,
  );
});

test('a vocabulary that was made with judged or held-back rows is a leak', async () => {
  expect(await wrong(fittedOn(toShip, [...rowsOf('train'), rowsOf('judge')[0]!]))).toMatch(
    /vocabulary techniques leaks: .*is on the side "judge"/,
  );
  expect(await wrong(fittedOn(toShip, [...rowsOf('train'), rowsOf('held back')[0]!]))).toMatch(
    /is on the side "held back"/,
  );
});

test('a threshold that was chosen on held-back rows is a leak, and fails the build as well', async () => {
  const threshold = { name: 'alert', kind: 'threshold', platform: 'linux', fold: null } as const;
  const leaky = fittedOn(threshold, rowsOf('held back'));
  expect(await wrong(leaky)).toMatch(/threshold alert leaks: .*is on the side "held back"/);
  const entries = [{}, {}, {}, {}, { held_back: true }, { licence: 'GPL-3.0' }];
  await expect(builtOf(entries, { fitted: [leaky] })).rejects.toThrow(/threshold alert leaks/);
});

test('a fold that a version does not have, rows of another version and a forged hash are refused', async () => {
  const fitted = fittedOn(ofFold0, rowsOf('train'));
  expect(await wrong({ ...fitted, fold: 9 })).toMatch(/no fold 9 of linux/);
  expect(await wrong({ ...fitted, platform: 'windows' })).toMatch(/no fold 0 of windows/);
  expect(await wrong(fittedOn(ofFold0, [{ id: 'elsewhere' }]))).toMatch(
    /row elsewhere is not in this version/,
  );
  expect(await wrong({ ...fitted, rows: fitted.rows.slice(1) })).toMatch(/its rows have the hash/);
});

test('a row that touches a judged capture in machine and time may not be fitted on in its fold', async () => {
  const near = { lab: 'l', hosts: ['m'] };
  const at = (second: number) => ({ first_ts: START + second, last_ts: START + second + 40 });
  const built = await builtOf([{ ...near, ...at(0) }, {}, {}, { ...near, ...at(150) }]);
  const { folder, content, rows } = await readVersion(built.folder);
  const purge = content.folds.find((one) => one.fold !== null && one.purged.length > 0);
  const purged = rows.filter((row) => row.capture === purge!.purged[0]);
  const [check] = (await verifyVersion(folder, [fittedOn({ ...ofFold0, fold: purge!.fold }, purged)])).slice(
    -1,
  );
  expect(check?.wrong).toMatch(/touches a judged capture in machine and time/);
  rmSync(built.captures, { recursive: true });
});

test('parseFitted() names what is wrong with a file', () => {
  expect(() => parseFitted('{', 'f.json')).toThrow(/f.json is not JSON/);
  expect(() => parseFitted('{"name":"x"}', 'f.json')).toThrow(/f.json names nothing fitted/);
  const nothing = { ...ofFold0, rows: [], sha256: '0'.repeat(64) };
  expect(() => parseFitted(JSON.stringify(nothing), 'f.json')).toThrow(/no rows/);
});
