import { auditReader } from './audit-lines.ts';

function reading() {
  const clock = { now: 0 };
  const events: { loginId: number; lines: readonly string[] }[] = [];
  const reader = auditReader(
    () => clock.now,
    (loginId, lines) => {
      events.push({ loginId, lines });
    },
  );
  return { clock, events, reader };
}

test('interleaved events of two sessions come apart by serial and login id', () => {
  const { events, reader } = reading();
  const lines = [
    'type=SYSCALL msg=audit(1.000:7): arch=c000003e syscall=59 auid=61000 uid=0',
    'type=SYSCALL msg=audit(1.000:8): arch=c000003e syscall=59 auid=61001 uid=0',
    'type=EXECVE msg=audit(1.000:7): argc=1 a0="ls"',
    'type=EXECVE msg=audit(1.000:8): argc=1 a0="id"',
    'type=EOE msg=audit(1.000:7): ',
  ];
  for (const line of lines) reader.line(line);
  reader.flush();
  expect(events).toEqual([
    { loginId: 61000, lines: [lines[0], lines[2]] },
    { loginId: 61001, lines: [lines[1], lines[3]] },
  ]);
});

test('an event is handed over when no line of it came for the given time, and once', () => {
  const { clock, events, reader } = reading();
  reader.line('type=SYSCALL msg=audit(1.000:7): auid=61000');
  clock.now = 1_000;
  reader.flush(3);
  expect(events).toHaveLength(0);
  clock.now = 3_000;
  reader.flush(3);
  reader.flush(3);
  expect(events).toHaveLength(1);
});

test('lines without a login id or a serial belong to nobody', () => {
  const { events, reader } = reading();
  reader.line('type=DAEMON_START msg=audit(1.000:1): op=start');
  reader.line('no audit line');
  reader.flush();
  expect(events).toEqual([]);
});
