import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { constants, gunzipSync } from 'node:zlib';
import { normalizedEventSchema } from '../contracts/event.ts';
import { topicOf } from './sniff.ts';
import { readSysmon } from './sysmon.ts';
import { rawRecord } from './windows-fixtures.ts';

const DATA = join(import.meta.dirname, '../../shared/data');
const MANIFEST = join(DATA, 'MANIFEST.json');
const hasCaptures = existsSync(MANIFEST);

/** Of each capture so much is unpacked: some hundred lines, so that all captures take seconds. */
const PACKED_BYTES = 24 * 1024;
/** One event in so many is held against the schema, which takes longer than reading it. */
const CHECKED = 29;

/** The whole lines at the beginning of a packed capture. */
function firstLines(file: string): readonly Buffer[] {
  const packed = readFileSync(file);
  const cut = packed.length > PACKED_BYTES;
  const bytes = gunzipSync(packed.subarray(0, PACKED_BYTES), { finishFlush: constants.Z_SYNC_FLUSH });
  const lines: Buffer[] = [];
  for (let from = 0; from < bytes.length; ) {
    const end = bytes.indexOf(10, from);
    if (end < 0 && cut) break;
    const line = bytes.subarray(from, end < 0 ? bytes.length : end);
    if (line.length > 0) lines.push(line);
    from = end < 0 ? bytes.length : end + 1;
  }
  return lines;
}

interface Capture {
  readonly id: string;
  readonly file: string;
  readonly platform: string;
  readonly source: string;
}

(hasCaptures ? describe : describe.skip)('Windows captures (needs ../shared/data)', () => {
  const captures: readonly Capture[] = hasCaptures ? JSON.parse(readFileSync(MANIFEST, 'utf8')).captures : [];
  const windows = captures.filter(
    ({ platform, source }) => platform === 'windows' || source.includes('sysmon'),
  );

  test('at least 99.9 % of the lines of each become events or are dropped for a named reason', () => {
    const short: string[] = [];
    let events = 0;
    for (const { id, file } of windows) {
      const lines = firstLines(join(DATA, file));
      let used = 0;
      for (const line of lines) {
        if (topicOf(line) !== 'sysmon-logs') continue;
        const reading = readSysmon(rawRecord(line), 1_700_000_000);
        if (reading.ok || reading.kind === 'dropped') used++;
        if (reading.ok && events++ % CHECKED === 0) normalizedEventSchema.parse(reading.events[0]);
      }
      if (used < 0.999 * lines.length || lines.length === 0) short.push(`${id}: ${used} of ${lines.length}`);
    }
    expect(short).toEqual([]);
    expect(events).toBeGreaterThan(10_000);
  });
});
