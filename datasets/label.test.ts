import { labelOf, sameHost, standingOf } from './label.ts';
import { type Capture, parseManifest } from './manifest.ts';

const T = 1_600_000_000;

function capture(entry: Record<string, unknown>): Capture {
  const base = { id: 'c', platform: 'windows', file: 'c.gz', role: 'train and judge', attack: true };
  const [read] = parseManifest({ captures: [{ ...base, ...entry }] }, '/').captures;
  if (!read) throw new Error('the fixture is no capture');
  return read;
}

const marked = capture({
  attack_window: { kind: 'k', start: T + 100, end: T + 110 },
  hosts: [
    { name: 'HR001.shire.com', marker: true, c2_or_injection_seen: true },
    { name: 'HR001', marker: false, c2_or_injection_seen: false },
    { name: 'IT001.shire.com', marker: false, c2_or_injection_seen: false },
    { name: 'DC.shire.com', marker: false, c2_or_injection_seen: true },
  ],
});
const label = (hostname: string, start: number, end: number, of = marked) =>
  labelOf(of, { hostname, start: T + start, end: T + end });

test('a window that overlaps the mark on a marked host is an attack, before and after it is unknown', () => {
  expect(label('hr001.shire.com', -79, 101)).toBe('attack');
  expect(label('hr001.shire.com', 110, 290)).toBe('attack');
  expect(label('hr001.shire.com', -80, 100)).toBe('unknown'); // ends where the mark begins
  expect(label('hr001.shire.com', 111, 291)).toBe('unknown');
});

test('the short name of a marked host is that host', () => {
  expect(label('hr001', 0, 180)).toBe('attack');
});

test('a host without a part in a marked capture is benign, one with a command channel is unknown', () => {
  expect(label('it001.shire.com', 0, 180)).toBe('benign');
  expect(label('IT001', 0, 180)).toBe('benign');
  expect(label('dc.shire.com', 0, 180)).toBe('unknown');
  expect(label('never-listed', 0, 180)).toBe('unknown');
});

test('an attack capture without a usable mark is unknown on every host', () => {
  const unmarked = capture({ hosts: [{ name: 'A', marker: false, c2_or_injection_seen: false }] });
  expect(label('a', 0, 180, unmarked)).toBe('unknown');
  const outside = capture({ attack_window: { start: T, end: null, usable: false }, hosts: [{ name: 'A' }] });
  expect(label('a', 0, 180, outside)).toBe('unknown');
});

test('a mark without an end lasts to the end of the capture', () => {
  const open = capture({ attack_window: { start: T, end: null }, hosts: [{ name: 'A' }] });
  expect(label('a', 3600, 3780, open)).toBe('attack');
  expect(label('a', -200, -20, open)).toBe('unknown');
});

test('without host flags one host is the marked one, of several nobody knows', () => {
  const mark = { attack_window: { start: T, end: T + 9 } };
  expect(standingOf(capture({ ...mark, hosts: [{ name: 'A' }] }), 'a')).toBe('marked');
  expect(standingOf(capture({ ...mark, hosts: 2 }), 'a')).toBe('marked');
  expect(standingOf(capture({ ...mark, hosts: [{ name: 'A' }, { name: 'B' }] }), 'a')).toBe('unclear');
});

test('a capture without an attack is benign on every host', () => {
  expect(label('anything', 0, 180, capture({ attack: false }))).toBe('benign');
});

test.each(['parser fixture', 'unlabelled'])('a capture whose role is "%s" is never labelled', (role) => {
  expect(label('a', 0, 180, capture({ attack: false, role }))).toBe('unknown');
});

test('sameHost() compares full names with full names and short names with either', () => {
  expect(sameHost('DC.shire.com', 'dc')).toBe(true);
  expect(sameHost('DC.shire.com', 'DC.SHIRE.COM')).toBe(true);
  expect(sameHost('dc.shire.com', 'dc.other.com')).toBe(false);
});

test('a machine that our corrections name is unknown, whatever the manifest says of it', () => {
  const id = 'win-otrf-empire_wmic_add_user';
  const hosts = ['HR001', 'IT001', 'HFDC01'].map((name) => ({
    name: `${name}.shire.com`,
    marker: name === 'HR001',
    c2_or_injection_seen: false,
  }));
  const corrected = capture({ id, hosts, attack_window: { start: T, end: T } });
  expect(hosts.map((host) => label(host.name, 0, 180, corrected))).toEqual(['attack', 'unknown', 'benign']);
});
