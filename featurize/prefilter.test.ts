import type { EventData, EventType, NormalizedEvent } from '../contracts/event.ts';
import {
  allowListVersion,
  copyFacts,
  emptyFacts,
  type IdleFacts,
  isIdle,
  noteEvent,
  whyBusy,
} from './prefilter.ts';

function event(type: EventType, data: EventData): NormalizedEvent {
  return {
    schema_version: 1,
    event_id: '00000000-0000-5000-8000-000000000000',
    tenant_id: 'default',
    endpoint_id: 'web-1',
    hostname: 'web-1',
    platform: 'linux',
    source: 'auditd',
    event_type: type,
    timestamp: 1_700_000_000,
    ingested_at: 1_700_000_000,
    data,
    warnings: [],
  };
}

const CRON: EventData = {
  image: '/usr/sbin/cron',
  process_id: 612,
  parent_process_id: 1,
  user_id: '0',
  login_id: '4294967295',
};

function facts(...events: NormalizedEvent[]): IdleFacts[] {
  const made = emptyFacts();
  for (const one of events) noteEvent(made, one);
  return [made];
}

const cron = (type: EventType, more: EventData = {}) => event(type, { ...CRON, ...more });

describe('the pre-filter skips', () => {
  test('daemons that systemd started and that only log', () => {
    const window = facts(
      cron('file_write', { target_filename: '/var/log/cron.log' }),
      cron('file_read', { target_filename: '/etc/localtime' }),
      event('process_create', {
        image: '/usr/lib/systemd/systemd-resolved',
        process_id: 700,
        parent_process_id: 1,
        parent_image: '/usr/lib/systemd/systemd',
        user: 'systemd-resolve',
      }),
      event('network_connect', {
        image: '/usr/lib/systemd/systemd-resolved',
        process_id: 700,
        parent_process_id: 1,
        destination_ip: '10.0.0.2',
        destination_port: 53,
      }),
    );
    expect(whyBusy(window)).toBeUndefined();
    expect(isIdle(window)).toBe(true);
  });

  test('a daemon whose parent is another daemon of the window', () => {
    const launch = event('file_read', {
      image: '/usr/bin/dbus-broker-launch',
      process_id: 500,
      parent_process_id: 1,
      target_filename: '/usr/share/dbus-1/system.conf',
    });
    const broker = event('syscall', {
      image: '/usr/bin/dbus-broker',
      process_id: 501,
      parent_process_id: 500,
      syscall: 'epoll_wait',
    });
    expect(isIdle([...facts(launch), ...facts(broker)])).toBe(true);
    expect(isIdle(facts(broker))).toBe(false);
  });
});

