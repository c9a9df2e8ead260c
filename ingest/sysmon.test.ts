import { normalizedEventSchema } from '../contracts/event.ts';
import { readSysmon } from './sysmon.ts';
import { eventOfReading, rawRecord, readOne, winlogbeat } from './windows-fixtures.ts';

const FIELDS = {
  RuleName: '-',
  UtcTime: '2024-10-20 12:58:50.468',
  ProcessGuid: '{DBF410B3-36CA-6715-D600-000000003900}',
  ProcessId: '4128',
  Image: 'C:\\Windows\\System32\\cmd.exe',
  OriginalFileName: 'Cmd.Exe',
  CommandLine: 'cmd /c "whoami" & echo <a>',
  CurrentDirectory: 'C:\\',
  User: 'CORP\\bo',
  LogonId: '0x3e7',
  IntegrityLevel: 'High',
  Hashes: 'SHA1=AB12,MD5=CD34',
  ParentProcessGuid: '{00000000-0000-0000-0000-000000000000}',
  ParentProcessId: '992',
  ParentImage: '-',
  ParentCommandLine: '',
};

const DATA = {
  process_guid: 'dbf410b3-36ca-6715-d600-000000003900',
  process_id: 4128,
  image: 'C:\\Windows\\System32\\cmd.exe',
  original_file_name: 'Cmd.Exe',
  command_line: 'cmd /c "whoami" & echo <a>',
  current_directory: 'C:\\',
  user: 'CORP\\bo',
  login_id: '0x3e7',
  integrity_level: 'High',
  hashes: { sha1: 'ab12', md5: 'cd34' },
  parent_process_id: 992,
  utc_time: '2024-10-20 12:58:50.468',
};

const CHANNEL = 'Microsoft-Windows-Sysmon/Operational';
const TIME = '2024-10-20T16:58:51.036Z';
const SECONDS = Date.parse(TIME) / 1000;
const HOST = 'WS-042.Corp.Test';
const MESSAGE = `Process Create:\r\n${Object.entries(FIELDS)
  .map(([name, value]) => `${name}: ${value}`)
  .join('\r\n')}`;
const escapeXml = (value: string) =>
  value.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;');
const xmlData = (quote: string) =>
  Object.entries(FIELDS)
    .map(([name, value]) => `<Data Name=${quote}${name}${quote}>${escapeXml(value)}</Data>`)
    .join('');
const xmlEvent = (quote: string, channel: string, time: string) =>
  `<Event xmlns=${quote}http://schemas.microsoft.com/win/2004/08/events/event${quote}><System>` +
  `<Provider Name=${quote}Microsoft-Windows-Sysmon${quote}/><EventID>1</EventID>` +
  `<TimeCreated SystemTime=${quote}${time}${quote}/><EventRecordID>17990</EventRecordID><Correlation/>` +
  `<Execution ProcessID=${quote}2548${quote} ThreadID=${quote}1${quote}/><Channel>${channel}</Channel>` +
  `<Computer>${HOST}</Computer></System><EventData>${xmlData(quote)}</EventData></Event>`;
const without = (names: readonly string[]) =>
  Object.fromEntries(Object.entries(FIELDS).filter(([name]) => !names.includes(name)));

