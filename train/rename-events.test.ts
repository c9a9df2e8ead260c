import type { NormalizedEvent } from '../contracts/event.ts';
import { alterEvents } from './alter-events.ts';
import { renamingOf } from './rename-events.ts';

const event = (data: NormalizedEvent['data'], type: NormalizedEvent['event_type'] = 'process_create') =>
  ({ hostname: 'WS07.lab.local', source: 'sysmon', event_type: type, data }) as NormalizedEvent;

const events = [
  event({
    image: 'C:\\Windows\\System32\\whoami.exe',
    parent_image: 'C:\\Users\\Bob\\Tool9.exe',
    user: 'LAB\\Bob',
    command_line: '"C:\\Windows\\System32\\whoami.exe" /all > \\\\ws07\\c$\\x 445',
  }),
  event({ image: 'C:\\Windows\\System32\\svchost.exe', user: 'NT AUTHORITY\\SYSTEM' }),
  event({ target_filename: 'C:\\Windows\\Temp\\system.log' }, 'file_create'),
];

test('names of programs, files, users and machines go; folders, extensions, accounts and shapes stay', () => {
  const { event: rename, name } = renamingOf(events, 'seed');
  const [first, second, third] = events.map((one) => rename(one).data);
  const program = /^C:\\Windows\\System32\\([a-z]{6})\.exe$/.exec(first?.image ?? '')?.[1] ?? '';
  expect(program).not.toBe('whoami');
  const user = /^[A-Z]{3}\\([A-Z][a-z]{2})$/.exec(first?.user ?? '')?.[1] ?? '';
  expect(user).not.toBe('Bob');
  expect(first?.parent_image).toMatch(new RegExp(`^C:\\\\Users\\\\${user}\\\\[A-Z][a-z]{3}\\d\\.exe$`));
  const host = name('ws07');
  expect(host).toMatch(/^[a-z]{2}\d\d$/);
  expect(host).not.toBe('ws07');
  expect(first?.command_line).toBe(`"C:\\Windows\\System32\\${program}.exe" /all > \\\\${host}\\c$\\x 445`);
  expect(second?.user).toBe('NT AUTHORITY\\SYSTEM');
  expect(third?.target_filename).toMatch(/^C:\\Windows\\Temp\\[a-z]{6}\.log$/);
  expect(renamingOf(events, 'seed').event(events[0]!)).toEqual(rename(events[0]!));
});

test('a basic sensor reports process starts and ends, connections and new files alone', () => {
  const machine = new Map([['m', [...events, event({}, 'registry_value')]]]);
  const { byEndpoint } = alterEvents(machine, 'basic-sensor', '');
  expect(byEndpoint.get('m')).toEqual(events);
  expect(alterEvents(new Map([['m', [event({}, 'pipe')]]]), 'basic-sensor', '').byEndpoint.size).toBe(0);
});
