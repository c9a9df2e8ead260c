import type { NormalizedEvent, Reading } from '../contracts/event.ts';
import { readEbpf } from './ebpf.ts';

const BASE = {
  tenant_id: 'acme',
  hostname: 'Web-7',
  timestamp: 1772442904.3,
  pid: 840,
  ppid: 801,
  uid: 33,
  comm: 'sh',
  exe: '/usr/bin/dash',
};

function read(value: unknown, key = ''): Reading {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return readEbpf(
    { topic: 'linux-ebpf-process-logs', partition: 0, offset: 0, key, headers: {}, value: Buffer.from(text) },
    1772442905,
  );
}

function one(value: unknown, key = ''): NormalizedEvent {
  const reading = read(value, key);
  if (!reading.ok || reading.events.length !== 1) throw new Error(JSON.stringify(reading));
  return reading.events[0]!;
}

describe('readEbpf() on our flat JSON', () => {
  test('keeps who, where and when', () => {
    expect(
      one({
        ...BASE,
        event_type: 'exec',
        argv: ['sh', '-c', 'id'],
        cwd: '/srv',
        parent_exe: '/usr/sbin/nginx',
      }),
    ).toMatchObject({
      tenant_id: 'acme',
      endpoint_id: 'web-7',
      platform: 'linux',
      source: 'ebpf',
      event_type: 'process_create',
      timestamp: 1772442904.3,
      warnings: [],
      data: {
        process_id: 840,
        parent_process_id: 801,
        image: '/usr/bin/dash',
        parent_image: '/usr/sbin/nginx',
        command_line: 'sh -c id',
        current_directory: '/srv',
        user_id: '33',
      },
    });
  });

  test.each([
    ['fork', {}, 'process_create', { syscall: 'fork' }],
    ['exit', { exit_code: 3 }, 'process_end', { exit_code: 3 }],
    ['setuid', { new_uid: 0 }, 'syscall', { syscall: 'setuid', target_user: '0' }],
    ['ptrace', { target_pid: 5 }, 'syscall', { syscall: 'ptrace', target_process_id: 5 }],
    [
      'module_load',
      { path: '/tmp/x.ko' },
      'syscall',
      { syscall: 'init_module', target_filename: '/tmp/x.ko' },
    ],
    [
      'open',
      { path: '/etc/shadow', flags: 0 },
      'file_read',
      { target_filename: '/etc/shadow', file_flags: 0 },
    ],
    ['open', { path: '/tmp/x', flags: 'O_WRONLY' }, 'file_write', { target_filename: '/tmp/x' }],
    ['open', { path: '/tmp/x', flags: 577 }, 'file_create', { target_filename: '/tmp/x' }],
    ['open', { path: '/dev/null', flags: 577 }, 'file_write', { target_filename: '/dev/null' }],
    ['write', { path: '/tmp/x', bytes: 12 }, 'file_write', { bytes: 12 }],
    ['create', { path: 'x', cwd: '/tmp' }, 'file_create', { target_filename: '/tmp/x' }],
    ['unlink', { path: '/tmp/../var/x' }, 'file_delete', { target_filename: '/var/x' }],
    ['rename', { path: '/b', old_path: '/a' }, 'file_rename', { target_filename: '/b', old_filename: '/a' }],
    ['chmod', { path: '/x', mode: '0o4755' }, 'file_attribute', { file_mode: 0o4755 }],
    ['chown', { path: '/x' }, 'file_attribute', { target_filename: '/x' }],
    [
      'connect',
      { protocol: 'TCP', saddr: '10.0.0.7', sport: 40112, daddr: '203.0.113.9', dport: '4444' },
      'network_connect',
      {
        protocol: 'tcp',
        source_ip: '10.0.0.7',
        source_port: 40112,
        destination_ip: '203.0.113.9',
        destination_port: 4444,
        initiated: true,
      },
    ],
    [
      'accept',
      { saddr: '203.0.113.9', sport: 4444, daddr: '10.0.0.7', dport: 22 },
      'network_accept',
      {
        source_ip: '203.0.113.9',
        source_port: 4444,
        destination_ip: '10.0.0.7',
        destination_port: 22,
        initiated: false,
      },
    ],
    ['bind', { saddr: '0.0.0.0', sport: 4444 }, 'network_bind', { source_ip: '0.0.0.0', source_port: 4444 }],
    [
      'send',
      { daddr: '10.0.0.1', dport: 53, bytes: 40 },
      'network_connect',
      { destination_port: 53, bytes: 40 },
    ],
    ['recv', { saddr: '10.0.0.1', sport: 53, bytes: 40 }, 'syscall', { bytes: 40 }],
    [
      'dns',
      { query: 'example.test', daddr: '10.0.0.1' },
      'dns_query',
      { query_name: 'example.test', destination_ip: '10.0.0.1' },
    ],
  ])('%s %j is %s', (event_type, more, type, data) => {
    expect(one({ ...BASE, event_type, ...more })).toMatchObject({ event_type: type, data, warnings: [] });
  });

  test.each([
    [1772442904.3, 1772442904.3],
    ['2026-03-02T09:15:04.300Z', 1772442904.3],
    [1772442904300, 1772442904.3],
    [1772442904300000, 1772442904.3],
    ['1772442904300000000', 1772442904.3],
  ])('reads the time %s', (timestamp, seconds) => {
    expect(one({ ...BASE, timestamp, event_type: 'exit' }).timestamp).toBeCloseTo(seconds, 3);
  });

  test('takes nanoseconds of the wall clock, never those since the start of the machine', () => {
    const { timestamp: _, ...timeless } = { ...BASE, event_type: 'exit' };
    expect(one({ ...timeless, ts_ns: 1772442904300000000 }).timestamp).toBeCloseTo(1772442904.3, 3);
    expect(one({ ...timeless, ts: '2026-03-02T09:15:04.300Z', ts_ns: 55_000_000 }).timestamp).toBe(
      1772442904.3,
    );
    expect(read({ ...timeless, ts_ns: 55_000_000 })).toEqual({
      ok: false,
      kind: 'dead',
      reason: 'no-event-time',
    });
  });
});

