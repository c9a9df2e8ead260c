import { createHash } from 'node:crypto';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { readManifest } from '../manifest.ts';
import { catalogue, setsNamed } from './catalogue.ts';
import { fetchCaptures, type Offer, offersIn, offersOf } from './fetch.ts';

const CONTENT = Buffer.from('type=SYSCALL msg=audit(1.000:1): pid=1\n'.repeat(5000));
const sha256 = createHash('sha256').update(CONTENT).digest('hex');

let folder: string;
let server: Server | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'logster-fetch-'));
});
afterEach(async () => {
  rmSync(folder, { recursive: true });
  await new Promise((resolve) => (server ? server.close(resolve) : resolve(undefined)));
  server = undefined;
});

/** Serves on a free port; gives the ranges that were asked for. */
async function serve(answer: RequestListener): Promise<{ address: string; ranges: (string | undefined)[] }> {
  const ranges: (string | undefined)[] = [];
  const opened = createServer((request, response) => {
    ranges.push(request.headers.range);
    answer(request, response);
  });
  server = opened;
  await new Promise<void>((resolve) => opened.listen(0, '127.0.0.1', resolve));
  return { address: `http://127.0.0.1:${(opened.address() as AddressInfo).port}/one.log`, ranges };
}

/** What a server does that knows ranges. */
const withRanges: RequestListener = ({ headers: { range } }, response) => {
  const from = Number(/^bytes=(\d+)-$/.exec(range ?? '')?.[1] ?? 0);
  const head = { 'content-range': `bytes ${from}-${CONTENT.length - 1}/${CONTENT.length}` };
  response.writeHead(range ? 206 : 200, range ? head : {}).end(CONTENT.subarray(from));
};

const capture = { id: 'one', platform: 'linux', file: 'linux/one.log', licence: 'MIT', sha256 };
const offer = (address: string, more: object = {}): Offer => ({
  capture: { ...capture, bytes: CONTENT.length, ...more },
  at: { address },
});
const file = () => join(folder, 'linux/one.log');
const fetched = (offers: readonly Offer[], lines: string[] = [], accepted = ['MIT']) =>
  fetchCaptures({ offers, toFolder: folder, accepted, report: (line) => lines.push(line) });

test('fetchCaptures() brings a file, says how far it is, and lists it; a second run asks for nothing', async () => {
  const { address, ranges } = await serve(withRanges);
  const lines: string[] = [];
  expect(await fetched([offer(address)], lines)).toEqual({ brought: 1, there: 0, refused: {} });
  expect(readFileSync(file())).toEqual(CONTENT);
  expect(lines.at(-1)).toBe('1/1 one: 100 % of 0.2 MiB');
  const { captures, unreadable } = await readManifest(join(folder, 'MANIFEST.json'));
  expect(unreadable).toEqual([]);
  expect(captures).toMatchObject([{ id: 'one', file: file(), sha256, licence: 'MIT' }]);
  expect(await fetched([offer(address)])).toEqual({ brought: 0, there: 1, refused: {} });
  expect(ranges).toEqual([undefined]);
});

test('a connection that breaks is named, and the next run goes on where it broke', async () => {
  const half = CONTENT.length / 2;
  let isBroken = true;
  const { address, ranges } = await serve((request, response) => {
    if (!isBroken) return withRanges(request, response);
    response.writeHead(200, { 'content-length': CONTENT.length });
    response.write(CONTENT.subarray(0, half), () => setTimeout(() => response.destroy(), 50));
  });
  await expect(fetched([offer(address)])).rejects.toThrow(/broke off after \d+ bytes.*run it again to go on/);
  expect(existsSync(file())).toBe(false);
  const kept = readFileSync(`${file()}.part`).length;
  expect(kept).toBeGreaterThan(0);
  isBroken = false;
  expect(await fetched([offer(address)])).toMatchObject({ brought: 1 });
  expect(ranges).toEqual([undefined, `bytes=${kept}-`]);
  expect(readFileSync(file())).toEqual(CONTENT);
});

test('a server that knows no ranges sends it all again', async () => {
  const { address, ranges } = await serve((_, response) => void response.writeHead(200).end(CONTENT));
  part('the beginning of');
  expect(await fetched([offer(address)])).toMatchObject({ brought: 1 });
  expect(ranges).toEqual(['bytes=16-']);
  expect(readFileSync(file())).toEqual(CONTENT);
});

