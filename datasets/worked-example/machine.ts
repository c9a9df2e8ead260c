import { createHash } from 'node:crypto';

/** A process of the made-up machine, as Sysmon would name it. */
export interface Actor {
  readonly guid: string;
  readonly pid: number;
  readonly image: string;
  readonly commandLine: string;
  readonly user: string;
  readonly integrity: string;
}

export interface Spawn {
  readonly image: string;
  readonly commandLine: string;
  readonly user?: string;
  readonly integrity?: string;
}

/** A made-up Windows machine whose every act is one Winlogbeat 7 line. Times are epoch seconds. */
export interface Machine {
  readonly random: () => number;
  /** Processes that were running before the record begins. */
  running(spawn: Spawn): Actor;
  spawns(at: number, parent: Actor, child: Spawn): Actor;
  ends(at: number, actor: Actor): void;
  connects(
    at: number,
    actor: Actor,
    to: { readonly ip: string; readonly port: number; readonly name?: string },
  ): void;
  asks(at: number, actor: Actor, name: string, answer: string): void;
  writes(at: number, actor: Actor, path: string): void;
  sets(at: number, actor: Actor, target: string, details: string): void;
  loads(at: number, actor: Actor, module: string, signed?: boolean): void;
  pipes(at: number, actor: Actor, name: string): void;
  /** Starts a thread in another process at an address that no module backs. */
  injects(at: number, actor: Actor, target: Actor): void;
  opens(at: number, actor: Actor, target: Actor, granted: string, trace: string): void;
  runsScript(at: number, actor: Actor, text: string): void;
  /** Everything that happened, in order of time. */
  lines(): string[];
}

/** What Windows maps into any new process, and how its parent holds it. */
const EVERY_PROCESS_LOADS = [
  'ntdll',
  'kernel32',
  'KernelBase',
  'msvcrt',
  'sechost',
  'rpcrt4',
  'advapi32',
  'ucrtbase',
  'combase',
];
const PARENT_TRACE =
  'C:\\Windows\\SYSTEM32\\ntdll.dll+9d8c4|C:\\Windows\\System32\\KERNELBASE.dll+8e73|C:\\Windows\\System32\\KERNELBASE.dll+71a6|C:\\Windows\\System32\\KERNEL32.DLL+1c1a4';

const SYSMON = { channel: 'Microsoft-Windows-Sysmon/Operational', provider_name: 'Microsoft-Windows-Sysmon' };
const POWERSHELL = {
  channel: 'Microsoft-Windows-PowerShell/Operational',
  provider_name: 'Microsoft-Windows-PowerShell',
};

