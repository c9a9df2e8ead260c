import type { EventData, EventType, NormalizedEvent } from '../contracts/event.ts';
import { processTree } from './process-tree.ts';

let place = 0;
function event(id: string, type: EventType, data: EventData): NormalizedEvent {
  return {
    ...{ schema_version: 1, event_id: id, tenant_id: 't', endpoint_id: 'h', hostname: 'H' },
    ...{ platform: 'windows', source: 'sysmon', event_type: type },
    ...{ timestamp: 100 + place++, ingested_at: 100, data, warnings: [] },
  };
}
const start = (pid: number, parent: number, image: string, command_line = image) =>
  event(`start ${pid}`, 'process_create', {
    ...{ process_id: pid, parent_process_id: parent, image, command_line },
  });

test('processTree() puts children below their parents, siblings by start', () => {
  const { rows } = processTree(
    [start(1, 0, 'init'), start(3, 1, 'b'), start(2, 1, 'a'), start(4, 3, 'c')],
    new Map(),
  );
  expect(rows.map((row) => [row.image, row.depth])).toEqual([
    ['', 0],
    ['init', 1],
    ['b', 2],
    ['c', 3],
    ['a', 2],
  ]);
});

test('processTree() marks the process that acted, and every ancestor as leading to it', () => {
  const events = [
    start(1, 0, 'explorer'),
    start(2, 1, 'word'),
    start(3, 2, 'powershell'),
    start(4, 1, 'teams'),
    event('beacon', 'network_connect', { process_id: 3, image: 'powershell', destination_ip: '203.0.113.4' }),
  ];
  const { rows } = processTree(events, new Map([['beacon', ['T1071']]]));
  expect(rows.filter((row) => row.leads_to_evidence).map((row) => row.image)).toEqual([
    '',
    'explorer',
    'word',
    'powershell',
  ]);
  expect(rows.find((row) => row.image === 'powershell')).toMatchObject({
    ...{ evidence: ['beacon'], techniques: ['T1071'], events: 2 },
  });
  expect(rows.find((row) => row.image === 'word')?.evidence).toEqual([]);
});

test('processTree() takes ancestors from before the window, without counting their events', () => {
  const before = [start(1, 0, 'init'), start(2, 1, 'sshd')];
  const { rows } = processTree([start(3, 2, 'bash')], new Map([['start 3', []]]), before);
  expect(rows.map((row) => [row.image, row.events])).toEqual([
    ['', 0],
    ['init', 0],
    ['sshd', 0],
    ['bash', 1],
  ]);
});

test('processTree() keeps a process that replaced itself as one, with both command lines', () => {
  const { rows } = processTree(
    [start(2, 1, '/bin/sh', 'sh -c id'), start(2, 1, '/usr/bin/id', 'id')],
    new Map(),
  );
  expect(rows.find((row) => row.process_id === 2)).toMatchObject({
    ...{ image: '/usr/bin/id', command_lines: ['sh -c id', 'id'], events: 2 },
  });
});

test('processTree() knows a parent from its child alone', () => {
  const child = event('c', 'process_create', {
    ...{
      process_guid: '{b}',
      parent_process_guid: '{a}',
      parent_image: 'C:\\a.exe',
      parent_command_line: 'a /x',
    },
  });
  const { rows } = processTree([child], new Map());
  expect(rows[0]).toMatchObject({ id: '{a}', image: 'C:\\a.exe', command_lines: ['a /x'], started_at: null });
});

test('processTree() does not follow numbers that were used again in a circle', () => {
  const { rows } = processTree([start(1, 2, 'a'), start(2, 1, 'b'), start(3, 3, 'c')], new Map());
  expect(rows.map((row) => row.image).sort()).toEqual(['a', 'b', 'c']);
});

test('processTree() leaves names as they are', () => {
  const name = '</script><img src=x onerror=alert(1)>\u202egpj.exe';
  expect(processTree([start(5, 4, name)], new Map()).rows[1]?.image).toBe(name);
});

test('processTree() of thousands shows at most 400, and the one with evidence among them', () => {
  const crowd = Array.from({ length: 5000 }, (_, index) =>
    start(index + 10, index % 2 === 0 ? 1 : index + 9, 'x'),
  );
  const { rows, hidden } = processTree([start(1, 0, 'init'), ...crowd], new Map([['start 5008', []]]));
  expect(rows.length).toBeLessThanOrEqual(400);
  expect(rows.find((row) => row.evidence.length > 0)?.process_id).toBe(5008);
  expect(rows.length + hidden).toBe(5002);
});
