import type { NormalizedEvent, Reading } from '../contracts/event.ts';
import { readEbpf } from './ebpf.ts';

function read(value: unknown): Reading {
  const record = { topic: 'linux-ebpf-process-logs', partition: 0, offset: 0, key: '', headers: {} } as const;
  return readEbpf({ ...record, value: Buffer.from(JSON.stringify(value)) }, 1772442905);
}

function one(value: unknown): NormalizedEvent {
  const reading = read(value);
  if (!reading.ok || reading.events.length !== 1) throw new Error(JSON.stringify(reading));
  return reading.events[0]!;
}

describe('Tetragon', () => {
  const process = {
    exec_id: 'a2luZDo1NTpz', pid: 840, uid: 33, cwd: '/srv/app', binary: '/usr/bin/dash', arguments: '-c id',
    flags: 'execve', start_time: '2026-03-02T09:15:04.123456789Z', auid: 4294967295, tid: 841,
    pod: { namespace: 'shop', name: 'web', container: { id: 'containerd://abc', name: 'web' } }, parent_exec_id: 'cGFyZW50',
  };
  const parent = { exec_id: 'cGFyZW50', pid: 801, binary: '/usr/sbin/nginx', arguments: '-g daemon' };
  const wrap = (kind: string, more: object = {}): object => ({
    [kind]: { process, parent, ...more },
    node_name: 'Node-1',
    time: '2026-03-02T09:15:04.300Z',
  });

  test('process_exec', () => {
    expect(one(wrap('process_exec'))).toMatchObject({
      event_type: 'process_create',
      endpoint_id: 'node-1',
      timestamp: 1772442904.3,
      data: {
        process_id: 840,
        thread_id: 841,
        process_guid: 'a2luZDo1NTpz',
        image: '/usr/bin/dash',
        command_line: '/usr/bin/dash -c id',
        parent_process_id: 801,
        parent_process_guid: 'cGFyZW50',
        parent_image: '/usr/sbin/nginx',
        parent_command_line: '/usr/sbin/nginx -g daemon',
        container_id: 'containerd://abc',
        user_id: '33',
      },
    });
    expect(one(wrap('process_exec')).data.process_start).toBeCloseTo(1772442904.123, 3);
    expect(one(wrap('process_exec')).data).not.toHaveProperty('login_id');
  });

  test.each([
    ['process_exit', { status: 2 }, 'process_end', { exit_code: 2 }],
    ['process_exit', {}, 'process_end', { exit_code: 0 }],
    [
      'process_kprobe',
      {
        function_name: 'tcp_connect',
        args: [{ sock_arg: { family: 'AF_INET', protocol: 'IPPROTO_TCP', saddr: '10.0.0.7', daddr: '203.0.113.9', sport: 40112, dport: 4444 } }],
        policy_name: 'connect',
      },
      'network_connect',
      { protocol: 'tcp', destination_ip: '203.0.113.9', destination_port: 4444, source_port: 40112, rule_name: 'connect' },
    ],
    [
      'process_kprobe',
      { function_name: '__x64_sys_openat', args: [{ int_arg: -100 }, { string_arg: 'x' }, { int_arg: 577 }], return: { int_arg: 3 } },
      'file_create',
      { target_filename: '/srv/app/x', success: true },
    ],
    [
      'process_kprobe',
      { function_name: 'security_file_permission', args: [{ file_arg: { path: '/etc/shadow' } }, { int_arg: 4 }], return: { int_arg: 0 } },
      'file_read',
      { target_filename: '/etc/shadow' },
    ],
    [
      'process_kprobe',
      { function_name: 'security_file_permission', args: [{ file_arg: { path: '/etc/passwd' } }, { int_arg: 2 }] },
      'file_write',
      { target_filename: '/etc/passwd' },
    ],
    ['process_kprobe', { function_name: '__x64_sys_ptrace', args: [{ int_arg: 16 }, { int_arg: 99 }] }, 'syscall', { syscall: 'ptrace', target_process_id: 99 }],
    ['process_tracepoint', { subsys: 'syscalls', event: 'sys_enter_setuid', args: [{ int_arg: 0 }] }, 'syscall', { syscall: 'setuid' }],
  ])('%s %j is %s', (kind, more, type, data) => {
    expect(one(wrap(kind, more))).toMatchObject({ event_type: type, data });
  });

  test('what is of no use has a reason', () => {
    expect(read(wrap('process_loader', { path: '/lib/x.so' }))).toEqual({ ok: false, kind: 'dropped', reason: 'tetragon-loader' });
    expect(read(wrap('process_kprobe', { function_name: 'wake_up_new_task' }))).toEqual({ ok: false, kind: 'dropped', reason: 'unknown-event-id' });
    expect(read(wrap('process_kprobe'))).toEqual({ ok: false, kind: 'dropped', reason: 'tetragon-probe-without-function' });
  });
});

