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
    exec_id: 'a2luZDo1NTpz',
    pid: 840,
    uid: 33,
    cwd: '/srv/app',
    binary: '/usr/bin/dash',
    arguments: '-c id',
    flags: 'execve',
    start_time: '2026-03-02T09:15:04.123456789Z',
    auid: 4294967295,
    tid: 841,
    pod: { namespace: 'shop', name: 'web', container: { id: 'containerd://abc', name: 'web' } },
    parent_exec_id: 'cGFyZW50',
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
        args: [
          {
            sock_arg: {
              family: 'AF_INET',
              protocol: 'IPPROTO_TCP',
              saddr: '10.0.0.7',
              daddr: '203.0.113.9',
              sport: 40112,
              dport: 4444,
            },
          },
        ],
        policy_name: 'connect',
      },
      'network_connect',
      {
        protocol: 'tcp',
        destination_ip: '203.0.113.9',
        destination_port: 4444,
        source_port: 40112,
        rule_name: 'connect',
      },
    ],
    [
      'process_kprobe',
      {
        function_name: '__x64_sys_openat',
        args: [{ int_arg: -100 }, { string_arg: 'x' }, { int_arg: 577 }],
        return: { int_arg: 3 },
      },
      'file_create',
      { target_filename: '/srv/app/x', success: true },
    ],
    [
      'process_kprobe',
      {
        function_name: 'security_file_permission',
        args: [{ file_arg: { path: '/etc/shadow' } }, { int_arg: 4 }],
        return: { int_arg: 0 },
      },
      'file_read',
      { target_filename: '/etc/shadow' },
    ],
    [
      'process_kprobe',
      {
        function_name: 'security_file_permission',
        args: [{ file_arg: { path: '/etc/passwd' } }, { int_arg: 2 }],
      },
      'file_write',
      { target_filename: '/etc/passwd' },
    ],
    [
      'process_kprobe',
      { function_name: '__x64_sys_ptrace', args: [{ int_arg: 16 }, { int_arg: 99 }] },
      'syscall',
      { syscall: 'ptrace', target_process_id: 99 },
    ],
    [
      'process_tracepoint',
      { subsys: 'syscalls', event: 'sys_enter_setuid', args: [{ int_arg: 0 }] },
      'syscall',
      { syscall: 'setuid' },
    ],
  ])('%s %j is %s', (kind, more, type, data) => {
    expect(one(wrap(kind, more))).toMatchObject({ event_type: type, data });
  });

  test('what is of no use has a reason', () => {
    expect(read(wrap('process_loader', { path: '/lib/x.so' }))).toEqual({
      ok: false,
      kind: 'dropped',
      reason: 'tetragon-loader',
    });
    expect(read(wrap('process_kprobe', { function_name: 'wake_up_new_task' }))).toEqual({
      ok: false,
      kind: 'dropped',
      reason: 'unknown-event-id',
    });
    expect(read(wrap('process_kprobe'))).toEqual({
      ok: false,
      kind: 'dropped',
      reason: 'tetragon-probe-without-function',
    });
  });
});
