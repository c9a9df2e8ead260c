import fc from 'fast-check';
import { normalizedEventSchema, type Reading } from '../contracts/event.ts';
import { topicOf } from './sniff.ts';
import { readSysmon } from './sysmon.ts';
import { rawRecord, winlogbeat } from './windows-fixtures.ts';

const FIELDS = {
  UtcTime: '2024-10-20 16:58:50.468',
  ProcessGuid: '{dbf410b3-36ca-6715-d600-000000003900}',
  ProcessId: '4128',
  Image: 'C:\\Windows\\System32\\cmd.exe',
  CommandLine: 'cmd /c whoami',
  Hashes: 'SHA1=AB,MD5=CD',
};
const MESSAGE = `Process Create:\r\n${Object.entries(FIELDS)
  .map(([name, value]) => `${name}: ${value}`)
  .join('\r\n')}`;
const XML =
  '<Event><System><EventID>1</EventID><TimeCreated SystemTime="2024-10-20T16:58:50Z"/><Channel>Linux-Sysmon/Operational</Channel>' +
  `<Computer>h</Computer></System><EventData>${Object.entries(FIELDS)
    .map(([name, value]) => `<Data Name="${name}">${value}</Data>`)
    .join('')}</EventData></Event>`;
const LINES: readonly string[] = [
  JSON.stringify(winlogbeat(1, FIELDS)),
  JSON.stringify({
    ...FIELDS,
    EventID: 13,
    Hostname: 'h',
    '@timestamp': '2024-10-20T16:58:50Z',
    Channel: 'Microsoft-Windows-Sysmon',
  }),
  JSON.stringify({
    EventID: 1,
    Channel: 'Microsoft-Windows-Sysmon',
    TimeCreated: '2024-10-20T16:58:50Z',
    Message: MESSAGE,
  }),
  JSON.stringify({ Computer: 'h', SyslogMessage: XML }),
  XML,
];

/** An event of the contract, or a reason with a name. */
function isAnswer(reading: Reading): void {
  if (!reading.ok) expect(reading.reason).toMatch(/^[a-z][a-z-]+$/);
  else for (const event of reading.events) expect(normalizedEventSchema.parse(event)).toEqual(event);
}

/** Reads bytes, checks the answer, and that nothing leaked into the prototypes. */
function readSafely(value: Buffer): Reading {
  const reading = readSysmon(rawRecord(value), 1_700_000_000);
  isAnswer(reading);
  topicOf(value);
  expect(Object.keys(Object.prototype)).toEqual([]);
  return reading;
}

const line = fc.constantFrom(...LINES);

