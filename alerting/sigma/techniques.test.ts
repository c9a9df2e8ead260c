import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { techniqueSchema } from '../../contracts/alert.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { eventOf, ruleText } from './event-fixtures.ts';
import { compileRules } from './load-rules.ts';
import { evaluateRules, inspectionOf, techniqueAnalyzer } from './techniques.ts';

const ENCODED = {
  image: 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe',
  command_line: 'powershell -enc SQBFAFgAIAAoAE4AZQB3AC0A',
};

test('an encoded PowerShell command is T1059.001 with the event as its evidence', () => {
  const event = eventOf('windows', 'process_create', ENCODED);
  const found = techniqueAnalyzer().techniquesOf([eventOf('windows', 'process_end', {}), event]);
  expect(found).toContainEqual({
    id: 'T1059.001',
    name: 'PowerShell',
    tactics: ['execution'],
    rule: 'Encoded PowerShell command',
    evidence: [event.event_id],
  });
  for (const technique of found) expect(techniqueSchema.parse(technique)).toEqual(technique);
});

test('nothing of note gives no technique and the score 0', () => {
  const analyzer = techniqueAnalyzer();
  const events = [eventOf('windows', 'process_create', { image: 'C:\\Program Files\\Editor\\editor.exe' })];
  expect(analyzer.techniquesOf(events)).toEqual([]);
  expect(analyzer.inspect(events)).toEqual({ score: 0, techniques: [] });
});

test('at most 50 events are kept as evidence of a rule', () => {
  const events = Array.from({ length: 60 }, () => eventOf('windows', 'process_create', ENCODED));
  const [technique] = techniqueAnalyzer().techniquesOf(events);
  expect(technique?.evidence).toEqual(events.slice(0, 50).map(({ event_id }) => event_id));
});

test.each([
  ['informational', 0.1],
  ['low', 0.3],
  ['medium', 0.5],
  ['high', 0.8],
  ['critical', 0.95],
])('a match of level %s scores %d', (level, score) => {
  const text = ruleText('a:\n  Image: x\ncondition: a').replace('level: high', `level: ${level}`);
  const rules = compileRules([{ file: 'a.yml', text }]);
  expect(
    inspectionOf(evaluateRules(rules, [eventOf('windows', 'process_create', { image: 'x' })])).score,
  ).toBe(score);
});

test('a rule is asked about events of its platform and category only', () => {
  const rules = compileRules([{ file: 'a.yml', text: ruleText('a:\n  Image: x\ncondition: a') }]);
  expect(evaluateRules(rules, [eventOf('linux', 'process_create', { image: 'x' })])).toEqual([]);
  expect(evaluateRules(rules, [eventOf('windows', 'image_load', { image: 'x' })])).toEqual([]);
});

test('a parent that the sensor does not tell is known from the window’s earlier events', () => {
  const text = ruleText(
    "a:\n  ParentImage|endswith: '/apache2'\ncondition: a",
    'product: linux\n  category: process_creation',
  );
  const rules = compileRules([{ file: 'a.yml', text }]);
  const server = eventOf('linux', 'network_accept', { process_id: 7, image: '/usr/sbin/apache2' });
  const shell = eventOf('linux', 'process_create', { process_id: 9, parent_process_id: 7, image: '/bin/sh' });
  expect(evaluateRules(rules, [server, shell])).toHaveLength(1);
  expect(evaluateRules(rules, [shell, server])).toHaveLength(0);
  expect(evaluateRules(rules, [{ ...server, endpoint_id: 'pc-2' }, shell])).toHaveLength(0);
});

test('a user’s rules are added, replace ours by id, and those refused are told and counted', () => {
  const folder = mkdtempSync(join(tmpdir(), 'logster-rules-'));
  try {
    const own = ruleText('a:\n  Image: x\ncondition: a').replace('t1059.001', 't7777');
    writeFileSync(
      join(folder, 'own.yml'),
      `${own}---\n${ruleText('a:\n  Image: x\ncondition: a | count() > 1')}`,
    );
    const telemetry = recordedTelemetry();
    const analyzer = techniqueAnalyzer({ rulesDirectory: folder, telemetry });
    expect(analyzer.ruleCount).toBe(techniqueAnalyzer().ruleCount + 1);
    expect(analyzer.refused).toEqual([
      { title: 'test', file: 'own.yml', reason: 'aggregations (|) are not supported' },
    ]);
    expect(telemetry.counted('sigma_rules_refused')).toBe(1);
    const found = analyzer.techniquesOf([eventOf('windows', 'process_create', { image: 'x' })]);
    expect(found).toMatchObject([{ id: 'T7777', name: 'T7777', tactics: [] }]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});

test('a folder of rules that is not there is told by its name', () => {
  expect(() => techniqueAnalyzer({ rulesDirectory: '/nowhere/rules' })).toThrow(
    /Cannot read the rules in \/nowhere\/rules/,
  );
});
