import fc from 'fast-check';
import { normalizedEventSchema, type Reading } from '../contracts/event.ts';
import type { RawTopic } from '../contracts/topics.ts';
import { readAuditdBatch } from './auditd.ts';
import { readEbpf } from './ebpf.ts';
import type { RawRecord } from './record.ts';

const AUDIT = [
  'type=SYSCALL msg=audit(1772442904.120:5511): arch=c000003e syscall=59 success=yes exit=0 a0=55 items=1 ppid=801 pid=840 auid=1000 uid=33 exe="/usr/bin/dash" key=(null)',
  'type=EXECVE msg=audit(1772442904.120:5511): argc=3 a0="sh" a1="-c" a2=6964 a3_len=4 a3[0]=61',
  'type=PATH msg=audit(1772442904.120:5511): item=0 name=2F746D70 nametype=NORMAL',
  'type=SOCKADDR msg=audit(1772442904.120:5511): saddr=0A00B3F0000000000000000000000000000000000000000100000000',
  `type=USER_LOGIN msg=audit(1772442904.121:5512): pid=1 uid=0 msg='op=login acct="x" exe="/usr/sbin/sshd" res=failed'`,
  'type=EXECVE msg=audit(03/02/2026 09:15:04.120:5511) : argc=2 a0=sh a1=x a=1',
  'type=AUOMS_EXECVE audit(1772442904.120:5511): node=U syscall=execve success=yes pid=1 exe="/b" path_name=["/b"] path_nametype=["NORMAL"] cmdline="bash -c "x"" redactors=',
  '{"ID":"1772442904.120:5511","NODE":"w","SYSCALL":{"syscall":42,"arch":"c000003e","pid":1},"SOCKADDR":{"SADDR":{"family":"ipv4","addr":"1.2.3.4","port":80}},"PATH":[{"name":"/x"}]}',
];
const EBPF = [
  '{"hostname":"w","timestamp":1772442904.3,"event_type":"exec","pid":840,"ppid":801,"uid":33,"exe":"/usr/bin/dash","argv":["sh","-c"],"cwd":"/"}',
  '{"ts":"2026-03-02T09:15:04.300Z","ts_ns":5,"type":"net_connect","pid":1,"family":"inet","addr":"1.2.3.4","port":80,"ret":-115}',
  '{"process_kprobe":{"process":{"pid":1,"binary":"/b","start_time":"2026-03-02T09:15:04Z"},"function_name":"tcp_connect","args":[{"sock_arg":{"daddr":"1.2.3.4","dport":80}}]},"time":"2026-03-02T09:15:04Z"}',
  '{"timestamp":1772442904300000000,"processId":1,"eventName":"openat","args":[{"name":"pathname","value":"/x"},{"name":"flags","value":"O_RDWR"}]}',
  '{"output_fields":{"evt.type":"openat","fd.name":"/x","proc.pid":1},"time":"2026-03-02T09:15:04Z","source":"syscall"}',
];

const record = (topic: RawTopic, value: Buffer): RawRecord => ({
  topic,
  partition: 0,
  offset: 1,
  key: 'a:b',
  headers: {},
  value,
});

/**
 * One record through both readers: an event that keeps the contract or a named reason. A reader whose work grows with
 * the square of a megabyte would take hours, and run into the test's own limit of time.
 */
function check(value: Buffer): void {
  const readers: readonly (() => readonly Reading[])[] = [
    () => readAuditdBatch([record('linux-auditd-logs', value)], 1772442905),
    () => [readEbpf(record('linux-ebpf-file-logs', value), 1772442905)],
  ];
  for (const read of readers) {
    const readings = read();
    expect(readings).toHaveLength(1);
    for (const reading of readings) {
      if (reading.ok) for (const event of reading.events) normalizedEventSchema.parse(event);
      else expect(reading.reason).toMatch(/^[a-z][a-z-]{2,40}$/);
    }
  }
}

const line = fc.constantFrom(...AUDIT, ...EBPF);
const nasty = fc.oneof(
  fc.constantFrom(
    'null',
    '{}',
    '[]',
    '-1',
    '1e400',
    '"\\u0000"',
    'true',
    '4294967296',
    '"__proto__"',
    '18446744073709551615',
  ),
  fc.jsonValue().map((value) => JSON.stringify(value)),
);