test('what is not the named file is not kept', async () => {
  const { address } = await serve((_, response) => void response.writeHead(200).end('an error page'));
  await expect(fetched([offer(address)])).rejects.toThrow(
    /is not one: its sha256 is \w+, not .*nothing was kept/,
  );
  expect(existsSync(file())).toBe(false);
  expect(existsSync(`${file()}.part`)).toBe(false);
  await expect(fetched([offer(address, { bytes: 3 })])).rejects.toThrow(/More than the 3 bytes/);
});

test('a part that the server does not have is dropped, an address that is gone is named', async () => {
  const { address } = await serve(
    ({ headers }, response) => void response.writeHead(headers.range ? 416 : 404).end(),
  );
  part('x');
  await expect(fetched([offer(address, { bytes: undefined })])).rejects.toThrow(/fewer bytes.*run it again/);
  await expect(fetched([offer(address)])).rejects.toThrow(/one.log answers 404/);
});

function part(text: string): void {
  mkdirSync(dirname(file()), { recursive: true });
  writeFileSync(`${file()}.part`, text);
}

test('only captures under an accepted licence are brought, and the refusal says how to accept', async () => {
  const { address } = await serve(withRanges);
  const offers = [
    offer(address, { licence: 'MIT (its authors)' }),
    offer(address, { id: 'two', licence: 'GPL-3.0' }),
  ];
  await expect(fetched(offers, [], [])).rejects.toThrow(
    /say which you accept: --accept-licence "GPL-3.0" or --accept-licence "MIT"/,
  );
  expect(await fetched(offers, [], ['mit'])).toEqual({ brought: 1, there: 0, refused: { 'GPL-3.0': 1 } });
});

describe('a folder with a manifest', () => {
  const source = () => join(folder, 'source');
  const manifest = (...captures: object[]) => {
    mkdirSync(join(source(), 'linux'), { recursive: true });
    writeFileSync(join(source(), 'linux/one.log'), CONTENT);
    writeFileSync(join(source(), 'MANIFEST.json'), JSON.stringify({ captures }));
  };

  test('is copied with every field of its entries, beside what was there', async () => {
    manifest({ ...capture, attack_window: { start: 1 } });
    writeFileSync(join(folder, 'MANIFEST.json'), JSON.stringify({ captures: [{ ...capture, id: 'old' }] }));
    expect(await fetched(await offersIn(source()))).toMatchObject({ brought: 1 });
    const { captures } = JSON.parse(readFileSync(join(folder, 'MANIFEST.json'), 'utf8'));
    expect(captures).toEqual([
      { ...capture, id: 'old' },
      { ...capture, attack_window: { start: 1 } },
    ]);
  });

  test('is refused where an entry has no sha256, leaves its folder or lacks its file', async () => {
    manifest({ ...capture, sha256: null });
    await expect(offersIn(source())).rejects.toThrow(/Entry 0 of .*MANIFEST.json.*sha256/s);
    for (const outside of ['../one.log', '/etc/passwd', 'a/../../b', 'c:/x', '..\\x']) {
      manifest({ ...capture, file: outside });
      await expect(offersIn(source())).rejects.toThrow(/stays inside of its folder/);
    }
    manifest({ ...capture, file: 'gone.log' });
    await expect(fetched(await offersIn(source()))).rejects.toThrow(/one cannot be copied/);
    await expect(offersIn(join(folder, 'nowhere'))).rejects.toThrow(/captures need their list/);
  });
});

test('the catalogue names a state, a sha256 and an open licence for every file', () => {
  expect(catalogue().length).toBeGreaterThan(0);
  for (const { capture, at } of offersOf(catalogue())) {
    expect(capture.licence).toMatch(/^(MIT|Apache-2\.0|CC0-1\.0)$/);
    expect('address' in at && at.address).toMatch(/\/[0-9a-f]{40}\//); // a commit, so that it cannot change
  }
  const ids = offersOf(catalogue()).map((one) => one.capture.id);
  expect(new Set(ids).size).toBe(ids.length);
  expect(() => setsNamed(['nothing'])).toThrow(/No public set is called nothing; there are go-libaudit/);
});
