import { createHash } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { EventType, NormalizedEvent } from '../contracts/event.ts';

/** What the pre-filter keeps of one pane of a Linux endpoint. Plain data: it goes into checkpoints as it is. */
export interface IdleFacts {
  /** Why a window with this pane is never skipped; nothing more is kept then. */
  busy?: string;
  actors: Actor[];
}

/** A process of the pane, once per set of facts. */
interface Actor {
  readonly image: string;
  readonly pid?: number;
  readonly parentImage?: string;
  readonly parentPid?: number;
}

/** The first process. Its path alone proves nothing: it must also be process 1, or a child of it. */
const INIT = ['/usr/lib/systemd/systemd', '/lib/systemd/systemd', '/sbin/init', '/usr/sbin/init'];

/**
 * Daemons that idle on most hosts, by full path, with the programs that may have started them. No program here
 * runs what others give it: shells, interpreters, package tools and privilege tools never belong on the list.
 */
const DAEMONS: ReadonlyMap<string, readonly string[]> = new Map([
  ['/usr/lib/systemd/systemd-journald', INIT],
  ['/lib/systemd/systemd-journald', INIT],
  ['/usr/lib/systemd/systemd-logind', INIT],
  ['/lib/systemd/systemd-logind', INIT],
  ['/usr/lib/systemd/systemd-networkd', INIT],
  ['/lib/systemd/systemd-networkd', INIT],
  ['/usr/lib/systemd/systemd-resolved', INIT],
  ['/lib/systemd/systemd-resolved', INIT],
  ['/usr/lib/systemd/systemd-timesyncd', INIT],
  ['/lib/systemd/systemd-timesyncd', INIT],
  ['/usr/lib/systemd/systemd-oomd', INIT],
  ['/usr/bin/dbus-daemon', INIT],
  ['/usr/bin/dbus-broker-launch', INIT],
  ['/usr/bin/dbus-broker', ['/usr/bin/dbus-broker-launch']],
  ['/usr/sbin/cron', INIT],
  ['/usr/sbin/crond', INIT],
  ['/usr/sbin/atd', INIT],
  ['/usr/sbin/sshd', INIT], // not its own children: those are sessions
  ['/usr/sbin/rsyslogd', INIT],
  ['/usr/sbin/chronyd', INIT],
  ['/usr/sbin/irqbalance', INIT],
  ['/sbin/auditd', INIT],
  ['/usr/sbin/auditd', INIT],
  ['/usr/sbin/NetworkManager', INIT],
  ['/usr/lib/polkit-1/polkitd', INIT],
  ['/usr/libexec/polkitd', INIT],
  ['/sbin/agetty', INIT],
  ['/usr/sbin/agetty', INIT],
]);

/** What an idle daemon does; anything else makes its window one to score. */
const QUIET_TYPES: readonly EventType[] = [
  'process_create',
  'process_end',
  'file_read',
  'file_create',
  'file_write',
  'network_connect',
  'syscall',
];

/** System calls that change nothing outside the caller: no identity, no other process, no kernel, no mount. */
const QUIET_SYSCALLS = new Set(
  (
    'read pread64 readv write pwrite64 writev close open openat stat fstat lstat newfstatat statx access faccessat ' +
    'lseek poll ppoll select pselect6 epoll_wait epoll_pwait epoll_ctl futex nanosleep clock_nanosleep ' +
    'clock_gettime gettimeofday time getpid getppid getuid geteuid getdents64 timerfd_settime recvmsg sendmsg ' +
    'wait4 waitid exit exit_group'
  ).split(' '),
);

/** Where idle daemons write; nothing there is ever executed or read as configuration. */
const QUIET_WRITES = [
  '/var/log/',
  '/run/log/journal/',
  '/run/systemd/journal/',
  '/run/systemd/netif/',
  '/run/systemd/resolve/',
  '/run/systemd/timesync/',
  '/var/lib/systemd/timesync/',
];

/** Reading these is a deed of its own, whoever does it. */
const SECRETS =
  /^\/etc\/g?shadow|^\/root\/|^\/home\/|\/\.ssh\/|^\/proc\/(\d+|self|thread-self)\/(mem|environ|maps)$/;

