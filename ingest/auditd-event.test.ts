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

describe('sockets', () => {
  const socket = (number: number, saddr: string, result = 'success=yes exit=0'): NormalizedEvent =>
    one(call(`syscall=${number} ${result} a0=3 items=0`), at('SOCKADDR', `saddr=${saddr}`));

  test('connect: the peer is the destination', () => {
    expect(socket(42, '0200115CCB0071090000000000000000')).toMatchObject({
      event_type: 'network_connect',
      data: { destination_ip: '203.0.113.9', destination_port: 4444, initiated: true, success: true },
    });
  });

  test('connect that goes on in the background has not failed', () => {
    const { data } = socket(42, '0200115CCB0071090000000000000000', 'success=no exit=-115');
    expect(data).not.toHaveProperty('success');
    expect(data.exit).toBe(-115);
  });

  test('connect that was refused is still an attempt', () => {
    const event = socket(42, '0200115CCB0071090000000000000000', 'success=no exit=-111');
    expect(event).toMatchObject({ event_type: 'network_connect', data: { success: false } });
  });

  test('accept: the peer is the source; bind: the own end is', () => {
    const peer = '0A00B3F0000000000000000000000000000000000000000100000000';
    expect(socket(288, peer)).toMatchObject({
      event_type: 'network_accept',
      data: { source_ip: '::1', source_port: 46064, initiated: false },
    });
    expect(socket(49, peer)).toMatchObject({
      event_type: 'network_bind',
      data: { source_ip: '::1', source_port: 46064 },
    });
  });

  test('a unix socket is a call with its path', () => {
    const event = socket(42, '01002F72756E2F6E7363642F736F636B65740000C0FFEE');
    expect(event).toMatchObject({
      event_type: 'syscall',
      data: { syscall: 'connect', target_filename: '/run/nscd/socket' },
    });
  });
});

describe('other calls', () => {
  test.each([
    [105, 'setuid', { target_user: '33' }],
    [117, 'setresuid', { target_user: '33' }],
    [62, 'kill', { target_process_id: 33 }],
    [319, 'memfd_create', {}],
    [165, 'mount', {}],
    [272, 'unshare', {}],
    [308, 'setns', {}],
    [161, 'chroot', {}],
    [321, 'bpf', {}],
    [175, 'init_module', {}],
    [56, 'clone', {}],
    [9999, 'syscall_9999', {}],
  ])('%i is the call %s', (number, syscall, more) => {
    const event = one(call(`syscall=${number} success=yes exit=0 a0=21 a1=21 a2=21 a3=0 items=0`));
    expect(event).toMatchObject({
      event_type: 'syscall',
      data: { syscall, process_id: 840, success: true, ...more },
    });
  });

  test('ptrace names the process it is aimed at, but not when it asks to be traced', () => {
    expect(one(call('syscall=101 success=yes exit=0 a0=10 a1=349 a2=0 items=0')).data.target_process_id).toBe(
      841,
    );
    expect(one(call('syscall=101 success=yes exit=0 a0=0 a1=349 a2=0 items=0')).data).not.toHaveProperty(
      'target_process_id',
    );
  });

  test('kill takes its target from the object record, and none from a process group', () => {
    const event = one(
      call('syscall=62 success=yes exit=0 a0=1 a1=9 items=0'),
      at('OBJ_PID', 'opid=7717 ocomm="kdevtmpfsi"'),
    );
    expect(event.data).toMatchObject({ target_process_id: 7717, target_image: 'kdevtmpfsi' });
    expect(one(call('syscall=62 success=yes exit=0 a0=ffffffff a1=9 items=0')).data).not.toHaveProperty(
      'target_process_id',
    );
  });

  test('exit_group ends the process, exit only a thread', () => {
    expect(one(call('syscall=231 a0=100 items=0'))).toMatchObject({
      event_type: 'process_end',
      data: { exit_code: 0 },
    });
    expect(one(call('syscall=60 a0=1 items=0')).event_type).toBe('syscall');
  });

  test('an execve that failed started nothing', () => {
    const event = one(
      call('syscall=59 success=no exit=-2 items=1'),
      cwd,
      path(0, '"/usr/local/bin/id"', 'UNKNOWN'),
    );
    expect(event).toMatchObject({
      event_type: 'syscall',
      data: { syscall: 'execve', success: false, target_filename: '/usr/local/bin/id' },
      warnings: [],
    });
    expect(event.data).not.toHaveProperty('command_line');
  });

  test('arm64 has its own numbers', () => {
    const event = one(
      at('SYSCALL', 'arch=c00000b7 syscall=117 success=yes exit=0 a0=10 a1=349 items=0 pid=1 exe="/x"'),
    );
    expect(event.data.syscall).toBe('ptrace');
  });

  test('several keys are told apart, an effective user that differs is kept', () => {
    const event = one(
      at(
        'SYSCALL',
        'arch=c000003e syscall=62 success=yes exit=0 items=0 pid=1 uid=1000 euid=0 exe="/x" key=6578656301657363',
      ),
    );
    expect(event.data).toMatchObject({ key: 'exec,esc', user_id: '1000', privileges: 'euid=0' });
  });
});

describe('accounts', () => {
  test('a record in ticks', () => {
    const event = one(
      at(
        'USER_LOGIN',
        `pid=12635 uid=0 auid=4294967295 ses=1 msg='op=login acct=28696E76616C69642075736572290A exe="/usr/sbin/sshd" hostname=? addr=179.38.151.221 terminal=sshd res=failed'`,
      ),
    );
    expect(event).toMatchObject({
      event_type: 'user_auth',
      data: {
        auth_action: 'user_login',
        auth_type: 'login',
        auth_result: 'failure',
        process_id: 12635,
        image: '/usr/sbin/sshd',
        source_ip: '179.38.151.221',
        terminal: 'sshd',
        user_id: '0',
      },
      warnings: [],
    });
    expect(event.data.target_user).toContain('(invalid user)');
    expect(event.data).not.toHaveProperty('login_id');
  });

  test('what sudo was asked for', () => {
    const event = one(
      at(
        'USER_CMD',
        `pid=1 uid=1002 msg='cwd="/var/www" cmd=636174202F6574632F736861646F77 terminal=pts/1 res=success'`,
      ),
    );
    expect(event.data).toMatchObject({
      details: 'cat /etc/shadow',
      current_directory: '/var/www',
      auth_result: 'success',
    });
  });

  test('a login, and the interpreted form', () => {
    expect(
      one(at('LOGIN', 'pid=10125 uid=0 old-auid=4294967295 auid=1000 tty=(none) old-ses=1 ses=65 res=1'))
        .data,
    ).toEqual({
      auth_action: 'login',
      auth_result: 'success',
      process_id: 10125,
      user_id: '0',
      login_id: '1000',
    });
    const interpreted = `type=USER_ACCT msg=audit(01/21/2022 00:09:01.072:375) : pid=10125 uid=root auid=unset ses=unset msg='op=PAM:accounting acct=root exe=/usr/sbin/cron hostname=? addr=? terminal=cron res=success'`;
    expect(one(interpreted).data).toEqual({
      auth_action: 'user_acct',
      auth_type: 'PAM:accounting',
      auth_result: 'success',
      process_id: 10125,
      image: '/usr/sbin/cron',
      user: 'root',
      target_user: 'root',
      terminal: 'cron',
    });
  });
});