describe('damaged Linux records', () => {
  test('cut anywhere', () => {
    fc.assert(
      fc.property(line, fc.double({ min: 0, max: 1, noNaN: true }), (text, part) => {
        check(Buffer.from(text.slice(0, Math.floor(text.length * part))));
      }),
      { numRuns: 400 },
    );
  });

  test('with a byte or a piece changed', () => {
    fc.assert(
      fc.property(line, fc.nat(), fc.uint8Array({ minLength: 1, maxLength: 6 }), (text, at, bytes) => {
        const value = Buffer.from(text);
        value.set(bytes.subarray(0, Math.max(0, value.length - (at % value.length))), at % value.length);
        check(value);
      }),
      { numRuns: 600 },
    );
  });

  test('with values of other types', () => {
    const json = fc.constantFrom(...EBPF, AUDIT.at(-1)!);
    fc.assert(
      fc.property(json, fc.nat(), nasty, (text, at, value) => {
        const places = [...text.matchAll(/:("[^"]*"|-?\d[\d.]*|\[[^\]]*\]|\{[^{}]*\})/g)];
        const place = places[at % places.length]!;
        check(
          Buffer.from(`${text.slice(0, place.index)}:${value}${text.slice(place.index + place[0].length)}`),
        );
      }),
      { numRuns: 600 },
    );
  });

  test('with audit fields of any content', () => {
    const key = fc.constantFrom(
      'pid',
      'syscall',
      'arch',
      'exe',
      'a0',
      'a1[9]',
      'item',
      'saddr',
      'items',
      'argc',
      'name',
      'msg',
      'exit',
      '__proto__',
    );
    const value = fc.oneof(
      fc.string(),
      fc.constantFrom('"', "'", '{', '[', '=', '\u001d', '99999999999999999999', '0x', 'FF', '(null)'),
    );
    const type = fc.constantFrom(
      'SYSCALL',
      'EXECVE',
      'PATH',
      'SOCKADDR',
      'USER_AUTH',
      'OBJ_PID',
      'AUOMS_SYSCALL',
      'toString',
    );
    fc.assert(
      fc.property(type, fc.array(fc.tuple(key, value), { maxLength: 12 }), (name, fields) => {
        const text = fields.map(([left, right]) => `${left}=${right}`).join(' ');
        check(Buffer.from(`type=${name} msg=audit(1772442904.120:5511): ${text}`));
        check(Buffer.from(`type=${name} msg=audit(03/02/2026 09:15:04.120:1) : ${text}`));
      }),
      { numRuns: 600 },
    );
  });

  const big = (from: string, unit: string, to = ''): string =>
    from + unit.repeat(Math.ceil(1_000_000 / unit.length)) + to;
  const head = 'type=EXECVE msg=audit(1772442904.120:5511): ';
  test.each([
    ['one long value', big(`${head}a0="`, 'x')],
    ['one long hex value', big(`${head}a0=`, 'AB')],
    ['many fields', big(head, 'a1=1 ')],
    ['many arguments', head + Array.from({ length: 90_000 }, (_, at) => `a${at}=41`).join(' ')],
    ['many opening ticks', big(head, "a='")],
    ['many opening braces', big(head, 'a={ ')],
    ['many opening brackets', big(head, 'a=[ ')],
    ['many quotes', big(head, 'a="" ')],
    ['only keys', big(head, 'a')],
    ['only blanks', big(head, ' ')],
    ['interpreted fields', big('type=SYSCALL msg=audit(03/02/2026 09:15:04.120:5511) : ', 'a=b ')],
    ['interpreted arguments', big('type=EXECVE msg=audit(03/02/2026 09:15:04.120:5511) : ', 'a0=b ')],
    ['many lines', big('', 'type=A msg=audit(1772442904.120:5511):\n')],
    ['many separators', big('', '----\n')],
    ['many stamps', big('', 'type=audit(')],
    ['deep arrays', `{"pid":1,"event_type":"exec","argv":${'['.repeat(400_000)}${']'.repeat(400_000)}}`],
    ['deep objects', big('{"process_exec":', '{"a":', '1')],
    ['a long JSON text', big('{"hostname":"', 'x', '","pid":1,"event_type":"exit","timestamp":1772442904}')],
    ['many JSON keys', `{"pid":1,${Array.from({ length: 60_000 }, (_, at) => `"k${at}":${at}`).join(',')}}`],
    ['a long path', big('{"pid":1,"event_type":"open","timestamp":1772442904,"path":"', '/..', '"}')],
    [
      'many arguments in JSON',
      `{"pid":1,"event_type":"exec","timestamp":1772442904,"argv":[${'"x",'.repeat(200_000)}"x"]}`,
    ],
    ['a long host', big('{"ID":"1772442904.120:5511","NODE":"', 'x ', '","SYSCALL":{"pid":1}}')],
  ])('of a megabyte: %s', (_, text) => {
    check(Buffer.from(text));
  });

  test('with a byte order mark, bytes that are no UTF-8, prototype keys and null dates', () => {
    for (const text of [...AUDIT, ...EBPF]) {
      check(Buffer.concat([Buffer.from('\uFEFF'), Buffer.from(text)]));
      check(
        Buffer.concat([
          Buffer.from(text.slice(0, 80)),
          Buffer.from([0xff, 0xc3, 0x28]),
          Buffer.from(text.slice(80)),
        ]),
      );
      check(Buffer.from(text.replace('{', '{"__proto__":{"pid":1},"constructor":null,"toString":{},')));
      check(Buffer.from(text.replaceAll(/1772442904[.\d]*|"2026[^"]*"/g, 'null')));
    }
    expect(({} as Record<string, unknown>).pid).toBeUndefined();
  });
});