describe('readEbpf() on tracepoint recordings', () => {
  const line = (more: object): object => ({
    ts: '2026-03-02T09:15:04.300Z',
    ts_ns: 1772442904300000000,
    pid: 7783,
    tid: 7783,
    uid: 0,
    comm: 'bash',
    exe: '/usr/bin/bash',
    ...more,
  });

  test('a birth is not a second program', () => {
    const born = one(line({ type: 'process_fork', pid: 7784, ppid: 7783 }), 'default:build-2');
    const ran = one(
      line({
        type: 'process_exec',
        pid: 7784,
        ppid: 7783,
        exe: '/usr/bin/ls',
        argv: ['ls', '-l'],
        parent_exe: null,
      }),
    );
    expect(born).toMatchObject({
      event_type: 'process_create',
      endpoint_id: 'build-2',
      data: { syscall: 'fork', image: '/usr/bin/bash' },
    });
    expect(born.data).not.toHaveProperty('command_line');
    expect(ran).toMatchObject({
      event_type: 'process_create',
      data: { image: '/usr/bin/ls', command_line: 'ls -l', process_id: 7784 },
    });
    expect(ran.data).not.toHaveProperty('syscall');
    expect(ran.data).not.toHaveProperty('parent_image');
  });

  test.each([
    [{ type: 'process_exit' }, 'process_end', { process_id: 7783 }],
    [
      { type: 'file_open', path: '/tmp/x', dirfd: -100, flags: 577, write: true, create: true, ret: 3 },
      'file_create',
      { success: true },
    ],
    [
      { type: 'file_open', path: '', dirfd: -100, flags: 2050, write: true, ret: -6 },
      'syscall',
      { success: false, exit: -6 },
    ],
    [{ type: 'file_unlink', path: '/tmp/x' }, 'file_delete', { target_filename: '/tmp/x' }],
    [
      { type: 'file_rename', path: '/a', new_path: '/b' },
      'file_rename',
      { old_filename: '/a', target_filename: '/b' },
    ],
    [{ type: 'file_chmod', mode: '0o755', path: '/a' }, 'file_attribute', { file_mode: 0o755 }],
    [{ type: 'process_kill', arg: 9, target_pid: 5 }, 'syscall', { syscall: 'kill', target_process_id: 5 }],
    [
      { type: 'set_uid', syscall: 'setresuid', new_uid: 1000 },
      'syscall',
      { syscall: 'setresuid', target_user: '1000' },
    ],
    [{ type: 'mount', path: '/' }, 'syscall', { syscall: 'mount', target_filename: '/' }],
    [
      { type: 'net_connect', family: 'inet', addr: '127.0.0.1', port: 29342, ret: -115 },
      'network_connect',
      { destination_ip: '127.0.0.1', destination_port: 29342, exit: -115 },
    ],
    [
      { type: 'net_connect', family: 'unix', addr: '/run/nscd/socket', port: null, ret: -2 },
      'syscall',
      { syscall: 'connect', target_filename: '/run/nscd/socket' },
    ],
    [
      { type: 'net_bind', family: 'inet', addr: '127.0.0.1', port: 8080 },
      'network_bind',
      { source_ip: '127.0.0.1', source_port: 8080 },
    ],
    [
      { type: 'net_accept', family: 'inet', addr: '127.0.0.1', port: 46560 },
      'network_accept',
      { source_ip: '127.0.0.1', source_port: 46560 },
    ],
  ])('%j is %s', (more, type, data) => {
    expect(one(line(more))).toMatchObject({ event_type: type, data });
  });

  test('a path whose folder nobody knows stays relative and says so', () => {
    expect(one(line({ type: 'file_unlink', path: 'sh' }))).toMatchObject({
      data: { target_filename: 'sh' },
      warnings: ['relative_path'],
    });
    expect(one(line({ type: 'file_unlink', path: 'sh', cwd: '/tmp' }))).toMatchObject({
      data: { target_filename: '/tmp/sh' },
      warnings: [],
    });
    expect(one(line({ type: 'file_unlink', path: 'sh', cwd: '/tmp', dirfd: 5 })).warnings).toEqual([
      'relative_path',
    ]);
  });
});