describe('Tracee', () => {
  const event = (eventName: string, args: readonly [string, unknown][], more: object = {}): object => ({
    timestamp: 1772442904300000000,
    processId: 1,
    hostProcessId: 840,
    parentProcessId: 0,
    hostParentProcessId: 801,
    hostThreadId: 841,
    userId: 33,
    processName: 'sh',
    hostName: 'WEB-7',
    container: { id: 'abc' },
    executable: { path: '/usr/bin/dash' },
    eventName,
    returnValue: 0,
    args: args.map(([name, value]) => ({ name, type: 'x', value })),
    ...more,
  });

  test('sched_process_exec', () => {
    expect(one(event('sched_process_exec', [['pathname', '/usr/bin/id'], ['argv', ['id', '-u']]]))).toMatchObject({
      event_type: 'process_create',
      endpoint_id: 'web-7',
      data: {
        process_id: 840,
        parent_process_id: 801,
        image: '/usr/bin/id',
        command_line: 'id -u',
        container_id: 'abc',
        user_id: '33',
      },
    });
  });

  test.each([
    ['sched_process_fork', [['child_pid', 842]], 'process_create', { syscall: 'fork', process_id: 842, parent_process_id: 840 }],
    ['sched_process_exit', [['exit_code', 1]], 'process_end', { exit_code: 1 }],
    ['execve', [['pathname', '/usr/bin/id']], 'syscall', { syscall: 'execve' }],
    ['clone', [], 'syscall', { syscall: 'clone' }],
    ['openat', [['pathname', '/etc/shadow'], ['flags', 'O_RDONLY|O_CLOEXEC']], 'file_read', { target_filename: '/etc/shadow' }],
    ['security_file_open', [['pathname', '/tmp/x'], ['flags', 'O_WRONLY']], 'file_write', { target_filename: '/tmp/x' }],
    ['security_inode_rename', [['old_path', '/a'], ['new_path', '/b']], 'file_rename', { old_filename: '/a', target_filename: '/b' }],
    ['security_inode_unlink', [['pathname', '/a']], 'file_delete', { target_filename: '/a' }],
    [
      'security_socket_connect',
      [['remote_addr', { sa_family: 'AF_INET', sin_addr: '203.0.113.9', sin_port: '4444' }]],
      'network_connect',
      { destination_ip: '203.0.113.9', destination_port: 4444 },
    ],
    [
      'security_socket_bind',
      [['local_addr', { sa_family: 'AF_INET6', sin6_addr: '::', sin6_port: 80 }]],
      'network_bind',
      { source_ip: '::', source_port: 80 },
    ],
    ['ptrace', [['request', 'PTRACE_ATTACH'], ['pid', 99]], 'syscall', { syscall: 'ptrace', target_process_id: 99 }],
    ['init_module', [], 'syscall', { syscall: 'init_module' }],
  ] as [string, [string, unknown][], string, object][])('%s is %s', (name, args, type, data) => {
    expect(one(event(name, args))).toMatchObject({ event_type: type, data });
  });

  test('a signature of its own is no system call', () => {
    expect(read(event('anti_debugging', []))).toEqual({ ok: false, kind: 'dropped', reason: 'unknown-event-id' });
  });
});

describe('Falco', () => {
  const alert = (fields: object, more: object = {}): object => ({
    hostname: 'Web-7',
    rule: 'Terminal shell',
    priority: 'Notice',
    source: 'syscall',
    time: '2026-03-02T09:15:04.300000000Z',
    output: '…',
    output_fields: {
      'evt.time': 1772442904300000000,
      'proc.pid': 840,
      'proc.ppid': 801,
      'proc.name': 'sh',
      'proc.exepath': '/usr/bin/dash',
      'proc.cmdline': 'sh -c id',
      'proc.pname': 'nginx',
      'user.name': 'www-data',
      'user.uid': 33,
      'user.loginuid': -1,
      'container.id': 'host',
      ...fields,
    },
    ...more,
  });

  test('execve', () => {
    const event = one(alert({ 'evt.type': 'execve' }));
    expect(event).toMatchObject({
      event_type: 'process_create',
      endpoint_id: 'web-7',
      timestamp: 1772442904.3,
      data: {
        process_id: 840,
        image: '/usr/bin/dash',
        command_line: 'sh -c id',
        parent_image: 'nginx',
        user: 'www-data',
        user_id: '33',
        rule_name: 'Terminal shell',
      },
    });
    expect(event.data).not.toHaveProperty('container_id');
    expect(event.data).not.toHaveProperty('login_id');
  });

  test.each([
    [{ 'evt.type': 'openat', 'fd.name': '/etc/shadow', 'fd.type': 'file', 'evt.arg.flags': 'O_RDONLY|O_CLOEXEC' }, 'file_read', { target_filename: '/etc/shadow' }],
    [{ 'evt.type': 'openat', 'fd.name': '/etc/x', 'evt.is_open_write': true }, 'file_write', { target_filename: '/etc/x' }],
    [{ 'evt.type': 'unlinkat', 'fs.path.name': '/etc/x' }, 'file_delete', { target_filename: '/etc/x' }],
    [{ 'evt.type': 'rename', 'fs.path.source': '/a', 'fs.path.target': '/b' }, 'file_rename', { old_filename: '/a', target_filename: '/b' }],
    [
      { 'evt.type': 'connect', 'fd.name': '10.0.0.7:40112->203.0.113.9:4444', 'fd.l4proto': 'tcp' },
      'network_connect',
      { source_ip: '10.0.0.7', destination_ip: '203.0.113.9', destination_port: 4444, protocol: 'tcp' },
    ],
    [
      { 'evt.type': 'accept4', 'fd.cip': '203.0.113.9', 'fd.cport': 999, 'fd.sip': '10.0.0.7', 'fd.sport': 22 },
      'network_accept',
      { source_ip: '203.0.113.9', source_port: 999, destination_ip: '10.0.0.7', destination_port: 22 },
    ],
    [{ 'evt.type': 'clone' }, 'syscall', { syscall: 'clone' }],
    [{ 'evt.type': 'ptrace', 'evt.arg.pid': 99, 'evt.res': 'EPERM' }, 'syscall', { target_process_id: 99, success: false }],
    [{}, 'syscall', { command_line: 'sh -c id', rule_name: 'Terminal shell' }],
  ])('%j is %s', (fields, type, data) => {
    expect(one(alert(fields))).toMatchObject({ event_type: type, data });
  });

  test('other sources are not used', () => {
    expect(read(alert({}, { source: 'k8s_audit' }))).toEqual({ ok: false, kind: 'dropped', reason: 'falco-source-not-used' });
  });
});
