import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { homedir } from 'node:os';
import { join } from 'node:path';

/** A server of a test's own, on a port of its own, that may be killed. */
export interface OwnServer {
  /** As settings know it. */
  readonly address: string;
  /** Without a warning. */
  kill(): void;
  /** With its data as they were left. */
  start(): void;
  /** In order, with its data kept. */
  stop(): void;
  /** Ends it and removes its data. */
  remove(): void;
}

/** The variable for the port of each script, and what stands before its address. */
const KINDS = {
  kafka: { variable: 'LOGSTER_KAFKA_PORT', scheme: '' },
  redis: { variable: 'LOGSTER_REDIS_PORT', scheme: 'redis://' },
  elasticsearch: { variable: 'LOGSTER_ES_PORT', scheme: 'http://' },
} as const;

/** Starts a server by the script of its name in the folder `scripts`, which knows start, stop and status. */
export function ownServer(scripts: string, name: keyof typeof KINDS, port: number): OwnServer {
  const { variable, scheme } = KINDS[name];
  const run = (step: 'start' | 'stop' | 'status'): string => {
    const { status, stdout, stderr } = spawnSync('bash', [join(scripts, `${name}.sh`), step], {
      env: { ...process.env, [variable]: String(port) },
      encoding: 'utf8',
    });
    if (status !== 0) throw new Error(`${name}.sh ${step} ended with ${status}: ${stdout}${stderr}`);
    return stdout;
  };
  const start = (): void => void run('start');
  const stop = (): void => void run('stop');
  start();
  return {
    address: `${scheme}127.0.0.1:${port}`,
    start,
    stop,
    kill() {
      const pid = Number(/pid (\d+)/.exec(run('status'))?.[1]);
      process.kill(-pid, 'SIGKILL'); // the script makes it the leader of its group
    },
    remove() {
      stop();
      for (const home of homes()) rmSync(join(home, name, `run-${port}`), { recursive: true, force: true });
    },
  };
}

/** Where the scripts keep data: their own folder or, for servers that refuse root, one that others may enter. */
function homes(): readonly string[] {
  const own = process.env['LOGSTER_SERVICES_HOME'] ?? join(homedir(), '.cache', 'logster-services');
  return [own, `/var/tmp/logster-services-${process.getuid?.() ?? 0}`];
}