describe('the pre-filter never skips', () => {
  test.each<[string, NormalizedEvent]>([
    ['a program named like a daemon in /tmp', cron('process_create', { image: '/tmp/cron' })],
    ['a bare name, which is what a process calls itself', cron('process_create', { image: 'cron' })],
    ['the right path with a wrong parent', cron('process_create', { parent_image: '/usr/bin/bash' })],
    ['the right path with an unknown parent', cron('process_create', { parent_process_id: 4711 })],
    [
      'a daemon that spawned a shell',
      event('process_create', { image: '/bin/sh', parent_image: '/usr/sbin/cron' }),
    ],
    [
      'a daemon that connects out',
      cron('network_connect', { destination_ip: '203.0.114.9', destination_port: 53 }),
    ],
    [
      'a public address written as IPv6',
      cron('network_connect', { destination_ip: '::ffff:8.8.8.8', destination_port: 53 }),
    ],
    [
      'an inner address at another port',
      cron('network_connect', { destination_ip: '10.0.0.9', destination_port: 22 }),
    ],
    ['a connection without an address', cron('network_connect')],
    ['an accepted connection', cron('network_accept', { source_ip: '10.0.0.9' })],
    ['a write to /usr/bin', cron('file_write', { target_filename: '/usr/bin/ls' })],
    ['a write to /etc/cron.d', cron('file_create', { target_filename: '/etc/cron.d/x' })],
    ['a unit written to /run', cron('file_create', { target_filename: '/run/systemd/system/x.service' })],
    [
      'a write that climbs out of the logs',
      cron('file_write', { target_filename: '/var/log/../../etc/cron.d/x' }),
    ],
    ['a write with a doubled slash', cron('file_write', { target_filename: '/var/log//x' })],
    ['a write to an unknown file', cron('file_write')],
    ['a deleted log', cron('file_delete', { target_filename: '/var/log/auth.log' })],
    ['a changed mode', cron('file_attribute', { target_filename: '/var/log/x' })],
    ['a read of the password file', cron('file_read', { target_filename: '/etc/shadow' })],
    ["a read of another process's memory", cron('file_read', { target_filename: '/proc/1/mem' })],
    ['a path with ..', cron('process_create', { image: '/usr/sbin/../sbin/cron' })],
    ['a path through /proc/self/root', cron('process_create', { image: '/proc/self/root/usr/sbin/cron' })],
    ['another case', cron('process_create', { image: '/usr/sbin/Cron' })],
    ['a trailing space', cron('process_create', { image: '/usr/sbin/cron ' })],
    ['a deleted program', cron('process_create', { image: '/usr/sbin/cron (deleted)' })],
    ['a name inherited from objects', cron('process_create', { image: 'constructor' })],
    ['a process without a path', event('process_end', { process_id: 612, parent_process_id: 1 })],
    [
      'systemd that is not process 1 nor its child',
      cron('process_create', { image: '/usr/lib/systemd/systemd', parent_process_id: 77 }),
    ],
    ['a login session', cron('process_create', { login_id: '1000' })],
    ['an account of a person', cron('process_create', { user_id: '1001' })],
    [
      'an unknown account',
      event('process_create', { image: '/usr/sbin/cron', parent_process_id: 1, user: 'bob' }),
    ],
    ['a container', cron('process_create', { container_id: 'f00d' })],
    [
      'a configuration from a place anybody can write',
      cron('process_create', { command_line: '/usr/sbin/cron -x /tmp/c' }),
    ],
    [
      'a session of sshd',
      event('process_create', { image: '/usr/sbin/sshd', process_id: 9, parent_image: '/usr/sbin/sshd' }),
    ],
    ['a change of identity', cron('syscall', { syscall: 'setuid' })],
    ['ptrace', cron('syscall', { syscall: 'ptrace' })],
    ['an unnamed system call', cron('syscall')],
    ['an access to another process', cron('process_access')],
    ['a login', cron('user_auth')],
    ['a script', cron('script_block')],
    ['a name that is asked for', cron('dns_query')],
    ['an opened port', cron('network_bind')],
  ])('%s', (_title, one) => {
    expect(isIdle(facts(cron('process_end'), one))).toBe(false);
    expect(isIdle([...facts(cron('process_end')), ...facts(one)])).toBe(false);
  });

  test('a window without any process', () => {
    expect(isIdle(facts())).toBe(false);
    expect(isIdle([])).toBe(false);
  });

  test('a daemon whose process number another program had in the window', () => {
    const impostor = event('process_end', {
      image: '/usr/bin/dbus-daemon',
      process_id: 500,
      parent_process_id: 1,
    });
    const broker = event('process_end', {
      image: '/usr/bin/dbus-broker',
      process_id: 501,
      parent_process_id: 500,
    });
    expect(isIdle(facts(impostor, broker))).toBe(false);
  });
});

test('facts of a busy pane stay small, and those of a flood too', () => {
  const [busy] = facts(cron('user_auth'), ...Array.from({ length: 100 }, () => cron('process_end')));
  expect(busy?.actors).toEqual([]);
  const [flood] = facts(
    ...Array.from({ length: 100 }, (_, pid) => cron('process_end', { process_id: pid + 2 })),
  );
  expect(flood).toEqual({ busy: 'many processes', actors: [] });
});

test('copied facts do not change with their source', () => {
  const [source] = facts(cron('process_end'));
  const copy = copyFacts(source!);
  noteEvent(source!, cron('process_end', { process_id: 9 }));
  expect(copy.actors).toHaveLength(1);
});

test('the version of the allow-list names its content', () => {
  expect(allowListVersion()).toMatch(/^[0-9a-f]{12}$/);
});