describe('readEbpf() answers with a reason', () => {
  test.each([
    ['', 'dead', 'empty'],
    ['{', 'dead', 'not-a-json-object'],
    ['[]', 'dead', 'not-a-json-object'],
    ['null', 'dead', 'not-a-json-object'],
    ['{"a":1}', 'dead', 'not-an-ebpf-event'],
    [JSON.stringify({ ...BASE, event_type: 'exit', timestamp: null }), 'dead', 'no-event-time'],
    [
      JSON.stringify({ ...BASE, event_type: 'exit', timestamp: '1970-01-01T00:00:00Z' }),
      'dead',
      'no-event-time',
    ],
    [JSON.stringify({ ...BASE, event_type: 'constructor' }), 'dropped', 'unknown-event-id'],
    [JSON.stringify({ ...BASE, event_type: 'never_heard_of' }), 'dropped', 'unknown-event-id'],
  ])('%s', (text, kind, reason) => {
    expect(read(text)).toEqual({ ok: false, kind, reason });
  });

  test('the same line is the same event, another line another', () => {
    const line = { ...BASE, event_type: 'exit' };
    expect(one(line).event_id).toBe(one(line).event_id);
    expect(one({ ...line, timestamp: 1772442904.4 }).event_id).not.toBe(one(line).event_id);
  });
});
