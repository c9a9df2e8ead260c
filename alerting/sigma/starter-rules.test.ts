import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { EventData, EventType, Platform } from '../../contracts/event.ts';
import { techniqueNamed } from './attack-techniques.ts';
import { eventOf } from './event-fixtures.ts';
import { compileRules, starterRules } from './load-rules.ts';
import { parseRules } from './parse-rule.ts';
import { evaluateRules } from './techniques.ts';

interface Example {
  readonly rule: string;
  readonly platform: Platform;
  readonly event_type: EventType;
  readonly data: EventData;
}

const examples = JSON.parse(
  readFileSync(join(import.meta.dirname, 'starter-examples.json'), 'utf8'),
) as Example[];
const texts = starterRules();
const written = texts.flatMap(({ file, text }) => parseRules(text, file).rules);
const rules = compileRules(texts);

test('every starter rule is one that can be evaluated', () => {
  expect(rules.refused).toEqual([]);
  expect(rules.rules.length).toBe(written.length);
  expect(rules.rules.length).toBeGreaterThanOrEqual(120);
});

test('every starter rule has an id and a title of its own, and says what else may trigger it', () => {
  expect(new Set(written.map(({ id }) => id)).size).toBe(written.length);
  expect(new Set(written.map(({ title }) => title)).size).toBe(written.length);
  for (const rule of written) {
    expect(rule.id).toMatch(/^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
    expect([rule.title, rule.description, rule.falsepositives]).toEqual([
      rule.title,
      expect.any(String),
      [expect.any(String)],
    ]);
  }
});

test('every starter rule names techniques in use, and their tactics', () => {
  for (const { title, techniques } of rules.rules) {
    expect([title, techniques.length]).not.toEqual([title, 0]);
    for (const id of techniques) expect([title, id, techniqueNamed(id)?.id]).toEqual([title, id, id]);
  }
  for (const { title, tags } of written) {
    const tactics = (tags ?? []).flatMap(
      (tag) => techniqueNamed(tag.slice('attack.'.length).toUpperCase())?.tactics ?? [],
    );
    for (const tactic of tactics)
      expect([title, tags]).toEqual([title, expect.arrayContaining([`attack.${tactic}`])]);
  }
});

test('every starter rule has an example, and fires on it', () => {
  expect(new Set(examples.map(({ rule }) => rule))).toEqual(new Set(rules.rules.map(({ title }) => title)));
  const silent = examples.filter(({ rule, platform, event_type, data }) => {
    const matches = evaluateRules(rules, [eventOf(platform, event_type, data)]);
    return !matches.some((match) => match.rule.title === rule);
  });
  expect(silent.map(({ rule }) => rule)).toEqual([]);
});

test.each<[Platform, EventType, EventData]>([
  [
    'windows',
    'process_create',
    {
      image: 'C:\\Windows\\System32\\svchost.exe',
      parent_image: 'C:\\Windows\\System32\\services.exe',
      command_line: 'svchost.exe -k netsvcs',
    },
  ],
  [
    'windows',
    'process_create',
    {
      image: 'C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe',
      command_line: 'chrome.exe --type=renderer',
    },
  ],
  [
    'windows',
    'process_access',
    {
      source_image: 'C:\\Windows\\System32\\csrss.exe',
      image: 'C:\\Windows\\System32\\csrss.exe',
      target_image: 'C:\\Windows\\System32\\lsass.exe',
      granted_access: '0x1fffff',
    },
  ],
  [
    'windows',
    'registry_value',
    {
      image: 'C:\\Windows\\explorer.exe',
      target_object: 'HKU\\S-1\\Software\\Microsoft\\Windows\\Shell\\BagMRU',
      details: 'Binary Data',
    },
  ],
  ['linux', 'process_create', { image: '/usr/bin/gcc', command_line: 'gcc -O2 -c main.c -o main.o' }],
  [
    'linux',
    'process_create',
    { image: '/usr/bin/curl', command_line: 'curl -fsSL https://example.org/a.tar.gz -o a.tar.gz' },
  ],
  ['linux', 'process_create', { image: '/usr/bin/git', command_line: 'git commit -p -m fix' }],
  ['linux', 'file_read', { image: '/usr/sbin/sshd', target_filename: '/etc/shadow' }],
  [
    'linux',
    'network_connect',
    { image: '/usr/bin/curl', destination_ip: '203.0.113.9', destination_port: 443 },
  ],
])('%s %s of everyday work fires nothing above low: %j', (platform, type, data) => {
  const matches = evaluateRules(rules, [eventOf(platform, type, data)]);
  expect(matches.filter(({ rule }) => rule.level !== 'low').map(({ rule }) => rule.title)).toEqual([]);
});
