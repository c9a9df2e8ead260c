import { bpfReader, type EbpfEvent } from './bpf-events.ts';
import { bpfProgram } from './bpf-program.ts';

function read(lines: readonly string[]): { session: string; event: EbpfEvent }[] {
  const events: { session: string; event: EbpfEvent }[] = [];
  const reader = bpfReader(
    (monotonic) => monotonic + 1_000_000_000n,
    (session, event) => {
      events.push({ session, event });
    },
  );
  for (const line of lines) reader.line(line);
  reader.end();
  return events;
}

const HEAD = '70|500|70|70|1000|bash';

test('a started program has its arguments, line breaks and separators included, and its parent', () => {
  const events = read([
    'S|70|lgrec3',
    'F|70|400|70|70|1000|bash|71',
    'E|70|500|71|71|1000|bash',
    'A|501|71|0|python3',
    'A|502|71|1|-c',
    'A|503|71|2|print("a|b")',
    'print(2)',
    'O|70|504|71|71|1000|python3|1000|/usr/bin/python3',
  ]);
  expect(events.map((one) => one.session)).toEqual(['lgrec3', 'lgrec3']);
  expect(events[1]?.event).toEqual({
    ts: '1970-01-01T00:00:01.000Z',
    ts_ns: 1_000_000_504,
    type: 'process_exec',
    pid: 71,
    ppid: 70,
    uid: 1000,
    gid: 1000,
    exe: '/usr/bin/python3',
    argv: ['python3', '-c', 'print("a|b")\nprint(2)'],
    parent_exe: null,
  });
});

test('a start that failed leaves no event and no arguments to the next one', () => {
  const events = read([
    'S|70|lgrec3',
    `E|${HEAD}`,
    'A|501|70|0|missing',
    `E|${HEAD}`,
    'A|502|70|0|ls',
    `O|${HEAD}|0|/usr/bin/ls`,
  ]);
  expect(events).toHaveLength(1);
  expect(events[0]?.event).toMatchObject({ type: 'process_exec', argv: ['ls'] });
});

test('reading a library is not kept, writing there is', () => {
  const events = read([
    'S|70|lgrec3',
    `o|${HEAD}|524288|-100|3|/usr/lib/libc.so`,
    `o|${HEAD}|577|-100|3|/usr/lib/libc.so`,
    `o|${HEAD}|0|-100|4|/etc/passwd`,
  ]);
  expect(events.map(({ event }) => [event.path, event.write, event.create])).toEqual([
    ['/usr/lib/libc.so', true, true],
    ['/etc/passwd', false, false],
  ]);
});

test('sockets, two paths, modes, ids and signals', () => {
  const events = read([
    'S|70|lgrec3',
    `n|${HEAD}|connect|3|-111|2|10.1.2.3|443`,
    `n|${HEAD}|connect|4|0|1|/run/x.sock|0`,
    `r|${HEAD}|rename|a`,
    'R|501|70|b',
    `m|${HEAD}|fchmodat|493|run.sh`,
    `i|${HEAD}|setuid|0`,
    `k|${HEAD}|kill|9|88`,
  ]).map(({ event: { ts: _ts, ts_ns: _ns, comm: _comm, exe: _exe, uid: _uid, pid: _pid, ...rest } }) => rest);
  expect(events).toEqual([
    { type: 'net_connect', tid: 70, family: 'inet', fd: 3, addr: '10.1.2.3', port: 443, ret: -111 },
    { type: 'net_connect', tid: 70, family: 'unix', fd: 4, addr: '/run/x.sock', port: null, ret: 0 },
    { type: 'file_rename', path: 'a', new_path: 'b' },
    { type: 'file_chmod', mode: '0o755', path: 'run.sh' },
    { type: 'set_uid', syscall: 'setuid', new_uid: 0 },
    { type: 'process_kill', arg: 9, target_pid: 88 },
  ]);
});

test('what belongs to no session is no event, and lost events are counted', () => {
  const reader = bpfReader(
    (monotonic) => monotonic,
    () => {
      throw new Error('an event of no session');
    },
  );
  reader.line('Attaching 40 probes...');
  reader.line(`X|${HEAD}`);
  reader.line('Lost 17 events');
  reader.end();
  expect(reader.lost()).toBe(17);
});

test('the program asks for every call that the reader knows, and reads strings only of processes in a session', () => {
  const program = bpfProgram();
  for (const call of [
    'execve',
    'connect',
    'accept4',
    'bind',
    'renameat2',
    'unlinkat',
    'ptrace',
    'memfd_create',
    'mount',
  ])
    expect(program).toContain(`sys_enter_${call} /@s[tid]/`);
});
