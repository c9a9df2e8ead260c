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
    expect(
      one(
        event('sched_process_exec', [
          ['pathname', '/usr/bin/id'],
          ['argv', ['id', '-u']],
        ]),
      ),
    ).toMatchObject({
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
    [
      'sched_process_fork',
      [['child_pid', 842]],
      'process_create',
      { syscall: 'fork', process_id: 842, parent_process_id: 840 },
    ],
    ['sched_process_exit', [['exit_code', 1]], 'process_end', { exit_code: 1 }],
    ['execve', [['pathname', '/usr/bin/id']], 'syscall', { syscall: 'execve' }],
    ['clone', [], 'syscall', { syscall: 'clone' }],
    [
      'openat',
      [
        ['pathname', '/etc/shadow'],
        ['flags', 'O_RDONLY|O_CLOEXEC'],
      ],
      'file_read',
      { target_filename: '/etc/shadow' },
    ],
    [
      'security_file_open',
      [
        ['pathname', '/tmp/x'],
        ['flags', 'O_WRONLY'],
      ],
      'file_write',
      { target_filename: '/tmp/x' },
    ],
    [
      'security_inode_rename',
      [
        ['old_path', '/a'],
        ['new_path', '/b'],
      ],
      'file_rename',
      { old_filename: '/a', target_filename: '/b' },
    ],
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
    [
      'ptrace',
      [
        ['request', 'PTRACE_ATTACH'],
        ['pid', 99],
      ],
      'syscall',
      { syscall: 'ptrace', target_process_id: 99 },
    ],
    ['init_module', [], 'syscall', { syscall: 'init_module' }],
  ] as [string, [string, unknown][], string, object][])('%s is %s', (name, args, type, data) => {
    expect(one(event(name, args))).toMatchObject({ event_type: type, data });
  });

  test('a signature of its own is no system call', () => {
    expect(read(event('anti_debugging', []))).toEqual({
      ok: false,
      kind: 'dropped',
      reason: 'unknown-event-id',
    });
  });
});
