import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { EVENT_TYPES } from '../contracts/event.ts';
import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';
import { type Capture, parseManifest } from '../datasets/manifest.ts';
import type { Example } from './example.ts';

/** A capture for tests; fields of the manifest may be given. */
export function testCapture(entry: Readonly<Record<string, unknown>> = {}): Capture {
  const base = { id: 'c', platform: 'linux', file: 'c', lab: 'l', role: 'train and judge', attack: true };
  const [capture] = parseManifest({ captures: [{ ...base, ...entry }] }, '/').captures;
  if (!capture) throw new Error('the fixture is no capture');
  return capture;
}

/** A small Linux graph whose every node has `feature` in its first place, as an example with `events` events. */
export function testExample({
  feature = 1,
  events = 10,
  label = 'attack',
  captureId = 'c',
}: Partial<Pick<Example, 'label' | 'captureId'>> & {
  readonly feature?: number;
  readonly events?: number;
} = {}): Example {
  const graph: HeteroGraph = {
    window: { tenantId: 't', endpointId: 'h', hostname: 'h', platform: 'linux', start: 0, end: 180 },
    windowId: `${captureId} ${feature}`,
    nodesPerType: [2, 1, 0, 0, 0],
    features: Float32Array.from({ length: 3 * FEATURES }, (_, at) => (at % FEATURES === 0 ? feature : 0)),
    labels: ['bash (1)', 'ls (2)', '/etc/passwd'],
    source: Int32Array.from([0, 1]),
    target: Int32Array.from([1, 2]),
    relation: Uint8Array.from([0, 4]),
    count: Uint32Array.from([1, events]),
    first: Float32Array.from([1, 2]),
    last: Float32Array.from([1, 2]),
    edgeEvents: ['one', 'two'],
    eventCount: events,
    contentHash: `${feature}`,
  };
  const kinds = EVENT_TYPES.map((_, kind) => (kind < 2 ? events : 0));
  const facts = { kinds, activeSeconds: 3, busiest: 2 };
  return { captureId, host: 'h', start: 0, end: 180, label, graph, facts };
}

/** When the made-up records begin, epoch seconds. */
export const START = Date.parse('2024-05-01T10:00:00Z') / 1000;
const PROGRAMS = ['explorer', 'cmd', 'powershell', 'whoami', 'notepad'];

/** One process start every two seconds on one machine, and a line that no parser knows. */
export function sysmonLines(host: string, seconds: number, programs = PROGRAMS): string {
  const lines = Array.from({ length: seconds / 2 }, (_, at) => {
    const time = new Date((START + 2 * at) * 1000).toISOString();
    const program = programs[at % programs.length];
    return JSON.stringify({
      '@timestamp': time,
      winlog: {
        channel: 'Microsoft-Windows-Sysmon/Operational',
        provider_name: 'Microsoft-Windows-Sysmon',
        event_id: 1,
        record_id: at + 1,
        computer_name: host,
        event_data: {
          UtcTime: time.replace('T', ' ').replace('Z', ''),
          ProcessGuid: `{03ba39f5-50b2-5ce0-0000-00109995${String(at).padStart(4, '0')}}`,
          ProcessId: String(1000 + at),
          Image: `C:\\Windows\\System32\\${program}.exe`,
          CommandLine: `${program}.exe /c ${at}`,
          User: 'LAB\\someone',
          ParentProcessGuid: '{03ba39f5-50b2-5ce0-0000-001099950000}',
          ParentProcessId: '1000',
          ParentImage: 'C:\\Windows\\explorer.exe',
          ParentCommandLine: 'explorer.exe',
        },
      },
    });
  });
  return `${lines.join('\n')}\nnot a record of any sensor\n`;
}

/** A made-up Windows capture of a manifest; other fields of the manifest may be given. */
export interface TestEntry {
  readonly id: string;
  readonly attack: boolean;
  readonly seconds: number;
  readonly [field: string]: unknown;
}

/** Writes captures of one machine each and a manifest beside them; gives the manifest's path. */
export function writeTestManifest(folder: string, entries: readonly TestEntry[]): string {
  mkdirSync(folder, { recursive: true });
  const captures = entries.map(({ seconds, ...entry }) => {
    const { id, attack } = entry;
    const programs = attack ? ['powershell', 'whoami', 'net'] : ['explorer', 'notepad'];
    writeFileSync(join(folder, id), sysmonLines(`${id}.lab`, seconds, programs));
    return {
      file: id,
      platform: 'windows',
      cluster: id,
      role: 'train and judge',
      licence: 'MIT',
      attack_window: attack ? { start: START + 60, end: START + 70 } : null,
      hosts: [{ name: `${id}.lab` }],
      sha256: id,
      ...entry,
    };
  });
  const file = join(folder, 'MANIFEST.json');
  writeFileSync(file, JSON.stringify({ captures }));
  return file;
}
