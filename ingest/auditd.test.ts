import type { NormalizedEvent, Reading } from '../contracts/event.ts';
import { auditMessages, readAuditdBatch } from './auditd.ts';
import type { RawRecord } from './record.ts';

const STAMP = 'audit(1772442904.120:5511)';
const SYSCALL =
  `type=SYSCALL msg=${STAMP}: arch=c000003e syscall=59 success=yes exit=0 a0=55d0 a1=55d1 a2=55d2 a3=8 items=2 ` +
  'ppid=801 pid=840 auid=1000 uid=33 gid=33 euid=33 suid=33 fsuid=33 egid=33 sgid=33 fsgid=33 tty=(none) ses=3 ' +
  'comm="sh" exe="/usr/bin/dash" key="exec"';
const EXECVE = `type=EXECVE msg=${STAMP}: argc=3 a0="sh" a1="-c" a2=6964`;
const CWD = `type=CWD msg=${STAMP}: cwd="/srv/app"`;
const PATHS = [
  `type=PATH msg=${STAMP}: item=0 name="/usr/bin/sh" inode=1 nametype=NORMAL`,
  `type=PATH msg=${STAMP}: item=1 name="/lib64/ld-linux-x86-64.so.2" inode=2 nametype=NORMAL`,
];
const TITLE = `type=PROCTITLE msg=${STAMP}: proctitle=7368002D63006964`;
const WHOLE = [SYSCALL, EXECVE, CWD, ...PATHS, TITLE];

const EXPECTED = {
  syscall: 'execve',
  process_id: 840,
  parent_process_id: 801,
  image: '/usr/bin/dash',
  command_line: 'sh -c id',
  current_directory: '/srv/app',
  target_filename: '/usr/bin/sh',
  user_id: '33',
  login_id: '1000',
  success: true,
  exit: 0,
  key: 'exec',
};

const record = (text: string | Buffer, more: Partial<RawRecord> = {}): RawRecord => ({
  topic: 'linux-auditd-logs',
  partition: 0,
  offset: 0,
  key: 'acme:web-7',
  value: Buffer.from(text),
  headers: {},
  ...more,
});
const read = (...texts: string[]): readonly Reading[] =>
  readAuditdBatch(
    texts.map((text) => record(text)),
    1772442905,
  );
const eventsOf = (readings: readonly Reading[]): NormalizedEvent[] =>
  readings.flatMap((reading) => (reading.ok ? [...reading.events] : []));
const one = (...texts: string[]): NormalizedEvent => {
  const events = eventsOf(read(...texts));
  expect(events).toHaveLength(1);
  return events[0]!;
};