const SHAPES: Readonly<Record<string, unknown>> = {
  'Winlogbeat 7': winlogbeat(1, FIELDS),
  'Winlogbeat 7 with its id as text in event.code': {
    ...winlogbeat(1, FIELDS, { event_id: undefined }),
    event: { code: '1' },
  },
  'Winlogbeat 6': {
    '@timestamp': TIME,
    event_id: 1,
    log_name: CHANNEL,
    computer_name: HOST,
    record_number: '17990',
    beat: { hostname: 'WECserver' },
    host: { name: 'WECserver' },
    event_data: FIELDS,
  },
  'NXLog, which leaves ProcessId to the message': {
    ...without(['ProcessId']),
    '@timestamp': TIME,
    EventTime: '2024-10-20 12:58:50',
    EventReceivedTime: '2024-10-20 12:58:51',
    EventID: 1,
    EventType: 'INFO',
    Hostname: HOST,
    host: 'ip-10-0-0-1.internal',
    Channel: CHANNEL,
    ProcessID: 3144,
    RecordNumber: 17990,
    Message: MESSAGE,
  },
  'a flat exporter': {
    ...FIELDS,
    Channel: CHANNEL,
    EventID: '1',
    Hostname: HOST,
    TimeCreated: TIME,
    '@timestamp': TIME,
  },
  'a Sentinel table with JSON text': {
    TenantId: 'workspace',
    TimeGenerated: TIME,
    Channel: CHANNEL,
    Computer: HOST,
    EventID: 1,
    EventData: JSON.stringify(FIELDS),
  },
  'a Sentinel table with XML': {
    TimeCreated: TIME,
    TimeGenerated: '2024-10-20T20:58:51.036Z',
    Channel: CHANNEL,
    Computer: HOST,
    EventID: 1,
    EventRecordID: '17990',
    EventData: `<EventData xmlns="http://schemas.microsoft.com/win/2004/08/events/event">${xmlData('"')}</EventData>`,
  },
  'a converter from XML to JSON': {
    '@timestamp': TIME,
    Channel: CHANNEL,
    Computer: HOST,
    EventID: { '#text': '1' },
    EventData: { Data: Object.entries(FIELDS).map(([name, value]) => ({ '@Name': name, '#text': value })) },
  },
  'Windows XML': xmlEvent("'", CHANNEL, TIME),
  'Windows XML as a message': { message: xmlEvent("'", CHANNEL, TIME) },
  'only a rendered message': {
    EventID: 1,
    Channel: CHANNEL,
    Computer: HOST,
    TimeCreated: TIME,
    Message: MESSAGE,
  },
  'a line with byte order mark and blanks': `\uFEFF  ${JSON.stringify(winlogbeat(1, FIELDS))}\r\n`,
};

