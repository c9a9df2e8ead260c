import type { NormalizedEvent } from '../contracts/event.ts';
import { readAuditdBatch } from './auditd.ts';

const at = (type: string, fields: string): string => `type=${type} msg=audit(1772442904.120:7): ${fields}`;
const call = (fields: string): string =>
  at(
    'SYSCALL',
    `arch=c000003e ${fields} ppid=1 pid=840 auid=4294967295 uid=0 euid=0 comm="x" exe="/usr/bin/x" key=(null)`,
  );
const cwd = at('CWD', 'cwd="/srv/app"');
const path = (item: number, name: string, nametype: string): string =>
  at('PATH', `item=${item} name=${name} inode=1 nametype=${nametype}`);

function one(...lines: string[]): NormalizedEvent {
  const record = { topic: 'linux-auditd-logs', partition: 0, offset: 0, key: '', headers: {} } as const;
  const [reading] = readAuditdBatch([{ ...record, value: Buffer.from(lines.join('\n')) }], 0);
  if (reading?.ok !== true || reading.events.length !== 1) throw new Error(JSON.stringify(reading));
  return reading.events[0]!;
}

describe('files', () => {
  test.each([
    [
      'a new file',
      'syscall=257 success=yes exit=3 a0=ffffff9c a1=0 a2=241 a3=1b6 items=2',
      'CREATE',
      'file_create',
    ],
    [
      'a file that was there',
      'syscall=257 success=yes exit=3 a0=ffffff9c a1=0 a2=241 a3=1b6 items=2',
      'NORMAL',
      'file_write',
    ],
    [
      'a read',
      'syscall=257 success=yes exit=3 a0=ffffff9c a1=0 a2=80000 a3=0 items=2',
      'NORMAL',
      'file_read',
    ],
    ['a read by open', 'syscall=2 success=yes exit=3 a0=0 a1=0 a2=0 a3=0 items=2', 'NORMAL', 'file_read'],
    [
      'a truncating open',
      'syscall=2 success=yes exit=3 a0=0 a1=200 a2=0 a3=0 items=2',
      'NORMAL',
      'file_write',
    ],
    ['creat', 'syscall=85 success=yes exit=3 a0=0 a1=1b6 a2=0 a3=0 items=2', 'CREATE', 'file_create'],
    ['mkdir', 'syscall=83 success=yes exit=0 a0=0 a1=1ff a2=0 a3=0 items=2', 'CREATE', 'file_create'],
    ['unlink', 'syscall=87 success=yes exit=0 a0=0 a1=0 a2=0 a3=0 items=2', 'DELETE', 'file_delete'],
    [
      'utimensat',
      'syscall=280 success=yes exit=0 a0=ffffff9c a1=0 a2=0 a3=0 items=2',
      'NORMAL',
      'file_attribute',
    ],
    ['i386 unlink', 'arch=40000003 syscall=10 success=yes exit=0 items=2', 'DELETE', 'file_delete'],
  ])('%s', (_, fields, nametype, type) => {
    const text = fields.startsWith('arch') ? call(fields).replace('arch=c000003e ', '') : call(fields);
    const event = one(text, cwd, path(0, '"/srv/app"', 'PARENT'), path(1, '"../lib//x/./y"', nametype));
    expect(event).toMatchObject({
      event_type: type,
      data: { target_filename: '/srv/lib/x/y' },
      warnings: [],
    });
  });

  test('a rename has both names, and the one it replaced does not confuse', () => {
    const event = one(
      call('syscall=264 success=yes exit=0 a0=ffffff9c a1=0 a2=ffffff9c a3=0 items=5'),
      cwd,
      path(0, '"/srv/app"', 'PARENT'),
      path(1, '"/srv/app"', 'PARENT'),
      path(2, '"new.tmp"', 'DELETE'),
      path(3, '"old.txt"', 'DELETE'),
      path(4, '"old.txt"', 'CREATE'),
    );
    expect(event).toMatchObject({
      event_type: 'file_rename',
      data: { old_filename: '/srv/app/new.tmp', target_filename: '/srv/app/old.txt' },
    });
  });

  test('a link is a new file, with what it points to', () => {
    const event = one(
      call('syscall=266 success=yes exit=0 a0=7f a1=ffffff9c a2=7f a3=0 items=3'),
      cwd,
      path(0, '"/etc/x.wants/"', 'PARENT'),
      path(1, '"/etc/upd.service"', 'UNKNOWN'),
      path(2, '"/etc/x.wants/upd.service"', 'CREATE'),
    );
    expect(event).toMatchObject({
      event_type: 'file_create',
      data: { target_filename: '/etc/x.wants/upd.service', details: '/etc/upd.service' },
    });
  });

  test('chmod says the mode', () => {
    const event = one(
      call('syscall=90 success=yes exit=0 a0=0 a1=9ed a2=0 a3=0 items=1'),
      cwd,
      path(0, '"/tmp/x"', 'NORMAL'),
    );
    expect(event).toMatchObject({
      event_type: 'file_attribute',
      data: { file_mode: 0o4755, target_filename: '/tmp/x' },
    });
  });

  test('a name in hex is decoded', () => {
    const event = one(
      call('syscall=87 success=yes exit=0 items=1'),
      cwd,
      path(0, '2F746D702F6120C3A4', 'DELETE'),
    );
    expect(event.data.target_filename).toBe('/tmp/a ä');
  });

  test('a name relative to a folder given by a number stays relative', () => {
    const event = one(
      call('syscall=263 success=yes exit=0 a0=5 a1=0 a2=0 items=1'),
      cwd,
      path(0, '"sh"', 'DELETE'),
    );
    expect(event).toMatchObject({
      event_type: 'file_delete',
      data: { target_filename: 'sh' },
      warnings: ['relative_path'],
    });
  });

  test('a call that failed changed nothing', () => {
    const event = one(
      call('syscall=87 success=no exit=-13 items=1'),
      cwd,
      path(0, '"/etc/shadow"', 'NORMAL'),
    );
    expect(event).toMatchObject({
      event_type: 'syscall',
      data: { syscall: 'unlink', success: false, exit: -13, target_filename: '/etc/shadow' },
    });
  });
});
