import type { EventData, EventType, NormalizedEvent } from '../contracts/event.ts';

// Rates and mix as measured over public Sysmon captures: median 3.5 events/s an endpoint, half of them accesses.
export const EVENTS_PER_PANE = 105;
export const PANE_SECONDS = 30;
export const BEGIN = 1_700_000_000;

/** One endpoint's events, by pane. */
export type Stream<T> = readonly (readonly T[])[];

/** A small generator (Park and Miller, 1988) of numbers in (0, 1): the same in every run. */
export function random(seed: number): () => number {
  let state = seed + 1;
  return () => {
    state = (state * 48_271) % 2_147_483_647;
    return state / 2_147_483_647;
  };
}

const MIX: readonly (readonly [EventType, number])[] = [
  ['process_access', 530],
  ['registry_key', 175],
  ['image_load', 162],
  ['registry_value', 66],
  ['file_create', 17],
  ['network_connect', 13],
  ['process_create', 12],
  ['process_end', 9],
  ['pipe', 7],
  ['file_delete', 5],
  ['dns_query', 4],
];
const KINDS = MIX.flatMap(([type, weight]) => Array.from({ length: weight }, () => type));

/** So many endpoints' events, by endpoint and pane of 30 s, each in the form that `keep` gives it. */
export function streamsOf<T>(
  endpoints: number,
  panes: number,
  keep: (event: NormalizedEvent) => T,
): readonly Stream<T>[] {
  return Array.from({ length: endpoints }, (_, endpoint) => {
    const next = random(endpoint);
    const processes = Array.from({ length: 14 }, (_, i) => processOf(endpoint, i));
    return Array.from({ length: panes }, (_, pane) =>
      Array.from({ length: EVENTS_PER_PANE }, (_, i) => {
        const at = BEGIN + pane * PANE_SECONDS + (i * PANE_SECONDS) / EVENTS_PER_PANE;
        const type = KINDS[Math.floor(next() * KINDS.length)] ?? 'process_access';
        const event = eventAt(endpoint, at, type, dataOf(type, processes, next));
        // events arrive as JSON; strings put together in memory are held differently and cost more later
        return keep(JSON.parse(JSON.stringify(event)) as NormalizedEvent);
      }),
    );
  });
}

function eventAt(endpoint: number, timestamp: number, type: EventType, data: EventData): NormalizedEvent {
  return {
    schema_version: 1,
    event_id: `${String(endpoint).padStart(8, '0')}-0000-5000-8000-${String(Math.round(timestamp * 1000) % 1e12).padStart(12, '0')}`,
    tenant_id: 'bench',
    endpoint_id: `ws-${endpoint}`,
    hostname: `ws-${endpoint}`,
    platform: 'windows',
    source: 'sysmon',
    event_type: type,
    timestamp,
    ingested_at: timestamp,
    data,
    warnings: [],
  };
}

interface Program {
  readonly process_guid: string;
  readonly process_id: number;
  readonly image: string;
}

function processOf(endpoint: number, place: number): Program {
  const images = [
    'svchost',
    'lsass',
    'explorer',
    'powershell',
    'cmd',
    'msedge',
    'services',
    'wmiprvse',
    'taskhostw',
  ];
  return {
    process_guid: `0f2c1a00-${String(endpoint).padStart(4, '0')}-6500-0000-${String(place).padStart(12, '0')}`,
    process_id: 400 + place * 4,
    image: `C:\\Windows\\System32\\${images[place % images.length]}.exe`,
  };
}

function dataOf(type: EventType, processes: readonly Program[], next: () => number): EventData {
  const any = (): Program => processes[Math.floor(next() * processes.length)] ?? processOf(0, 0);
  const few = (size: number): number => Math.floor(next() * next() * size); // some names far more often than others
  const actor = any();
  if (type === 'process_access') {
    const target = any();
    return {
      ...actor,
      source_image: actor.image,
      target_process_guid: target.process_guid,
      target_process_id: target.process_id,
      target_image: target.image,
      granted_access: few(4) === 0 ? '0x1000' : '0x1410',
      call_trace: 'C:\\Windows\\SYSTEM32\\ntdll.dll+9d4e4|C:\\Windows\\System32\\KERNELBASE.dll+2bd3e',
    };
  }
  if (type === 'registry_key' || type === 'registry_value') {
    const target_object = `HKLM\\System\\CurrentControlSet\\Services\\svc${few(40)}\\Parameters\\v${few(20)}`;
    return { ...actor, registry_action: 'SetValue', target_object, details: 'DWORD (0x00000001)' };
  }
  if (type === 'image_load') {
    const image_loaded = `C:\\Windows\\System32\\lib${String.fromCharCode(97 + few(26))}${few(9)}.dll`;
    return { ...actor, image_loaded, signed: true, signature_status: 'Valid' };
  }
  if (type === 'network_connect') {
    return {
      ...actor,
      protocol: 'tcp',
      destination_ip: `10.0.0.${few(9)}`,
      destination_port: 443,
      initiated: true,
    };
  }
  if (type === 'dns_query') return { ...actor, query_name: `host${few(20)}.example.com`, query_status: '0' };
  if (type === 'pipe') return { ...actor, pipe_name: '\\wkssvc', pipe_action: 'connect' };
  if (type === 'process_create') return bornOf(actor, Math.floor(next() * 1e6), few(60));
  if (type === 'process_end') return { ...actor };
  return { ...actor, target_filename: `C:\\Users\\a\\AppData\\Local\\Temp\\tmp${few(9000)}.tmp` };
}

function bornOf(parent: Program, id: number, variant: number): EventData {
  return {
    process_guid: `0f2c1a00-ffff-6500-0000-${String(id).padStart(12, '0')}`,
    process_id: 5000 + (id % 5000),
    image: 'C:\\Windows\\System32\\cmd.exe',
    command_line: `cmd.exe /c "echo ${variant} & dir C:\\Users\\a\\Documents"`,
    integrity_level: 'Medium',
    parent_process_guid: parent.process_guid,
    parent_process_id: parent.process_id,
    parent_image: parent.image,
  };
}
