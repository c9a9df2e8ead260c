import { type ChildProcess, spawn } from 'node:child_process';
import { mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { LogsterError } from '../../contracts/errors.ts';
import { type Draw, drawFrom } from '../scenarios/draw.ts';
import type { Activity, Attack } from '../scenarios/scenario.ts';
import { NETWORK_SCRIPT, ROOT_SCRIPT } from './enter.ts';
import { furnish, OWN_FOLDERS } from './furnish.ts';
import { randomOf } from './random-of.ts';
import { ended, runUntilDone } from './run-until-done.ts';
import { drawMachine, type Machine, placeOf } from './session-machine.ts';
import { openShell, type Shell } from './shell.ts';

/** What a session does, drawn before it begins. */
export interface SessionPlan {
  readonly number: number; // names it within a recording
  readonly seed: number;
  readonly loginId: number;
  readonly seconds: number;
  readonly attack: Attack | null;
  readonly benign: readonly Activity[];
  readonly services: readonly Activity[];
}

/** What it did; times are epoch milliseconds. */
export interface PlayedSession {
  readonly machine: Machine;
  readonly start: number;
  readonly end: number;
  readonly attack: { readonly start: number; readonly end: number; readonly user: string } | null;
  readonly activities: readonly string[]; // names, in the order they began
}

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
export async function playSession(plan: SessionPlan, folder: string): Promise<PlayedSession> {
  const draw = drawFrom(randomOf(plan.seed));
  const machine = drawMachine(draw);
  const work = join(folder, `session-${plan.number}`);
  for (const part of ['upper', 'layer', 'mount', ...OWN_FOLDERS.map((one) => `own/${one}`)])
    await mkdir(join(work, part), { recursive: true });
  await furnish(work, machine, draw);
  const { child, initPid } = await enter(work, machine, plan);
  try {
    return await live(plan, machine, initPid);
  } finally {
    killGroup(child);
    await rm(work, { recursive: true, force: true, maxRetries: 5, retryDelay: 500 });
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

function killGroup(child: ChildProcess): void {
  if (child.pid !== undefined)
    try {
      process.kill(-child.pid, 'SIGKILL');
    } catch (cause) {
      if ((cause as NodeJS.ErrnoException).code !== 'ESRCH') throw cause;
    }
}

/** Services begin, people work, and in an attacked session one of them, at a random moment, is not who they seem. */
async function live(plan: SessionPlan, machine: Machine, initPid: number): Promise<PlayedSession> {
  const start = Date.now();
  const end = start + plan.seconds * 1_000;
  const draw = drawFrom(randomOf(plan.seed ^ 0x5bd1e995));
  const users = ['root', ...machine.accounts.map((one) => one.name)];
  const working = ['root', ...draw.some(users.slice(1), draw.int(1, 2))];
  const attackUser = plan.attack === null ? null : attackerAmong(working, plan.attack, draw);
  const attackAt = start + plan.seconds * 1_000 * (0.15 + 0.6 * (draw.int(0, 1_000) / 1_000));
  const activities: string[] = [];
  let mark: PlayedSession['attack'] = null;
  const person = async (user: string): Promise<void> => {
    const own = drawFrom(randomOf(plan.seed + 7919 * (1 + users.indexOf(user))));
    let shell = await openShell({ initPid, loginId: plan.loginId, session: plan.number, user });
    const reopen = async (): Promise<Shell> =>
      openShell({ initPid, loginId: plan.loginId, session: plan.number, user });
    const perform = async (activity: Activity | Attack): Promise<void> => {
      activities.push(activity.name);
      for (const line of activity.lines(own, placeOf(machine, user, own))) {
        if (shell.closed()) shell = await reopen();
        await shell.type(line);
        await pause(own.int(1, 12) * own.int(100, 1_000));
        if (Date.now() > end) return;
      }
    };
    if (user === 'root') for (const service of plan.services) await perform(service);
    const fitting = plan.benign.filter(
      (one) => one.as === 'either' || (one.as === 'root') === (user === 'root'),
    );
    while (Date.now() < end - 20_000) {
      if (mark === null && user === attackUser && Date.now() >= attackAt && plan.attack) {
        const began = Date.now();
        mark = { start: began, end: began, user };
        await perform(plan.attack);
        mark = { start: began, end: Date.now(), user };
      } else await perform(own.pick(fitting));
      const gap = own.chance(0.15) ? own.int(120, 300) : own.int(5, 100);
      const next = mark === null && user === attackUser && attackAt > Date.now() ? attackAt : end;
      await pause(Math.max(500, Math.min(gap * 1_000, next - Date.now())));
    }
    await shell.close();
  };
  await Promise.all(
    working.map(async (user) => {
      await pause(draw.int(0, 20_000));
      await person(user);
    }),
  );
  return { machine, start, end: Date.now(), attack: mark, activities };
}

function attackerAmong(working: readonly string[], { as }: Attack, draw: Draw): string {
  return draw.pick(working.filter((user) => as === 'either' || (as === 'root') === (user === 'root')));
}