describe('readAuditdBatch() reads one event', () => {
  test('from single records, with the last of them', () => {
    const readings = read(...WHOLE);
    expect(readings.slice(0, -1)).toEqual(WHOLE.slice(1).map(() => ({ ok: true, events: [] })));
    const [event] = eventsOf(readings.slice(-1));
    expect(event).toMatchObject({
      event_type: 'process_create',
      source: 'auditd',
      platform: 'linux',
      tenant_id: 'default',
      endpoint_id: 'web-7',
      timestamp: 1772442904.12,
      warnings: [],
      data: EXPECTED,
    });
  });

  test('from several lines in one message, with the same id', () => {
    expect(one(WHOLE.join('\n'))).toEqual(one(...WHOLE));
    expect(one(`\uFEFF${WHOLE.join('\r\n')}\r\n`)).toEqual(one(...WHOLE));
  });

  test('whatever the order of its records', () => {
    expect(one(...[...WHOLE].reverse())).toEqual(one(...WHOLE));
  });

  test('when one of its records came twice', () => {
    expect(one(...WHOLE, EXECVE, PATHS[0]!, SYSCALL)).toEqual(one(...WHOLE));
  });

  test.each(['message', 'SyslogMessage', 'log', 'MESSAGE'])(
    'from the text under %s, with tenant and host',
    (key) => {
      const event = one(JSON.stringify({ tenant_id: 'Acme', host: 'WEB-9', [key]: WHOLE.join('\n') }));
      expect(event).toMatchObject({ tenant_id: 'acme', endpoint_id: 'web-9', data: EXPECTED, warnings: [] });
    },
  );

  test('from aggregated JSON (LAUREL)', () => {
    const event = one(
      JSON.stringify({
        tenant_id: 'acme',
        NODE: 'web-7',
        ID: '1772442904.120:5511',
        SYSCALL: {
          arch: '0xc000003e',
          syscall: 59,
          SYSCALL: 'execve',
          success: 'yes',
          exit: 0,
          ppid: 801,
          pid: 840,
          uid: 33,
          UID: 'www-data',
          auid: 1000,
          comm: 'sh',
          exe: '/usr/bin/dash',
          key: 'exec',
        },
        EXECVE: { argc: 3, ARGV: ['sh', '-c', 'id'] },
        CWD: { cwd: '/srv/app' },
        PATH: [{ item: 0, name: '/usr/bin/sh', nametype: 'NORMAL' }],
        PARENT_INFO: { comm: 'apache2', exe: '/usr/sbin/apache2' },
      }),
    );
    expect(event).toMatchObject({
      tenant_id: 'acme',
      endpoint_id: 'web-7',
      timestamp: 1772442904.12,
      data: { ...EXPECTED, user: 'www-data', parent_image: '/usr/sbin/apache2' },
      warnings: [],
    });
  });

  test('in the interpreted form of ausearch, whose time has no zone', () => {
    const stamp = 'audit(03/02/2026 09:15:04.120:5511)';
    const event = one(
      [
        '----',
        `type=PROCTITLE msg=${stamp} : proctitle=sh -c echo a=1 b`,
        `type=PATH msg=${stamp} : item=0 name=/usr/bin/my sh inode=1 nametype=NORMAL`,
        `type=CWD msg=${stamp} : cwd=/srv/app`,
        `type=EXECVE msg=${stamp} : argc=3 a0=sh a1=-c a2=echo a=1 b`,
        `type=SYSCALL msg=${stamp} : arch=x86_64 syscall=execve success=yes exit=0 a0=0x55 items=1 ppid=801 pid=840 auid=unset uid=www-data exe=/usr/bin/my sh key=exec`,
      ].join('\n'),
    );
    expect(event).toMatchObject({
      timestamp: Date.UTC(2026, 2, 2, 9, 15, 4) / 1000 + 0.12,
      event_type: 'process_create',
      warnings: ['time_without_zone'],
      data: {
        syscall: 'execve',
        command_line: 'sh -c echo a=1 b',
        image: '/usr/bin/my sh',
        user: 'www-data',
      },
    });
    expect(event.data).not.toHaveProperty('login_id');
    expect(event.data).not.toHaveProperty('user_id');
  });

  test('with enrichment after 0x1D', () => {
    const event = one(
      `${SYSCALL}\u001dARCH=x86_64 SYSCALL=execve AUID="dev" UID="www-data"`,
      EXECVE,
      CWD,
      ...PATHS,
    );
    expect(event.data).toMatchObject({ ...EXPECTED, user: 'www-data' });
  });

  test('with a node name, which is the host', () => {
    expect(one(...WHOLE.map((line) => `node=DB-3 ${line}`)).endpoint_id).toBe('db-3');
  });

  test('behind a syslog header', () => {
    expect(one(...WHOLE.map((line) => `Mar  2 09:15:04 web-7 audispd: ${line}`)).data).toMatchObject(
      EXPECTED,
    );
  });

  test('of AUOMS, which puts all records into one', () => {
    const text =
      'type=AUOMS_EXECVE audit(1772442904.120:5511): SchemaVersion="1" node=UBUNTU5 arch=x86_64 syscall=execve ' +
      'syscall_r=59 success=yes exit=0 a0=7fcd ppid=801 pid=840 auid=1000 user=tomcat uid=1001 euid=1001 ses="-1" ' +
      'comm="bash" exe="/bin/bash" key=auoms,delete cwd="/" name="/bin/bash" path_name=["/bin/bash","/lib/ld.so"] ' +
      'path_nametype=["NORMAL","NORMAL"] argc=3 cmdline="bash -c "{echo,aWQ=}|{base64,-d}"" redactors= containerid=';
    const event = one(JSON.stringify({ HostName: 'UBUNTU5', SyslogMessage: text, Type: 'Syslog' }));
    expect(event).toMatchObject({
      endpoint_id: 'ubuntu5',
      event_type: 'process_create',
      warnings: [],
      data: {
        image: '/bin/bash',
        command_line: 'bash -c "{echo,aWQ=}|{base64,-d}"',
        user: 'tomcat',
        user_id: '1001',
        current_directory: '/',
        key: 'auoms,delete',
      },
    });
  });

  test('with long arguments in pieces that part a character', () => {
    const event = one(
      SYSCALL,
      `type=EXECVE msg=${STAMP}: argc=2 a0="sh" a1_len=6 a1[0]=61C3`,
      `type=EXECVE msg=${STAMP}: a1[1]=A462`,
      CWD,
      ...PATHS,
    );
    expect(event.data.command_line).toBe('sh aäb');
    expect(event.warnings).toEqual([]);
  });
});

