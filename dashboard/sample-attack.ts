import type { Alert, Technique } from '../contracts/alert.ts';
import { LogsterError } from '../contracts/errors.ts';
import type { EventData, EventType, NormalizedEvent } from '../contracts/event.ts';
import { idOf } from '../contracts/ids.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { AlertStore } from '../ports/alerts/alerts.ts';
import type { Document, Documents } from '../ports/documents/documents.ts';

/** For tests: one office computer on which a document starts an encoded PowerShell, amid quiet neighbours. */
export interface Sample {
  readonly events: readonly NormalizedEvent[];
  readonly inferences: readonly InferenceResult[];
  readonly alerts: readonly Alert[];
  /** The window in which the attack is seen whole. */
  readonly attack: InferenceResult;
}

const TENANT = 'default';
const VICTIM = 'DESKTOP-1NNIMRR';
const ENCODED =
  'powershell.exe -NoP -W Hidden -Enc SQBFAFgAKABOAGUAdwAtAE8AYgBqAGUAYwB0ACAATgBlAHQALgBXAGUAYgBDAGwAaQBlAG4AdAApAA==';
const NEIGHBOURS = [
  ['DESKTOP-7QK2V', 'windows', 0.14],
  ['LAPTOP-03', 'windows', 0.09],
  ['FS-01', 'windows', 0.57],
  ['DC-01', 'windows', 0.22],
  ['LAPTOP-11', 'windows', 0.05],
  ['web-7', 'linux', 0.31],
  ['build-2', 'linux', 0.11],
  ['db-1', 'linux', 0.04],
] as const;

/** Half an hour of windows that ends at `now` (epoch seconds); `at` of the attack is four minutes before. */
export function sampleAttack(now: number): Sample {
  const end = Math.floor(now / 30) * 30;
  const begin = end - 240;
  const events = attackEvents(begin);
  const inferences: InferenceResult[] = [];
  for (let tick = 0; tick < 60; tick++) {
    const at = end - tick * 30;
    for (const [place, [hostname, platform, level]] of NEIGHBOURS.entries()) {
      inferences.push(windowOf({ hostname, platform, at, probability: calm(level, tick, place) }));
    }
    const since = at - begin; // the attack lies in the windows whose three minutes hold it
    const probability =
      since > 0 && since <= 180 ? [0.64, 0.83, 0.91, 0.91, 0.9, 0.88][Math.ceil(since / 30) - 1] : undefined;
    inferences.push(
      probability === undefined
        ? windowOf({ hostname: VICTIM, platform: 'windows', at, probability: calm(0.1, tick, 9) })
        : attackWindow(at, probability, events),
    );
  }
  const hits = inferences.filter((one) => one.attack_prob >= 0.7).sort((a, b) => a.timestamp - b.timestamp);
  const attack = hits.find((one) => one.attack_prob === 0.91) as InferenceResult;
  return { events, inferences, alerts: [alertOfHits(hits, events)], attack };
}

/** A level with a little noise that is the same at every run. */
function calm(level: number, tick: number, place: number): number {
  const noise = Math.abs(Math.sin(tick * 12.9898 + place * 78.233) * 43_758.5453) % 1;
  return tick === 9 + place * 4 ? level : level * (0.25 + 0.4 * noise);
}

function windowOf(one: {
  readonly hostname: string;
  readonly platform: 'windows' | 'linux';
  readonly at: number;
  readonly probability: number;
}): InferenceResult {
  const { hostname, platform, at, probability } = one;
  const endpoint_id = hostname.toLowerCase();
  const model = `logster-${platform}-gat`;
  const window_event = idOf('event', endpoint_id, String(at));
  return {
    inference_id: idOf('inference', TENANT, endpoint_id, platform, String(at), '3'),
    window_id: idOf('window', TENANT, endpoint_id, platform, String(at)),
    ...{ tenant_id: TENANT, endpoint_id, hostname, platform },
    ...{ window_start: at - 180, window_end: at, timestamp: at, scored_at: at + 1.4 },
    prediction: probability >= 0.5 ? 'attack' : 'benign',
    attack_prob: probability,
    confidence: Math.max(probability, 1 - probability),
    ...{ model_name: model, model_version: '3', backend: 'wasm' },
    ...{ inference_time_ms: 3.1 + probability, queue_time_ms: 40 },
    graph: {
      num_nodes: 62,
      num_edges: 148,
      node_types: { process: 21, file: 30, script: 1, network: 4, registry: 6 },
      edge_types: { spawned: 20, wrote: 80 },
    },
    ...{ event_count: 240, event_ids: [], top_nodes: [], prefiltered: false, reused: false },
    top_edges:
      probability < 0.5
        ? []
        : [edge('wrote', 'backup.exe (2210)', 'D:\\Shares\\archive.7z', window_event, 0.4)],
  };
}

