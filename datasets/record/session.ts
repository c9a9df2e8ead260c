import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LogsterError } from '../../contracts/errors.ts';
import { drawFrom } from '../scenarios/draw.ts';
import { NETWORK_SCRIPT, ROOT_SCRIPT } from './enter.ts';
import { furnish, OWN_FOLDERS } from './furnish.ts';
import { live, type PlayedSession, type SessionPlan } from './live.ts';
import { randomOf } from './random-of.ts';
import { ended, runUntilDone } from './run-until-done.ts';
import { drawMachine, type Machine } from './session-machine.ts';

const HIDDEN = [
  '/work',
  '/mnt',
  '/media',
  '/boot',
  '/var/backups',
  '/var/lib/postgresql',
  '/var/lib/mysql',
  '/var/lib/redis',
];

/** Plays a session on a machine of its own and takes the machine down again. */
export async function playSession(
  plan: SessionPlan,
  folder: string,
  signal: AbortSignal,
): Promise<PlayedSession> {
  const draw = drawFrom(randomOf(plan.seed));
  const machine = drawMachine(draw);
  const work = join(folder, `session-${plan.number}`);
  for (const part of ['upper', 'layer', 'mount', ...OWN_FOLDERS.map((one) => `own/${one}`)])
    await mkdir(join(work, part), { recursive: true });
  await furnish(work, machine, draw);
  const { child, initPid } = await enter(work, machine, plan);
  try {
    return await live(plan, { machine, initPid, signal });
  } finally {
    killGroup(child);
    await removeFolder(work);
  }
}

async function enter(work: string, machine: Machine, plan: SessionPlan) {
  const world = join(import.meta.dirname, 'world.js');
  const addresses = [machine.address, ...machine.peers];
  const environment = {
    PATH: process.env.PATH ?? '/usr/sbin:/usr/bin:/sbin:/bin',
    WORK: work,
    HOST: machine.hostname,
    ADDRESSES: addresses.join(' '),
    OWN: OWN_FOLDERS.join(' '),
    HIDDEN: HIDDEN.join(' '),
    RUST: await rustFolder(),
    ROOT_SCRIPT,
    WORLD: `${process.execPath} ${world} ${plan.seed} ${machine.peers.join(',')} ${machine.peerPorts.join(',')}`,
  };
  const child = spawn(
    'unshare',
    [
      '--mount',
      '--uts',
      '--net',
      '--ipc',
      '--propagation',
      'private',
      '--',
      '/bin/bash',
      '-c',
      NETWORK_SCRIPT,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env: environment, detached: true, cwd: '/' },
  );
  const gone = ended(child, 'unshare');
  let [said, complaint] = ['', ''];
  child.stdout.on('data', (data: Buffer) => {
    said += data.toString();
  });
  child.stderr.on('data', (data: Buffer) => {
    complaint += data.toString();
  });
  let open = true;
  gone.then(
    () => {
      open = false;
    },
    () => undefined,
  );
  while (open && !said.includes('ready')) await pause(50);
  if (!open)
    throw new LogsterError('unavailable', `A session's machine could not be set up: ${complaint.trim()}`);
  return { child, initPid: await firstChildOf(child.pid ?? 0) };
}

/** The namespace's first process: the child of `unshare --pid`, which took the place of the script. */
async function firstChildOf(pid: number): Promise<number> {
  const children = await readFile(`/proc/${pid}/task/${pid}/children`, 'utf8');
  for (const child of children.trim().split(' ')) {
    const inside = /^NSpid:.*\s1$/m.test(await readFile(`/proc/${child}/status`, 'utf8').catch(() => ''));
    if (inside) return Number(child);
  }
  throw new LogsterError('unavailable', 'The first process of a session has gone');
}

let rust: Promise<string> | undefined;
/** Where this machine's Rust tools lie; empty without them. */
function rustFolder(): Promise<string> {
  rust ??= runUntilDone('rustc', ['--print', 'sysroot']).then(
    (path) => path.trim(),
    () => '', // no Rust here: activities that need it are not drawn
  );
  return rust;
}

/** A session may have made files unchangeable (chattr(1)), and its last processes may still be ending. */
async function removeFolder(folder: string): Promise<void> {
  await pause(500);
  await runUntilDone('/bin/sh', ['-c', 'chattr -R -f -i "$0"; rm -rf -- "$0"', folder]);
}

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined)
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
    }
}
