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
    [
      {
        'evt.type': 'openat',
        'fd.name': '/etc/shadow',
        'fd.type': 'file',
        'evt.arg.flags': 'O_RDONLY|O_CLOEXEC',
      },
      'file_read',
      { target_filename: '/etc/shadow' },
    ],
    [
      { 'evt.type': 'openat', 'fd.name': '/etc/x', 'evt.is_open_write': true },
      'file_write',
      { target_filename: '/etc/x' },
    ],
    [{ 'evt.type': 'unlinkat', 'fs.path.name': '/etc/x' }, 'file_delete', { target_filename: '/etc/x' }],
    [
      { 'evt.type': 'rename', 'fs.path.source': '/a', 'fs.path.target': '/b' },
      'file_rename',
      { old_filename: '/a', target_filename: '/b' },
    ],
    [
      { 'evt.type': 'connect', 'fd.name': '10.0.0.7:40112->203.0.113.9:4444', 'fd.l4proto': 'tcp' },
      'network_connect',
      { source_ip: '10.0.0.7', destination_ip: '203.0.113.9', destination_port: 4444, protocol: 'tcp' },
    ],
    [
      {
        'evt.type': 'accept4',
        'fd.cip': '203.0.113.9',
        'fd.cport': 999,
        'fd.sip': '10.0.0.7',
        'fd.sport': 22,
      },
      'network_accept',
      { source_ip: '203.0.113.9', source_port: 999, destination_ip: '10.0.0.7', destination_port: 22 },
    ],
    [{ 'evt.type': 'clone' }, 'syscall', { syscall: 'clone' }],
    [
      { 'evt.type': 'ptrace', 'evt.arg.pid': 99, 'evt.res': 'EPERM' },
      'syscall',
      { target_process_id: 99, success: false },
    ],
    [{}, 'syscall', { command_line: 'sh -c id', rule_name: 'Terminal shell' }],
  ])('%j is %s', (fields, type, data) => {
    expect(one(alert(fields))).toMatchObject({ event_type: type, data });
  });

  test('other sources are not used', () => {
    expect(read(alert({}, { source: 'k8s_audit' }))).toEqual({
      ok: false,
      kind: 'dropped',
      reason: 'falco-source-not-used',
    });
  });
});
