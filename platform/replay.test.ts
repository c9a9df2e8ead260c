import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { HEADERS, type RawTopic, TOPICS } from '../contracts/topics.ts';
import { captureLines } from '../datasets/captures.ts';
import { workedExample } from '../datasets/worked-example/worked-example.ts';
import type { Bus, Received } from '../ports/bus/bus.ts';
import { embeddedBus } from '../ports/bus/embedded.ts';
import { replay } from './replay.ts';
import { projectRoot } from './root.ts';

const START = 1_772_442_000;
const folder = mkdtempSync(join(tmpdir(), 'logster-replay-'));
let bus: Bus;
let number = 0;
beforeEach(() => {
  number += 1;
  bus = embeddedBus({ directory: join(folder, String(number)) });
});
afterEach(() => bus.close());
afterAll(() => rmSync(folder, { recursive: true }));

async function published(topic: RawTopic): Promise<Received[]> {
  const pages = await Promise.all(
    Array.from({ length: TOPICS[topic].partitions }, (_, partition) => bus.read(topic, partition, 0, 10_000)),
  );
  return pages.flat();
}

const lines = () => workedExample(START, 30).lines.map((line) => Buffer.from(line));
const recorded = (file: string) => captureLines(join(projectRoot(), 'datasets', 'recordings', file));

test('every line arrives once, in the order of its endpoint, keyed by it', async () => {
  const [told] = await replay({
    bus,
    recordings: [{ name: 'example', lines: lines() }],
    speed: Number.POSITIVE_INFINITY,
    now: false,
    closeWindows: false,
  });
  const messages = await published('sysmon-logs');
  expect(told).toEqual({ name: 'example', published: lines().length, unknown: 0 });
  expect(messages.map(({ value }) => value.toString()).sort()).toEqual(lines().map(String).sort());
  const ofVictim = messages
    .filter(({ key }) => key === 'default:desktop-1nnimrr')
    .map(({ value }) => value.toString());
  expect(ofVictim).toEqual(
    lines()
      .map(String)
      .filter((line) => line.includes('"computer_name":"DESKTOP-1NNIMRR"')),
  );
});

test('at the end each endpoint says that it will send no more', async () => {
  await replay({
    bus,
    recordings: [{ name: 'example', lines: lines() }],
    speed: Number.POSITIVE_INFINITY,
    now: false,
    closeWindows: true,
  });
  const marks = (await published('sysmon-logs')).filter(({ value }) => value.length === 0);
  expect(marks.map(({ headers }) => headers[HEADERS.endpoint]).sort()).toEqual([
    'desktop-1nnimrr',
    'desktop-4kq7t2b',
  ]);
  for (const { headers } of marks) expect(Number(headers[HEADERS.watermark])).toBeGreaterThan(START + 180);
});

test('with now the first event is moved to now', async () => {
  const before = Date.now() / 1000;
  await replay({
    bus,
    recordings: [{ name: 'example', lines: lines() }],
    speed: Number.POSITIVE_INFINITY,
    now: true,
    closeWindows: false,
  });
  const [first] = await published('sysmon-logs');
  expect(Number(first!.headers[HEADERS.timeShift]) + START).toBeGreaterThan(before - 30);
});

test('records of one audit event become one message that names its host', async () => {
  const file = 'lin-rec-attack-revshell-bash-129-auditd.log.gz';
  await replay({
    bus,
    recordings: [{ name: file, lines: recorded(file), host: 'web-7' }],
    speed: Number.POSITIVE_INFINITY,
    now: false,
    closeWindows: false,
  });
  const messages = await published('linux-auditd-logs');
  const serials = messages.map(
    ({ value }) => new Set([...value.toString().matchAll(/:(\d+)\):/g)].map((match) => match[1])).size,
  );
  expect(new Set(serials)).toEqual(new Set([1]));
  expect(new Set(messages.map(({ key }) => key))).toEqual(new Set(['default:web-7']));
});

test('twice the speed takes half the time', async () => {
  const short = lines().slice(0, 30);
  const spanSeconds = (timeOf(short.at(-1)) - timeOf(short[0])) / 1000;
  const begun = Date.now();
  await replay({
    bus,
    recordings: [{ name: 'example', lines: short }],
    speed: spanSeconds / 0.5,
    now: false,
    closeWindows: false,
  });
  const took = (Date.now() - begun) / 1000;
  expect(took).toBeGreaterThan(0.45);
});

test('a file of no known shape is refused by its name', async () => {
  const nonsense = [Buffer.from('hello'), Buffer.from('world')];
  await expect(
    replay({
      bus,
      recordings: [{ name: 'letters.txt', lines: nonsense }],
      speed: 1,
      now: false,
      closeWindows: true,
    }),
  ).rejects.toThrow('letters.txt');
});

function timeOf(line: Buffer | undefined): number {
  return Date.parse((JSON.parse(String(line)) as { '@timestamp': string })['@timestamp']);
}