/** The same seed and host always live the same life. */
export function machine(host: string, userName: string, seed: number): Machine {
  const random = mulberry32(seed);
  const written: { at: number; line: string }[] = [];
  let recordId = 40_000 + Math.floor(random() * 10_000);
  let nextPid = 4000;

  const record = (
    at: number,
    channel: typeof SYSMON,
    eventId: number,
    data: Record<string, string>,
  ): void => {
    const time = new Date(at * 1000).toISOString();
    recordId += 1;
    const eventData =
      channel === SYSMON ? { UtcTime: time.replace('T', ' ').replace('Z', ''), ...data } : data;
    const body = {
      '@timestamp': time,
      agent: { type: 'winlogbeat', version: '7.17.0', hostname: host },
      ecs: { version: '1.12.0' },
      event: { code: String(eventId), kind: 'event', provider: channel.provider_name, created: time },
      host: { name: host },
      log: { level: 'information' },
      message: Object.entries(eventData)
        .map(([name, value]) => `${name}: ${value}`)
        .join('\r\n'),
      winlog: {
        ...channel,
        api: 'wineventlog',
        event_id: String(eventId),
        record_id: recordId,
        computer_name: host,
        event_data: eventData,
      },
    };
    written.push({ at, line: JSON.stringify(body) });
  };
  const digest = (text: string) => createHash('sha256').update(text).digest('hex').toUpperCase();
  const named = (actor: Actor) => ({
    ProcessGuid: actor.guid,
    ProcessId: String(actor.pid),
    Image: actor.image,
    User: actor.user,
  });
  const running = ({
    image,
    commandLine,
    user = 'NT AUTHORITY\\SYSTEM',
    integrity = 'System',
  }: Spawn): Actor => {
    nextPid += 4 + 4 * Math.floor(random() * 30);
    const id = digest(`${host}/${nextPid}/${image}`).toLowerCase();
    const guid = `{${id.slice(0, 8)}-${id.slice(8, 12)}-${id.slice(12, 16)}-${id.slice(16, 20)}-${id.slice(20, 32)}}`;
    return { guid, pid: nextPid, image, commandLine, user, integrity };
  };

  const loads = (at: number, actor: Actor, module: string, signed = true): void =>
    record(at, SYSMON, 7, {
      ...named(actor),
      ImageLoaded: module,
      Hashes: `SHA256=${digest(module)}`,
      Signed: String(signed),
      Signature: signed ? 'Microsoft Windows' : '-',
      SignatureStatus: signed ? 'Valid' : 'Unavailable',
    });
  const opens = (at: number, actor: Actor, target: Actor, granted: string, trace: string): void =>
    record(at, SYSMON, 10, {
      SourceProcessGUID: actor.guid,
      SourceProcessId: String(actor.pid),
      SourceImage: actor.image,
      TargetProcessGUID: target.guid,
      TargetProcessId: String(target.pid),
      TargetImage: target.image,
      GrantedAccess: granted,
      CallTrace: trace,
    });

  return {
    random,
    running,
    loads,
    opens,
    spawns(at, parent, child) {
      const actor = running({ user: userName, integrity: 'Medium', ...child });
      record(at, SYSMON, 1, {
        ...named(actor),
        CommandLine: actor.commandLine,
        CurrentDirectory: 'C:\\Windows\\system32\\',
        IntegrityLevel: actor.integrity,
        LogonId: actor.integrity === 'System' ? '0x3e7' : '0x5a1f2',
        Hashes: `SHA256=${digest(actor.image)}`,
        OriginalFileName: actor.image.slice(actor.image.lastIndexOf('\\') + 1),
        ParentProcessGuid: parent.guid,
        ParentProcessId: String(parent.pid),
        ParentImage: parent.image,
        ParentCommandLine: parent.commandLine,
      });
      opens(at + 0.004, parent, actor, '0x1fffff', PARENT_TRACE);
      loads(
        at + 0.01,
        actor,
        actor.image,
        actor.image.startsWith('C:\\Windows') || actor.image.startsWith('C:\\Program Files'),
      );
      for (const [place, module] of EVERY_PROCESS_LOADS.entries()) {
        loads(at + 0.012 + place / 500, actor, `C:\\Windows\\System32\\${module}.dll`);
      }
      return actor;
    },
    ends: (at, actor) => record(at, SYSMON, 5, named(actor)),
    connects: (at, actor, to) =>
      record(at, SYSMON, 3, {
        ...named(actor),
        Protocol: 'tcp',
        Initiated: 'true',
        SourceIp: '192.168.20.31',
        SourcePort: String(49_152 + Math.floor(random() * 16_000)),
        DestinationIp: to.ip,
        DestinationPort: String(to.port),
        DestinationHostname: to.name ?? '-',
      }),
    asks: (at, actor, name, answer) =>
      record(at, SYSMON, 22, {
        ...named(actor),
        QueryName: name,
        QueryStatus: '0',
        QueryResults: `::ffff:${answer};`,
      }),
    writes: (at, actor, path) => record(at, SYSMON, 11, { ...named(actor), TargetFilename: path }),
    sets: (at, actor, target, details) =>
      record(at, SYSMON, 13, {
        ...named(actor),
        EventType: 'SetValue',
        TargetObject: target,
        Details: details,
      }),
    pipes: (at, actor, name) =>
      record(at, SYSMON, 17, { ...named(actor), EventType: 'CreatePipe', PipeName: name }),
    injects: (at, actor, target) =>
      record(at, SYSMON, 8, {
        SourceProcessGuid: actor.guid,
        SourceProcessId: String(actor.pid),
        SourceImage: actor.image,
        TargetProcessGuid: target.guid,
        TargetProcessId: String(target.pid),
        TargetImage: target.image,
        NewThreadId: String(1000 + Math.floor(random() * 9000)),
        StartAddress: '0x000002A5B0C70000',
        StartModule: '-',
        StartFunction: '-',
      }),
    runsScript: (at, actor, text) =>
      record(at, POWERSHELL, 4104, {
        MessageNumber: '1',
        MessageTotal: '1',
        ScriptBlockText: text,
        ScriptBlockId: actor.guid.slice(1, -1),
        Path: '',
        ProcessId: String(actor.pid),
      }),
    lines: () => written.sort((a, b) => a.at - b.at).map(({ line }) => line),
  };
}

/** A small random generator with 32 bits of state (T. Ettinger, public domain). Numbers in [0, 1). */
function mulberry32(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