describe('readSysmon() on damaged input', () => {
  test('answers a record cut anywhere', () => {
    fc.assert(
      fc.property(line, fc.nat(2000), (whole, at) => {
        const reading = readSafely(Buffer.from(whole).subarray(0, at));
        if (at < 20) expect(reading.ok).toBe(false);
      }),
      { numRuns: 300 },
    );
  });

  test('answers bytes changed, lost or added anywhere, invalid UTF-8 included', () => {
    const edit = fc.tuple(fc.nat(1500), fc.nat(3), fc.uint8Array({ maxLength: 4 }));
    fc.assert(
      fc.property(line, fc.array(edit, { maxLength: 4 }), (whole, edits) => {
        let bytes = Buffer.from(whole);
        for (const [at, removed, added] of edits) {
          bytes = Buffer.concat([bytes.subarray(0, at), added, bytes.subarray(at + removed)]);
        }
        readSafely(bytes);
      }),
      { numRuns: 500 },
    );
  });

  test('answers a value of any kind in any place', () => {
    const key = fc.constantFrom(
      '@timestamp',
      'winlog',
      'event_data',
      'event_id',
      'EventID',
      'Channel',
      'channel',
      'Computer',
      'computer_name',
      'Message',
      'EventData',
      'TimeCreated',
      'UtcTime',
      'ProcessId',
      'ProcessGuid',
      'Hashes',
      'Image',
      'tenant_id',
      'host',
      'user',
      'record_id',
      'fields',
      'SyslogMessage',
      '__proto__',
      'constructor',
    );
    const id = fc.constantFrom(1, 3, 7, 10, 13, 22, 4688, 5156, 7045, 4104);
    fc.assert(
      fc.property(id, fc.array(fc.tuple(key, fc.jsonValue(), fc.boolean())), (eventId, changes) => {
        const document = structuredClone(winlogbeat(eventId, FIELDS)) as { winlog: Record<string, unknown> };
        for (const [name, value, nested] of changes) {
          const target = nested ? document.winlog : document;
          if (typeof target === 'object' && target !== null) {
            Object.defineProperty(target, name, {
              value,
              enumerable: true,
              configurable: true,
              writable: true,
            });
          }
        }
        readSafely(Buffer.from(JSON.stringify(document)));
      }),
      { numRuns: 500 },
    );
  });

  test('answers any text as a message', () => {
    fc.assert(
      fc.property(
        fc.string({ unit: 'binary', maxLength: 2000 }),
        fc.constantFrom(1, 4688, 4104),
        (text, eventId) => {
          const channel =
            eventId === 1
              ? 'Microsoft-Windows-Sysmon'
              : eventId === 4104
                ? 'Microsoft-Windows-PowerShell'
                : 'Security';
          readSafely(
            Buffer.from(
              JSON.stringify({
                EventID: eventId,
                Channel: channel,
                TimeCreated: '2024-10-20T16:58:50Z',
                Message: text,
              }),
            ),
          );
        },
      ),
    );
  });

  const MEGABYTE = 1 << 20;
  const message = (text: string) =>
    JSON.stringify({
      EventID: 1,
      Channel: 'Microsoft-Windows-Sysmon',
      TimeCreated: '2024-10-20T16:58:50Z',
      Message: text,
    });
  const HUGE: Readonly<Record<string, string>> = {
    'a command line of a megabyte': JSON.stringify(
      winlogbeat(1, { ...FIELDS, CommandLine: 'x'.repeat(MEGABYTE) }),
    ),
    'a host name of a megabyte': JSON.stringify(
      winlogbeat(1, FIELDS, { computer_name: '.-:'.repeat(MEGABYTE / 3) }),
    ),
    'a time of a megabyte': JSON.stringify({ ...winlogbeat(1, FIELDS), '@timestamp': '9'.repeat(MEGABYTE) }),
    'fifty thousand fields': JSON.stringify(
      winlogbeat(1, Object.fromEntries(Array.from({ length: 50_000 }, (_, at) => [`field${at}`, at]))),
    ),
    'hashes without end': JSON.stringify(winlogbeat(1, { ...FIELDS, Hashes: 'A=,'.repeat(MEGABYTE / 3) })),
    'ten thousand nested arrays': `{"winlog":${'['.repeat(10_000)}${']'.repeat(10_000)},"EventID":1}`,
    'ten thousand nested objects in the data': `{"EventID":1,"Channel":"Microsoft-Windows-Sysmon","a":${'{"a":'.repeat(10_000)}1${'}'.repeat(10_000)},"UtcTime":"2024-10-20 16:58:50"}`,
    'a megabyte of opening brackets': '['.repeat(MEGABYTE),
    'a megabyte of opening brackets in an object': `{"EventID":1,"b":${'['.repeat(MEGABYTE)}`,
    'a megabyte of brackets in a string': JSON.stringify(
      winlogbeat(1, { ...FIELDS, Image: '[\\"'.repeat(MEGABYTE / 4) }),
    ),
    'a megabyte of brackets as packed data': JSON.stringify({
      EventID: 1,
      Channel: 'Microsoft-Windows-Sysmon',
      EventData: `{"a":${'['.repeat(MEGABYTE)}`,
      '@timestamp': '2024-10-20T16:58:50Z',
    }),
    'a megabyte of blanks': ' '.repeat(MEGABYTE),
    'a message of blank lines': message('\r\n'.repeat(MEGABYTE / 4)),
    'a message of labels': message('CommandLine: a\r\n'.repeat(MEGABYTE / 17)),
    'a message of one line': message('a'.repeat(MEGABYTE)),
    'a message of audit-like blanks': message(`\n${' '.repeat(MEGABYTE / 2)}`),
    'XML of unclosed data': `<Event><System><EventID>1</EventID></System>${'<Data Name="a">'.repeat(MEGABYTE / 16)}`,
    'XML of empty data': `<Event><System><EventID>1</EventID></System>${'<Data Name="a"/>'.repeat(MEGABYTE / 16)}`,
    'XML of entities': `<Event><System><EventID>1</EventID></System><Data Name="Image">${'&amp;'.repeat(MEGABYTE / 5)}</Data>`,
    'XML of opening tags': `<Event${'<EventID '.repeat(MEGABYTE / 9)}`,
    'invalid UTF-8': `{"EventID":1,"a":"${'\u00ff'.repeat(MEGABYTE / 2)}"}`,
  };

  test('refuses nesting that no event has, once it costs something', () => {
    const deep = (levels: number) => `{"EventID":1,"a":${'['.repeat(levels)}${']'.repeat(levels)}}`;
    expect(readSysmon(rawRecord(deep(10_000)), 0)).toMatchObject({ reason: 'nested-too-deep' });
    expect(readSysmon(rawRecord(deep(100)), 0)).toMatchObject({ reason: 'channel-not-used' });
  });

  // a reader whose work grows with the square of a megabyte would take hours, and run into the test's own limit of time
  test.each(Object.entries(HUGE))('answers %s', (_what, text) => {
    const bytes = Buffer.from(text, text.startsWith('{"EventID":1,"a"') ? 'latin1' : 'utf8');
    isAnswer(readSysmon(rawRecord(bytes), 0));
    topicOf(bytes);
  });
});
