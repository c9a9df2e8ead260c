import { spawn } from 'node:child_process';
import { setTimeout as pause } from 'node:timers/promises';
import { LogsterError } from '../../contracts/errors.ts';
import { LAUNCHER } from './bpf-program.ts';
import { ended } from './run-until-done.ts';

/** A person's terminal on a session's machine. */
export interface Shell {
  /** Types a line and waits for the prompt; gives up after `LONGEST_MS` as an impatient person would. */
  readonly type: (line: string) => Promise<void>;
  readonly close: () => Promise<void>;
  readonly closed: () => boolean;
}

/** What a shell is opened with. */
export interface ShellNeeds {
  readonly initPid: number; // first process of the session, as this machine numbers it
  readonly loginId: number;
  readonly session: number;
  readonly user: string;
}

const LONGEST_MS = 120_000;
const FIRST_PROMPT_MS = 60_000;
const PROMPT = '\u001b]0;'; // the terminal's title, which Debian's bash sets at every prompt
const SETTLED_MS = 150;

/**
 * The launcher gives its tree the login id that audit goes by and a name that the tracepoints go by, then starts a
 * login shell on a terminal. It is not recorded itself.
 */
const LAUNCH = `printf ${LAUNCHER}%s "$2" > /proc/self/comm; printf %s "$1" > /proc/self/loginuid
[ "$3" = root ] && command='bash -l' || command="su - $3"
PATH=/usr/local/rust/bin:/usr/local/go/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin
export PATH TERM=xterm HOME=/root LANG=C.UTF-8
cd /root
script -qfec "$command" /dev/null
exit 0`;

/** Opens a terminal in a session. Throws when the session has gone. */
export async function openShell({ initPid, loginId, session, user }: ShellNeeds): Promise<Shell> {
  const args = [
    '-t',
    String(initPid),
    '-m',
    '-u',
    '-n',
    '-i',
    '-p',
    '--',
    '/usr/bin/env',
    '-i',
    '/bin/bash',
    '-c',
    LAUNCH,
  ];
  const child = spawn('nsenter', [...args, 'launch', String(loginId), String(session), user], {
    stdio: ['pipe', 'pipe', 'ignore'],
    cwd: '/',
  });
  let prompts = 0;
  let heard = Date.now();
  let open = true;
  const gone = ended(child, 'nsenter').finally(() => {
    open = false;
  });
  child.stdin.on('error', () => undefined); // the shell went while it was typed at: `closed` says so
  child.stdout.on('data', (data: Buffer) => {
    heard = Date.now();
    prompts += data.toString('latin1').split(PROMPT).length - 1;
  });

  /** Waits until more prompts than `before` were seen and the terminal is quiet. */
  async function prompted(before: number, longestMs: number): Promise<boolean> {
    const until = Date.now() + longestMs;
    while (open && Date.now() < until) {
      if (prompts > before && Date.now() - heard >= SETTLED_MS) return true;
      await pause(50);
    }
    return false;
  }

  /** Without its ends the terminal hangs up, and what runs on it hears of that. Programs in the background may go on. */
  function hangUp(): void {
    child.stdin.destroy();
    child.stdout.destroy();
    child.kill('SIGKILL');
    open = false;
  }

  if (!(await prompted(0, FIRST_PROMPT_MS))) {
    hangUp();
    throw new LogsterError(
      'unavailable',
      `No shell for ${user}: its session has gone or the machine is too busy`,
    );
  }
  return {
    async type(line) {
      const before = prompts;
      child.stdin.write(`${line}\n`);
      if ((await prompted(before, LONGEST_MS)) || !open) return;
      child.stdin.write('\u0003'); // Ctrl-C
      if ((await prompted(before, 5_000)) || !open) return;
      hangUp();
    },
    async close() {
      if (open) child.stdin.end('exit\n');
      await Promise.race([gone, pause(5_000)]);
      hangUp();
    },
    closed: () => !open,
  };
}
