import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { captureLines } from './captures.ts';

const folder = mkdtempSync(join(tmpdir(), 'logster-captures-'));
afterAll(() => rmSync(folder, { recursive: true }));

async function linesOf(content: string | Buffer): Promise<string[]> {
  const file = join(folder, 'capture');
  writeFileSync(file, content);
  const lines: string[] = [];
  for await (const line of captureLines(file)) lines.push(line.toString());
  return lines;
}

test('plain and gzip text give the same lines, without empty ones', async () => {
  const text = '\uFEFF{"a":1}\r\n\n{"b":2}\ntype=SYSCALL';
  const expected = ['{"a":1}', '{"b":2}', 'type=SYSCALL'];
  expect(await linesOf(text)).toEqual(expected);
  expect(await linesOf(gzipSync(text))).toEqual(expected);
});

test('lines longer than a chunk stay whole', async () => {
  const long = 'x'.repeat(700_000);
  expect(await linesOf(`${long}\n${long}y\n`)).toEqual([long, `${long}y`]);
});

test('a JSON array gives its elements, whatever stands in their strings', async () => {
  const events = Array.from({ length: 5000 }, (_, n) => ({ n, text: `"]}[{\\${n}`, deep: [{ n }, []] }));
  const lines = await linesOf(JSON.stringify(events, null, 1));
  expect(lines.map((line) => JSON.parse(line))).toEqual(events);
});

test('a cut array gives its last element as far as it goes', async () => {
  expect(await linesOf('[{"a":1},{"b":')).toEqual(['{"a":1}', '{"b":']);
});

test('damaged gzip is an error, not an end', async () => {
  const damaged = gzipSync('one\n'.repeat(10_000)).subarray(0, 40);
  await expect(linesOf(damaged)).rejects.toThrow(/unexpected end/);
});

test('a missing file is an error', async () => {
  await expect(captureLines(join(folder, 'none')).next()).rejects.toThrow(/ENOENT/);
});