function attackWindow(at: number, probability: number, events: readonly NormalizedEvent[]): InferenceResult {
  const id = (name: string) => idOf('event', name);
  return {
    ...windowOf({ hostname: VICTIM, platform: 'windows', at, probability }),
    event_count: events.length,
    event_ids: [id('encoded'), id('beacon'), id('dropped'), id('run-key'), id('discovery')],
    top_nodes: [
      { type: 'process', label: 'powershell.exe (6612)', score: 0.34 },
      { type: 'network', label: '203.0.113.44:443/tcp', score: 0.21 },
      { type: 'process', label: 'winword.exe (5120)', score: 0.14 },
      { type: 'file', label: 'C:\\Users\\user\\AppData\\Local\\Temp\\upd.exe', score: 0.11 },
    ],
    top_edges: [
      edge('spawned', 'winword.exe (5120)', 'powershell.exe (6612)', id('encoded'), 0.31),
      edge('connected-to', 'powershell.exe (6612)', '203.0.113.44:443/tcp', id('beacon'), 0.22),
      edge(
        'wrote',
        'powershell.exe (6612)',
        'C:\\Users\\user\\AppData\\Local\\Temp\\upd.exe',
        id('dropped'),
        0.16,
      ),
      edge('set', 'powershell.exe (6612)', 'HKU\\…\\CurrentVersion\\Run\\Updater', id('run-key'), 0.12),
    ],
  };
}

function edge(relation: string, source: string, target: string, event_id: string, score: number) {
  return { relation, source, target, event_id, score };
}

const PROCESSES: readonly (readonly [
  name: string,
  pid: number,
  parent: string,
  image: string,
  line: string,
])[] = [
  ['explorer', 4012, 'userinit', 'C:\\Windows\\explorer.exe', 'C:\\Windows\\Explorer.EXE'],
  ['teams', 7404, 'explorer', 'C:\\Program Files\\Teams\\Teams.exe', '"Teams.exe" --type=renderer'],
  [
    'winword',
    5120,
    'explorer',
    'C:\\Program Files\\Office\\WINWORD.EXE',
    '"WINWORD.EXE" /n "C:\\Users\\user\\Downloads\\invoice-8841.docm"',
  ],
  ['encoded', 6612, 'winword', 'C:\\Windows\\System32\\WindowsPowerShell\\v1.0\\powershell.exe', ENCODED],
  ['conhost', 6620, 'encoded', 'C:\\Windows\\System32\\conhost.exe', 'conhost.exe 0xffffffff -ForceV1'],
  ['discovery', 6704, 'encoded', 'C:\\Windows\\System32\\whoami.exe', 'whoami.exe /all'],
  ['net', 6720, 'encoded', 'C:\\Windows\\System32\\net.exe', 'net.exe group "Domain Admins" /domain'],
];

function processNamed(name: string): (typeof PROCESSES)[number] {
  const found = PROCESSES.find(([one]) => one === name);
  if (found) return found;
  throw new LogsterError('not-found', `The sample has no process ${name}`);
}

/** The victim's events: ordinary ones with the attack among them, and the start of its oldest ancestor long before. */
function attackEvents(begin: number): readonly NormalizedEvent[] {
  const guid = (name: string) => `{${idOf('event', 'process', name)}}`;
  const start = (name: string, at: number): NormalizedEvent => {
    const [, pid, parent, image, line] = processNamed(name);
    const above = PROCESSES.find(([one]) => one === parent);
    return eventOf(name, at, 'process_create', {
      ...{ process_id: pid, process_guid: guid(name), image, command_line: line, user: 'CORP\\user' },
      ...{ parent_process_guid: guid(parent), parent_process_id: above?.[1] ?? 3980 },
      ...{ parent_image: above?.[3] ?? 'C:\\Windows\\System32\\userinit.exe' },
    });
  };
  const did = (
    name: string,
    actor: string,
    at: number,
    type: EventType,
    data: EventData,
  ): NormalizedEvent => {
    const [, pid, , image] = processNamed(actor);
    return eventOf(name, at, type, {
      ...{ process_id: pid, process_guid: guid(actor), image, user: 'CORP\\user' },
      ...data,
    });
  };
  const ordinary = Array.from({ length: 24 }, (_, place) =>
    did(`ordinary ${place}`, place % 3 === 0 ? 'explorer' : 'teams', begin - 60 + place * 7, 'file_write', {
      target_filename: `C:\\Users\\user\\AppData\\Roaming\\Teams\\cache\\f_${(place * 2477).toString(16)}`,
    }),
  );
  return [
    start('explorer', begin - 5400),
    start('teams', begin - 50),
    start('winword', begin - 21),
    start('encoded', begin + 2),
    start('conhost', begin + 2.1),
    did('beacon', 'encoded', begin + 4, 'network_connect', {
      ...{ protocol: 'tcp', destination_ip: '203.0.113.44', destination_port: 443, initiated: true },
    }),
    did('name', 'encoded', begin + 3.6, 'dns_query', {
      query_name: 'cdn.example.net',
      query_results: '203.0.113.44',
    }),
    did('dropped', 'encoded', begin + 7, 'file_create', {
      target_filename: 'C:\\Users\\user\\AppData\\Local\\Temp\\upd.exe',
    }),
    did('run-key', 'encoded', begin + 9, 'registry_value', {
      target_object: 'HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\Updater',
      details: 'C:\\Users\\user\\AppData\\Local\\Temp\\upd.exe',
    }),
    start('discovery', begin + 14),
    start('net', begin + 17),
    did('markup', 'encoded', begin + 20, 'file_create', {
      target_filename: 'C:\\Users\\Public\\<img src=x onerror=alert(1)>.txt',
    }),
    ...ordinary,
  ].sort((a, b) => a.timestamp - b.timestamp);
}