describe('readSysmon()', () => {
  test.each(Object.entries(SHAPES))('reads %s', (_shape, line) => {
    const event = readOne(line);
    expect(event).toMatchObject({
      tenant_id: 'default',
      endpoint_id: 'ws-042.corp.test',
      hostname: 'ws-042.corp.test',
      platform: 'windows',
      source: 'sysmon',
      event_type: 'process_create',
      timestamp: SECONDS,
    });
    expect(event.data).toEqual(DATA);
    expect(normalizedEventSchema.parse(event)).toEqual(event);
  });

  test('reads Sysmon for Linux, raw and inside syslog JSON, as the same event', () => {
    const xml = xmlEvent('"', 'Linux-Sysmon/Operational', '2024-10-20T16:58:51.036399000Z');
    const raw = readOne(xml);
    expect(raw).toMatchObject({ platform: 'linux', source: 'sysmon' });
    expect(raw.timestamp).toBeCloseTo(SECONDS + 0.000399, 6);
    expect(raw.data).toEqual(DATA);
    const syslog = {
      Computer: 'relay',
      HostName: 'relay',
      TimeGenerated: '2024-10-20T16:58:59Z',
      SyslogMessage: xml,
    };
    expect(readOne(syslog)).toEqual(raw);
  });

  test('reads fields alone, without host and channel, on the clock of UtcTime', () => {
    const event = readOne({ ...FIELDS, EventId: 1, RuleName: null });
    expect(event).toMatchObject({ endpoint_id: 'unknown', warnings: ['no_host'] });
    expect(event.timestamp).toBe(Date.parse('2024-10-20T12:58:50.468Z') / 1000);
    const named = rawRecord({ ...FIELDS, EventId: 1 }, { headers: { 'logster-endpoint': 'Lab-1' } });
    expect(eventOfReading(readSysmon(named, 0)).endpoint_id).toBe('lab-1');
  });

  test('names the collector only when nothing else names a host, and says so', () => {
    const event = readOne(winlogbeat(1, FIELDS, { computer_name: '' }));
    expect(event).toMatchObject({ endpoint_id: 'collector', warnings: ['host_of_collector'] });
  });

  test('takes the tenant from the record or from a shipper field', () => {
    expect(readOne({ ...winlogbeat(1, FIELDS), tenant_id: ' ACME ' }).tenant_id).toBe('acme');
    expect(readOne({ ...winlogbeat(1, FIELDS), fields: { tenant_id: 'a:b' } }).tenant_id).toBe('a-b');
  });

  test('gives a record the same id wherever it lies, and other records other ids', () => {
    const id = (value: unknown, offset: number) => {
      const reading = readSysmon(rawRecord(value, { offset }), offset);
      return reading.ok ? reading.events[0]?.event_id : undefined;
    };
    const flat = { ...FIELDS, EventID: 1, Channel: CHANNEL, Hostname: HOST, TimeCreated: TIME };
    expect(id(winlogbeat(1, FIELDS), 1)).toBe(id(winlogbeat(1, FIELDS), 9));
    expect(id(winlogbeat(1, FIELDS), 1)).not.toBe(id(winlogbeat(1, FIELDS, { record_id: 17991 }), 1));
    expect(id(flat, 1)).toBe(id(flat, 9));
    expect(id(flat, 1)).not.toBe(id({ ...flat, ProcessId: '4129' }, 1));
    const security = { channel: 'Security' };
    expect(id(winlogbeat(4689, { ProcessId: '0x9' }, security), 1)).not.toBe(
      id(winlogbeat(5, { ProcessId: '9' }), 1),
    );
  });

  test.each([
    ['', 'dead', 'empty'],
    ['not json', 'dead', 'not-a-json-object'],
    ['{"EventID":1', 'dead', 'not-a-json-object'],
    ['[1]', 'dead', 'not-a-json-object'],
    ['null', 'dead', 'not-a-json-object'],
    ['<Event><System></System></Event>', 'dead', 'not-event-xml'],
    ['{"a":1}', 'dead', 'not-an-event'],
    [JSON.stringify({ EventID: 1, Channel: CHANNEL, ProcessId: 4 }), 'dead', 'no-event-time'],
    [
      JSON.stringify({ EventID: 1, Channel: CHANNEL, '@timestamp': null, UtcTime: '', ProcessId: 4 }),
      'dead',
      'no-event-time',
    ],
    [JSON.stringify({ EventID: 1, Channel: CHANNEL, '@timestamp': TIME }), 'dead', 'no-fields'],
    [
      JSON.stringify({
        EventID: 1,
        Channel: CHANNEL,
        '@timestamp': TIME,
        Message: 'Prozess erstellt:\r\nAbbild: x',
      }),
      'dead',
      'message-not-understood',
    ],
    [JSON.stringify(winlogbeat(77, FIELDS)), 'dropped', 'unknown-event-id'],
    [
      JSON.stringify(winlogbeat(3008, {}, { channel: 'Microsoft-Windows-DNS-Client/Operational' })),
      'dropped',
      'channel-not-used',
    ],
  ])('answers %j with %s: %s', (line, kind, reason) => {
    expect(readSysmon(rawRecord(line), 0)).toEqual({ ok: false, kind, reason });
  });

  test('goes on to the next clock when a date is null or a zero date', () => {
    const line = {
      ...FIELDS,
      EventID: 1,
      Channel: CHANNEL,
      Hostname: HOST,
      '@timestamp': '0001-01-01T00:00:00',
      TimeCreated: TIME,
    };
    expect(readOne(line)).toMatchObject({ timestamp: SECONDS, warnings: ['time_unreadable'] });
  });

  test('keeps the beginning of an overlong field and says which was cut', () => {
    const event = readOne(winlogbeat(1, { ...FIELDS, CommandLine: 'x'.repeat(100_000) }));
    expect(event.data.command_line).toHaveLength(32_767);
    expect(event.warnings).toEqual(['cut:command_line']);
  });

  test('takes nothing from keys of the prototype', () => {
    const line = `{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}},${JSON.stringify(winlogbeat(1, { ...FIELDS, Hashes: '__proto__=ab,constructor=cd,MD5=EF' })).slice(1)}`;
    const event = readOne(line);
    expect(event.data.hashes).toEqual({ md5: 'ef' });
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});
