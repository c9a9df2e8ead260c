import type { BenchResult } from '../contracts/bench.ts';
import { encodeReading, readRecords } from './read.ts';
import type { RawRecord } from './record.ts';

const LINES = 2000;
/** Odd, so that the median is a round that took place; enough for it to stand still between runs. */
const ROUNDS = 21;
/** What a bus batch holds at most by default. */
const BATCH = 500;

/**
 * Events per CPU-second from 2 KB Winlogbeat lines to encoded NormalizedEvents, ids, key and raw event included,
 * beside bare JSON.parse + JSON.stringify of the same lines. The peer is given text, we begin and end with bytes.
 */
export async function benchIngest(): Promise<readonly BenchResult[]> {
  const records = Array.from({ length: LINES }, (_, at) => recordOf(sysmonLine(at), at));
  const texts = records.map((record) => record.value.toString('utf8'));
  const ours: number[] = [];
  const peers: number[] = [];
  for (let round = -3; round < ROUNDS; round++) {
    const our = eventsPerCpuSecond(() => normalize(records));
    const peer = eventsPerCpuSecond(() => reencode(texts));
    if (round < 0) continue; // the compiler warms up
    ours.push(our);
    peers.push(peer);
  }
  const ratios = ours.map((value, at) => value / (peers[at] ?? Number.NaN));
  return [
    {
      name: `Sysmon JSON of ${(texts.reduce((sum, text) => sum + text.length, 0) / LINES / 1024).toFixed(1)} KB to NormalizedEvent`,
      unit: 'events/CPU-s',
      ours: Math.round(median(ours)),
      peer: 'JSON.parse + JSON.stringify',
      peerValue: Math.round(median(peers)),
      ratio: median(ratios),
    },
  ];
}

function normalize(records: readonly RawRecord[]): number {
  let bytes = 0;
  for (let at = 0; at < records.length; at += BATCH) {
    for (const reading of readRecords('sysmon-logs', records.slice(at, at + BATCH), 1_700_000_000)) {
      for (const message of encodeReading(reading)) bytes += message.value.length;
    }
  }
  return bytes;
}

function reencode(texts: readonly string[]): number {
  let characters = 0;
  for (const text of texts) characters += JSON.stringify(JSON.parse(text)).length;
  return characters;
}

function eventsPerCpuSecond(work: () => number): number {
  const before = process.cpuUsage();
  if (work() === 0) throw new RangeError('the benchmark produced nothing');
  const { user, system } = process.cpuUsage(before);
  return (LINES * 1e6) / (user + system);
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}

function recordOf(line: string, offset: number): RawRecord {
  return { topic: 'sysmon-logs', partition: 0, offset, key: '', value: Buffer.from(line), headers: {} };
}

/** A line as Winlogbeat 7 sends it, the rendered message included: the kinds that make up most of Sysmon's volume. */
function sysmonLine(at: number): string {
  const time = new Date(1_700_000_000_000 + at * 137);
  const utc = time.toISOString().replace('T', ' ').slice(0, -1);
  const [id, data] = eventData(at, utc);
  const message = Object.entries(data).map(([name, value]) => `${name}: ${value}`);
  return JSON.stringify({
    '@timestamp': time.toISOString(),
    '@metadata': { beat: 'winlogbeat', type: '_doc', version: '7.17.0' },
    message: `Event:\n${message.join('\n')}`,
    winlog: {
      channel: 'Microsoft-Windows-Sysmon/Operational',
      provider_name: 'Microsoft-Windows-Sysmon',
      provider_guid: '{5770385f-c22a-43e0-bf4c-06f5698ffbd9}',
      api: 'wineventlog',
      computer_name: `WS-${at % 50}.corp.test`,
      event_id: id,
      record_id: 100_000 + at,
      opcode: 'Info',
      version: 5,
      process: { pid: 2548, thread: { id: 4004 } },
      user: { identifier: 'S-1-5-18', name: 'SYSTEM', domain: 'NT AUTHORITY', type: 'User' },
      event_data: data,
    },
    event: { kind: 'event', code: id, provider: 'Microsoft-Windows-Sysmon', created: time.toISOString() },
    host: { name: 'collector' },
    agent: { type: 'winlogbeat', version: '7.17.0', hostname: 'collector' },
    ecs: { version: '1.12.0' },
    log: { level: 'information' },
  });
}

const SYSTEM = 'C:\\Windows\\System32';

function eventData(at: number, utc: string): readonly [number, Readonly<Record<string, string>>] {
  const guid = (n: number) => `{dbf410b3-36ca-6715-${(0x1000 + (n % 4096)).toString(16)}-000000003900}`;
  const acting = {
    RuleName: '-',
    UtcTime: utc,
    ProcessGuid: guid(at % 300),
    ProcessId: String(1000 + (at % 300)),
    Image: `${SYSTEM}\\svchost.exe`,
    User: 'NT AUTHORITY\\SYSTEM',
  };
  const hashes = `SHA1=${'0A'.repeat(20)},MD5=${'1B'.repeat(16)},SHA256=${'2C'.repeat(32)},IMPHASH=${'3D'.repeat(16)}`;
  const kind = at % 10;
  if (kind < 5) {
    const frames = Array.from(
      { length: 8 },
      (_, frame) => `${SYSTEM}\\KERNELBASE.dll+${(0x2000 + frame * 977).toString(16)}`,
    );
    return [
      10,
      {
        RuleName: '-',
        UtcTime: utc,
        SourceProcessGUID: guid(at % 300),
        SourceProcessId: String(1000 + (at % 300)),
        SourceThreadId: '4652',
        SourceImage: `${SYSTEM}\\svchost.exe`,
        TargetProcessGUID: guid((at * 7) % 300),
        TargetProcessId: String(1000 + ((at * 7) % 300)),
        TargetImage: `${SYSTEM}\\lsass.exe`,
        GrantedAccess: '0x1000',
        CallTrace: frames.join('|'),
        SourceUser: 'NT AUTHORITY\\SYSTEM',
        TargetUser: 'NT AUTHORITY\\SYSTEM',
      },
    ];
  }
  if (kind < 7) {
    const module = {
      ImageLoaded: `${SYSTEM}\\module${at % 90}.dll`,
      Company: 'Microsoft Corporation',
      Hashes: hashes,
    };
    return [
      7,
      { ...acting, ...module, Signed: 'true', Signature: 'Microsoft Windows', SignatureStatus: 'Valid' },
    ];
  }
  if (kind < 9) {
    const key = `HKLM\\SOFTWARE\\Microsoft\\Windows\\CurrentVersion\\Installer\\UserData\\S-1-5-18\\Components\\${at}`;
    return [13, { ...acting, EventType: 'SetValue', TargetObject: key, Details: 'DWORD (0x00000001)' }];
  }
  const parent = {
    ParentProcessGuid: guid(1),
    ParentProcessId: '1001',
    ParentImage: `${SYSTEM}\\services.exe`,
  };
  return [
    1,
    {
      ...acting,
      CommandLine: `"${SYSTEM}\\svchost.exe" -k netsvcs -p -s service${at}`,
      CurrentDirectory: `${SYSTEM}\\`,
      LogonId: '0x3e7',
      IntegrityLevel: 'System',
      Hashes: hashes,
      ...parent,
      ParentCommandLine: `${SYSTEM}\\services.exe`,
    },
  ];
}