function eventOf(name: string, timestamp: number, event_type: EventType, data: EventData): NormalizedEvent {
  return {
    ...{ schema_version: 1, event_id: idOf('event', name), tenant_id: TENANT, hostname: VICTIM },
    ...{ endpoint_id: VICTIM.toLowerCase(), platform: 'windows', source: 'sysmon', event_type },
    ...{ timestamp, ingested_at: timestamp + 0.8, data, warnings: [] },
  } as NormalizedEvent;
}

function alertOfHits(hits: readonly InferenceResult[], events: readonly NormalizedEvent[]): Alert {
  const [first] = hits as readonly [InferenceResult, ...InferenceResult[]];
  const last = hits.at(-1) ?? first;
  const evidence = (...names: readonly string[]) =>
    names.map((name) => idOf('event', name)).filter((id) => events.some((event) => event.event_id === id));
  const technique = (
    id: string,
    name: string,
    tactic: string,
    rule: string,
    shownBy: readonly string[],
  ): Technique => ({
    ...{ id, name, tactics: [tactic], rule, evidence: [...shownBy] },
  });
  const techniques = [
    technique('T1059.001', 'PowerShell', 'execution', 'Encoded PowerShell command line', evidence('encoded')),
    technique(
      'T1547.001',
      'Registry Run Keys / Startup Folder',
      'persistence',
      'Run key set by a script host',
      evidence('run-key'),
    ),
    technique(
      'T1033',
      'System Owner/User Discovery',
      'discovery',
      'Whoami with all privileges',
      evidence('discovery'),
    ),
  ];
  return {
    alert_id: idOf('alert', first.inference_id),
    ...{ tenant_id: TENANT, endpoint_id: first.endpoint_id, hostname: first.hostname, platform: 'windows' },
    ...{ attack_prob: 0.91, confidence: 0.91, severity: 'HIGH', status: 'open' },
    ...{ created_at: first.scored_at + 0.2, updated_at: last.scored_at + 0.2 },
    ...{ first_seen: first.window_end, last_seen: last.window_end, count: hits.length },
    inference_ids: hits.map((one) => one.inference_id),
    ...{ related_endpoints: [], related_alert_ids: [] },
    ttp_techniques: techniques.map(({ id }) => id),
    ttp_tactics: techniques.flatMap(({ tactics }) => tactics),
    techniques,
    summary: `Suspicious activity on ${first.hostname}: winword.exe (5120) spawned powershell.exe (6612); powershell.exe (6612) connected to 203.0.113.44:443/tcp`,
    ...{ notes: [], assignee: null, verdict: null, previous_alert_id: null },
    ...{ model_name: first.model_name, model_version: first.model_version },
    history: [
      { at: first.scored_at + 0.2, change: 'created', by: 'logster', detail: 'HIGH at 0.83' },
      { at: last.scored_at + 0.2, change: 'merged', by: 'logster', detail: `${hits.length} windows, 0.91` },
    ],
  } as Alert;
}

/** For tests: puts the sample into stores. */
export async function storeSample(
  { events, inferences, alerts: raised }: Sample,
  { documents, alerts }: { readonly documents: Documents; readonly alerts: AlertStore },
): Promise<void> {
  await documents.create(
    'logster-events',
    events.map((body) => ({ id: body.event_id, body: body as unknown as Document })),
  );
  await documents.create(
    'logster-inferences',
    inferences.map((body) => ({ id: body.inference_id, body: body as unknown as Document })),
  );
  for (const alert of raised) {
    await documents.put('logster-alerts', alert.alert_id, alert as unknown as Document, alert.updated_at);
    await alerts.transaction((transaction) => transaction.save({ change: 'created', alert }));
  }
}