describe('readAuditdBatch() keeps apart', () => {
  test('interleaved events', () => {
    const other = WHOLE.map((line) => line.replace('5511', '5512').replace('pid=840', 'pid=841'));
    const mixed = WHOLE.flatMap((line, place) => [line, other[place]!]);
    const events = eventsOf(read(...mixed));
    expect(events.map(({ data }) => data.process_id)).toEqual([840, 841]);
    expect(events[0]).toEqual(one(...WHOLE));
  });

  test('the same serial of two hosts, and of two times', () => {
    const elsewhere = WHOLE.map((line) => `node=b ${line}`);
    const later = WHOLE.map((line) => line.replace('904.120', '905.120'));
    expect(eventsOf(read(...WHOLE, ...elsewhere, ...later)).map(({ warnings }) => warnings)).toEqual([
      [],
      [],
      [],
    ]);
  });
});

describe('readAuditdBatch() says what is missing', () => {
  test.each([
    ['the arguments', WHOLE.filter((line) => line !== EXECVE)],
    ['an argument', WHOLE.map((line) => (line === EXECVE ? line.replace(' a2=6964', '') : line))],
    ['a path', WHOLE.filter((line) => line !== PATHS[1])],
    ['the call', WHOLE.filter((line) => line !== SYSCALL)],
  ])('%s', (_, lines) => {
    const event = one(...lines);
    expect(event.event_type).toBe('process_create');
    expect(event.warnings).toEqual(['partial_audit_event']);
  });

  test('a command line comes from the title when there are no arguments', () => {
    expect(one(SYSCALL, TITLE).data.command_line).toBe('sh -c id');
  });
});

describe('readAuditdBatch() names the host', () => {
  const hostOf = (more: Partial<RawRecord>) =>
    eventsOf(readAuditdBatch([record(WHOLE.join('\n'), more)], 0))[0]?.hostname;
  test('by header, by key, or not at all', () => {
    expect(hostOf({ headers: { 'logster-host': 'Web-1' } })).toBe('web-1');
    expect(hostOf({ headers: { 'logster-endpoint': 'acme:web-2' } })).toBe('web-2');
    expect(hostOf({})).toBe('web-7');
    expect(hostOf({ key: 'something' })).toBe('unknown');
  });
});

describe('auditMessages()', () => {
  const collect = async (lines: readonly string[]): Promise<string[]> => {
    const messages: string[] = [];
    for await (const message of auditMessages(lines.map((line) => Buffer.from(line))))
      messages.push(String(message));
    return messages;
  };

  test('makes one message of interleaved records and keeps the order of the first ones', async () => {
    const other = WHOLE.map((line) => line.replace('5511', '5512'));
    const mixed = WHOLE.flatMap((line, place) => [line, other[place]!]);
    expect(await collect([...mixed, '{"a":1}', '{"a":1}'])).toEqual([
      WHOLE.join('\n'),
      other.join('\n'),
      '{"a":1}',
      '{"a":1}',
    ]);
  });

  test('does not wait for a record that comes hundreds of lines later', async () => {
    const between = Array.from(
      { length: 200 },
      (_, serial) => `type=EOE msg=audit(1772442904.120:${serial}): `,
    );
    const messages = await collect([SYSCALL, ...between, EXECVE]);
    expect(messages).toEqual([SYSCALL, ...between, EXECVE]);
  });

  test('bounds one message when a serial never ends', async () => {
    const line = `${PATHS[0]} ${'x'.repeat(10_000)}`;
    const messages = await collect(Array.from({ length: 120 }, () => line));
    expect(messages.length).toBeGreaterThan(1);
    expect(Math.max(...messages.map((message) => message.length))).toBeLessThan(600_000);
  });

  test('keeps bytes that are no UTF-8', async () => {
    const line = Buffer.concat([Buffer.from(`${SYSCALL} x=`), Buffer.from([0xff, 0xfe])]);
    const messages: Buffer[] = [];
    for await (const message of auditMessages([line, Buffer.from(CWD)])) messages.push(message);
    expect(messages).toEqual([Buffer.concat([line, Buffer.from(`\n${CWD}`)])]);
  });
});
