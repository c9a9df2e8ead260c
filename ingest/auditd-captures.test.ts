import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { normalizedEventSchema, type Reading } from '../contracts/event.ts';
import { readAuditdBatch } from './auditd.ts';
import { readEbpf } from './ebpf.ts';
import type { RawRecord } from './record.ts';

const DATA = fileURLToPath(new URL('../../shared/data/', import.meta.url));

/** As many lines as come from a topic at once; the boundaries cut events in two, as they do in life. */
const BATCH_LINES = 500;

const LEAST_READ = 0.999;

const captures = existsSync(DATA)
  ? ['linux', 'fixtures'].flatMap((folder) =>
      readdirSync(`${DATA}${folder}`)
        .filter((file) => /auditd|ebpf|auoms|otrf-arp|otrf-binary|lin-ait|fix-libaudit/.test(file))
        .map((file) => `${folder}/${file}`),
    )
  : [];

function readCapture(file: string): readonly Reading[] {
  const isEbpf = file.includes('ebpf');
  const records: RawRecord[] = [];
  const whole = gunzipSync(readFileSync(`${DATA}${file}`));
  for (let begin = 0; begin < whole.length; ) {
    const end = whole.indexOf(10, begin);
    const value = whole.subarray(begin, end < 0 ? whole.length : end);
    begin = end < 0 ? whole.length : end + 1;
    const topic = isEbpf ? 'linux-ebpf-process-logs' : 'linux-auditd-logs';
    if (value.length > 0)
      records.push({ topic, partition: 0, offset: records.length, key: 'default:h', headers: {}, value });
  }
  if (isEbpf) return records.map((record) => readEbpf(record, 0));
  const readings: Reading[] = [];
  for (let at = 0; at < records.length; at += BATCH_LINES) {
    readings.push(...readAuditdBatch(records.slice(at, at + BATCH_LINES), 0));
  }
  expect(readings).toHaveLength(records.length);
  return readings;
}

(captures.length > 0 ? describe : describe.skip)('every Linux capture is read (needs ../shared/data)', () => {
  test.each(captures)('%s', (file) => {
    const readings = readCapture(file);
    const events = readings.flatMap((reading) => (reading.ok ? reading.events : []));
    const unread = readings.filter((reading) => !reading.ok && reading.kind === 'dead');
    expect(readings.length).toBeGreaterThan(0);
    expect(1 - unread.length / readings.length).toBeGreaterThanOrEqual(LEAST_READ);
    expect(events.length).toBeGreaterThan(0);
    // a schema check costs ten times the reading, so of the largest captures every seventh event is checked
    const step = events.length > 5000 ? 7 : 1;
    for (let at = 0; at < events.length; at += step) normalizedEventSchema.parse(events[at]);
  });
});
