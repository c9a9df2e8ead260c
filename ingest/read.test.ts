import { type NormalizedEvent, normalizedEventSchema } from '../contracts/event.ts';
import { encodeReading, readRecords } from './read.ts';
import { rawRecord, winlogbeat } from './windows-fixtures.ts';

const ARRIVED = 1_700_000_000;
const created = (record_id: number) => winlogbeat(1, { ProcessId: '12', Image: 'C:\\a.exe' }, { record_id });
const decoded = (messages: readonly { readonly value: Buffer }[]) =>
  messages.map(({ value }) => JSON.parse(String(value)) as NormalizedEvent);

test('readRecords() gives one reading for each record, in order', () => {
  const records = [
    rawRecord(created(1)),
    rawRecord('x', { offset: 1 }),
    rawRecord(winlogbeat(4, {}), { offset: 2 }),
  ];
  const readings = readRecords('sysmon-logs', records, ARRIVED);
  expect(readings.map((reading) => (reading.ok ? reading.events.length : reading.reason))).toEqual([
    1,
    'not-a-json-object',
    'sysmon-service-state',
  ]);
  expect(readings.map(({ record }) => record)).toEqual(records);
});

test('readRecords() reads the elements of a JSON array one by one', () => {
  const whole = readRecords('sysmon-logs', [rawRecord([created(1), {}, created(2)], { offset: 7 })], ARRIVED);
  expect(whole.map(({ ok }) => ok)).toEqual([true, false, true]);
  expect(whole.map(({ record }) => record.offset)).toEqual([7, 7, 7]);
  expect(decoded(whole.flatMap(encodeReading)).map((event) => event.raw_event)).toEqual([
    created(1),
    created(2),
  ]);
});

test('readRecords() moves time by the header, under another id that the same header repeats', () => {
  const read = (shift?: string) => {
    const headers = shift === undefined ? {} : { 'logster-time-shift': shift };
    const [reading] = readRecords('sysmon-logs', [rawRecord(created(1), { headers })], ARRIVED);
    if (!reading?.ok || reading.events[0] === undefined) throw new Error('no event');
    return reading.events[0];
  };
  expect(read('86400.5').timestamp).toBeCloseTo(read().timestamp + 86_400.5, 6);
  expect(read('86400.5').event_id).toBe(read('86400.5').event_id);
  expect(read('86400.5').event_id).not.toBe(read().event_id);
  expect(read('soon')).toEqual(read());
});

test('encodeReading() keys by endpoint and keeps what arrived and who traces it', () => {
  const trace = { traceparent: '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01', other: 'x' };
  const [reading] = readRecords('sysmon-logs', [rawRecord(created(1), { headers: trace })], ARRIVED);
  const [message] = encodeReading(reading!);
  expect(message).toMatchObject({
    key: 'default:ws-042.corp.test',
    headers: { traceparent: trace.traceparent },
  });
  const event = normalizedEventSchema.parse(JSON.parse(String(message?.value)));
  expect(event).toMatchObject({ raw_event: created(1), ingested_at: ARRIVED });
});

test('encodeReading() keeps invalid UTF-8, other text and long records readable', () => {
  const line = Buffer.from(JSON.stringify(created(1)).replace('a.exe', 'a\u00ff.exe'), 'latin1');
  const long = winlogbeat(1, { ProcessId: '12', CommandLine: 'x'.repeat(70_000) });
  const xml =
    '<Event><System><EventID>5</EventID><TimeCreated SystemTime="2024-10-20T16:58:50Z"/><Channel>Linux-Sysmon</Channel>' +
    '</System><EventData><Data Name="ProcessId">1</Data></EventData></Event>';
  const readings = readRecords(
    'sysmon-logs',
    [rawRecord(line), rawRecord(long), rawRecord(`\uFEFF${xml}`)],
    ARRIVED,
  );
  const [bytes, cut, text] = decoded(readings.flatMap(encodeReading));
  expect(bytes?.data.image).toBe('C:\\a\ufffd.exe');
  expect(cut).toMatchObject({ raw_truncated: true, warnings: ['cut:command_line'] });
  expect(cut?.raw_event).toHaveLength(65_536);
  expect(text?.raw_event).toBe(`\uFEFF${xml}`);
});