/** Places anybody can write: a daemon told to look there is not the one the system started. */
const WRITABLE_BY_ALL = /(^|[\s=:'"])\/(tmp|var\/tmp|dev\/shm|home|root)(\/|\s|$)/;

/** Names and clock: what an idle host asks inside its own network. */
const QUIET_PORTS = new Set([53, 123]);

/** Accounts of people begin here on the usual distributions (login.defs UID_MIN). */
const FIRST_PERSON = 1000;
const SERVICE_ACCOUNTS = /^(root|daemon|syslog|messagebus|dbus|polkitd|chrony|_chrony|systemd-[a-z-]+)$/;

/** An idle host has a dozen daemons; a window with more processes than this is scored. */
const MAX_ACTORS = 64;

/** Facts of a pane without events. */
export function emptyFacts(): IdleFacts {
  return { actors: [] };
}

/** Facts that do not change with the ones they were copied from. */
export function copyFacts(facts: IdleFacts): IdleFacts {
  return { ...facts, actors: [...facts.actors] };
}

/** Adds what an event says. Cheap on a busy host: the first telling event settles its pane. */
export function noteEvent(facts: IdleFacts, event: NormalizedEvent): void {
  if (facts.busy !== undefined) return;
  const busy = busyBecause(event);
  if (busy !== undefined) {
    settleBusy(facts, busy);
    return;
  }
  const actor = actorOf(event);
  if (facts.actors.some((known) => sameActor(known, actor))) return;
  if (facts.actors.length < MAX_ACTORS) facts.actors.push(actor);
  else settleBusy(facts, 'many processes');
}

/**
 * Whether a window shows nothing but idle daemons, so that it needs no score: every process by its exact path
 * **and** its parent, and no deed beyond reading, logging, names and time.
 */
export function isIdle(window: readonly IdleFacts[]): boolean {
  return whyBusy(window) === undefined;
}

/** Why a window must be scored; undefined when it need not. */
export function whyBusy(window: readonly IdleFacts[]): string | undefined {
  const settled = window.find((facts) => facts.busy !== undefined);
  if (settled) return settled.busy;
  const actors = window.flatMap((facts) => facts.actors);
  if (actors.length === 0) return 'no process at all';
  const imagesByPid = new Map<number, Set<string>>();
  for (const { pid, image } of actors) {
    if (pid !== undefined) imagesByPid.set(pid, (imagesByPid.get(pid) ?? new Set()).add(image));
  }
  const stranger = actors.find((actor) => !isDaemon(actor, imagesByPid));
  return stranger && `${stranger.image} was not started by what starts it`;
}

/** Names the list and rules by their content: the `model_version` of pre-filtered results. */
export function allowListVersion(): string {
  const rules = [INIT, [...DAEMONS], QUIET_TYPES, [...QUIET_SYSCALLS], QUIET_WRITES, [...QUIET_PORTS]];
  const patterns = [SECRETS, WRITABLE_BY_ALL, SERVICE_ACCOUNTS].map((pattern) => pattern.source);
  return createHash('sha256')
    .update(JSON.stringify([rules, patterns]))
    .digest('hex')
    .slice(0, 12);
}

function settleBusy(facts: IdleFacts, reason: string): void {
  facts.busy = reason;
  facts.actors = [];
}

function actorOf({ data }: NormalizedEvent): Actor {
  return {
    image: data.image ?? '', // one without a path was found busy before
    ...(data.process_id !== undefined && { pid: data.process_id }),
    ...(data.parent_image !== undefined && { parentImage: data.parent_image }),
    ...(data.parent_process_id !== undefined && { parentPid: data.parent_process_id }),
  };
}

function sameActor(a: Actor, b: Actor): boolean {
  return (
    a.pid === b.pid && a.image === b.image && a.parentPid === b.parentPid && a.parentImage === b.parentImage
  );
}

function busyBecause({ event_type, data }: NormalizedEvent): string | undefined {
  if (!QUIET_TYPES.includes(event_type)) return event_type;
  if (startersOf(data.image ?? '') === undefined) return 'another program';
  if (data.container_id) return 'a container';
  if (isSet(data.login_id)) return 'a login session';
  if (!isServiceAccount(data.user_id, data.user)) return 'an account of a person';
  if (WRITABLE_BY_ALL.test(data.command_line ?? '')) return 'arguments from a place anybody can write';
  if (data.script_path !== undefined || data.script_text !== undefined) return 'a script';
  return deedOf({ event_type, data });
}

/** The deed that makes the event more than idling, if it is one. */
function deedOf({ event_type, data }: Pick<NormalizedEvent, 'event_type' | 'data'>): string | undefined {
  switch (event_type) {
    case 'file_create':
    case 'file_write':
      return isQuietWrite(data.target_filename) ? undefined : 'a write outside of logs';
    case 'file_read':
      return isPlain(data.target_filename) && !SECRETS.test(data.target_filename)
        ? undefined
        : 'a telling read';
    case 'network_connect':
      return isQuietConnection(data.destination_ip, data.destination_port) ? undefined : 'a connection';
    case 'syscall':
      return QUIET_SYSCALLS.has(data.syscall ?? '') ? undefined : `system call ${data.syscall}`;
    default:
      return undefined;
  }
}

function isQuietWrite(path: string | undefined): boolean {
  return isPlain(path) && QUIET_WRITES.some((prefix) => path.startsWith(prefix));
}

/** An absolute path that means what it says: no `..`, no `.`, no doubled slash. */
function isPlain(path: string | undefined): path is string {
  return path?.startsWith('/') === true && !/\/\.{0,2}(\/|$)/.test(path);
}

function isQuietConnection(address: string | undefined, port: number | undefined): boolean {
  if (address === undefined || !ipaddr.isValid(address)) return false;
  const range = ipaddr.process(address).range();
  if (range === 'loopback') return true;
  return ['private', 'uniqueLocal', 'linkLocal'].includes(range) && QUIET_PORTS.has(port ?? -1);
}

/** Auditd writes an absent login id as 4294967295, others as -1 or `unset`. */
function isSet(loginId: string | undefined): boolean {
  return !['', '-1', '4294967295', 'unset'].includes(loginId ?? '');
}

/** Judged by number where there is one; a name alone counts only when it is known. */
function isServiceAccount(id: string | undefined, name: string | undefined): boolean {
  if (id !== undefined) return /^\d{1,9}$/.test(id) && Number(id) < FIRST_PERSON;
  return name === undefined || SERVICE_ACCOUNTS.test(name);
}

/** The programs that may have started the one at `image`; undefined when it is not on the list. */
function startersOf(image: string): readonly string[] | undefined {
  return INIT.includes(image) ? INIT : DAEMONS.get(image);
}

function isDaemon(actor: Actor, imagesByPid: ReadonlyMap<number, ReadonlySet<string>>): boolean {
  if (actor.pid === 1) return INIT.includes(actor.image);
  const allowed = startersOf(actor.image);
  if (!allowed) return false;
  const parents = [...(actor.parentPid === undefined ? [] : (imagesByPid.get(actor.parentPid) ?? []))];
  if (actor.parentImage !== undefined) parents.push(actor.parentImage);
  if (parents.length === 0) return actor.parentPid === 1 && allowed === INIT; // process 1 itself was silent
  return parents.every((parent) => allowed.includes(parent));
}
