import type { Topic } from '../contracts/topics.ts';
import type { Batch } from '../ports/bus/bus.ts';
import { TimeMerge } from './time-merge.ts';

const PROCESS = 'linux-ebpf-process-logs';
const FILE = 'linux-ebpf-file-logs';
const batch = (topic: Topic, times: readonly number[], remaining = 0): Batch => ({
  topic,
  partition: 0,
  remaining,
  isStale: () => false,
  giveBackFrom: () => undefined,
  messages: times.map((publishedAt, offset) => ({
    ...{ topic, partition: 0, offset, key: 'a', value: Buffer.alloc(1), headers: {}, publishedAt },
  })),
});

let now = 1000;
const merge = () => {
  const one = new TimeMerge(() => now);
  for (const topic of [PROCESS, FILE] as const) {
    one.assigned(topic, 0);
    one.nothingWaits(topic, 0);
  }
  return one;
};

test('while nothing waits elsewhere a batch is taken whole', () => {
  expect(merge().ready(batch(PROCESS, [1, 50, 100]))).toBe(3);
});

test('two backlogs are taken in turns, in the order of publishing', () => {
  const one = merge();
  const [process, file] = [batch(PROCESS, [0, 1, 2, 30, 60]), batch(FILE, [1.5, 31, 90])];
  one.ready(file); // its front is known from then on
  expect(one.ready(process)).toBe(2);
  one.taken(process, 2);
  expect(one.ready(file)).toBe(1);
  one.taken(file, 1);
  const rest = batch(PROCESS, [2, 30, 60]);
  expect(one.ready(rest)).toBe(2);
  one.taken(rest, 2);
  expect(one.ready(batch(FILE, [31, 90]))).toBe(1);
});

test('a topic of which more is to come holds the others where it stands', () => {
  const one = merge();
  const file = batch(FILE, [5, 6], 100);
  one.ready(file);
  one.taken(file, 2);
  expect(one.ready(batch(PROCESS, [3, 6.1, 7, 8]))).toBe(2);
});

test('a topic with a backlog is waited for before its first batch, one that is stuck only for a while', () => {
  const one = new TimeMerge(() => now);
  one.assigned(PROCESS, 0);
  one.assigned(FILE, 0);
  expect(one.ready(batch(PROCESS, [3]))).toBe(0);
  const file = batch(FILE, [4], 9);
  one.ready(file);
  expect(one.ready(batch(PROCESS, [3]))).toBe(1);
  one.taken(file, 1);
  expect(one.ready(batch(PROCESS, [20]))).toBe(0);
  now += 11;
  expect(one.ready(batch(PROCESS, [20]))).toBe(1);
});

test('what is said of an empty partition after its first batch came is out of date', () => {
  const one = merge();
  one.assigned(FILE, 0);
  one.ready(batch(FILE, [4], 9));
  one.nothingWaits(FILE, 0);
  expect(one.ready(batch(PROCESS, [3, 20]))).toBe(1);
});

test('other topics, other partitions and partitions that have gone hold nobody up', () => {
  const one = merge();
  one.ready(batch(FILE, [1], 5));
  expect(one.ready(batch('sysmon-logs', [99]))).toBe(1);
  expect(one.ready({ ...batch(PROCESS, [99]), partition: 3 })).toBe(1);
  one.revoked(FILE, 0);
  expect(one.ready(batch(PROCESS, [99]))).toBe(1);
});
