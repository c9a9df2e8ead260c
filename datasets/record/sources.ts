import { type ChildProcess, spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, open, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as pause } from 'node:timers/promises';
import { LogsterError } from '../../contracts/errors.ts';
import { auditReader } from './audit-lines.ts';
import { auditRules, auditSettings } from './audit-rules.ts';
import { bpfReader, type EbpfEvent } from './bpf-events.ts';
import { bpfProgram } from './bpf-program.ts';
import { ended, runUntilDone } from './run-until-done.ts';

/** Something in the kernel that is being listened to. */
export interface Source {
  /** Stops listening and puts the kernel back as it was; resolves with the number of events that were lost. */
  readonly stop: () => Promise<number>;
}

const BACKLOG = 65_536;
const WHOLE_AFTER_SECONDS = 3; // lines of one audit event come together; later ones are not awaited

/**
 * Starts auditd(8) with rules for the sessions' login ids. Refuses when another audit daemon is at work or rules
 * are loaded: this machine's own audit must not be changed.
 */
export async function auditSource(
  folder: string,
  emit: (loginId: number, lines: readonly string[]) => void,
): Promise<Source> {
  const status = await runUntilDone('auditctl', ['-s']);
  const rules = await runUntilDone('auditctl', ['-l']);
  if (!/^pid 0$/m.test(status) || !/No rules/.test(rules))
    throw new LogsterError(
      'conflict',
      'Another audit daemon or audit rules are in use on this machine: record with --source ebpf, or on a machine without them',
    );
  await mkdir(folder, { recursive: true });
  const logFile = join(folder, 'audit.log');
  await writeFile(logFile, '', { mode: 0o600 });
  await writeFile(join(folder, 'auditd.conf'), auditSettings(logFile), { mode: 0o640 });
  const daemon = spawn('auditd', ['-n', '-c', folder], { stdio: 'ignore' });
  const gone = ended(daemon, 'auditd');
  gone.catch(() => undefined); // awaited in stop; a failed start shows below as a daemon without pid
  await untilListening(daemon);
  await runUntilDone('auditctl', ['-b', String(BACKLOG)]);
  for (const rule of auditRules()) await runUntilDone('auditctl', rule);
  await runUntilDone('auditctl', ['-e', '1']);
  const reader = auditReader(Date.now, emit);
  const tail = tailFile(logFile, reader.line, () => reader.flush(WHOLE_AFTER_SECONDS));
  return {
    async stop() {
      await runUntilDone('auditctl', ['-D']);
      await pause(1_000); // what the kernel still holds reaches the file
      const lost = Number(/^lost (\d+)$/m.exec(await runUntilDone('auditctl', ['-s']))?.[1] ?? 0);
      await runUntilDone('auditctl', ['-e', '0']);
      daemon.kill('SIGTERM');
      await gone;
      await tail.stop();
      reader.flush();
      return lost;
    },
  };
}

async function untilListening(daemon: ChildProcess): Promise<void> {
  for (let tries = 0; tries < 50; tries++) {
    const pid = /^pid (\d+)$/m.exec(await runUntilDone('auditctl', ['-s']))?.[1];
    if (Number(pid) === daemon.pid) return;
    await pause(100);
  }
  throw new LogsterError('unavailable', 'auditd did not start; it needs root and a kernel with audit');
}

/** Follows a growing file line by line. */
function tailFile(file: string, line: (text: string) => void, afterRead: () => void) {
  let stopped = false;
  let offset = 0;
  let rest = '';
  const buffer = Buffer.alloc(1 << 20);
  const readOn = async (): Promise<void> => {
    const handle = await open(file, 'r');
    try {
      for (;;) {
        const { bytesRead } = await handle.read(buffer, 0, buffer.length, offset);
        if (bytesRead === 0) break;
        offset += bytesRead;
        const lines = (rest + buffer.toString('latin1', 0, bytesRead)).split('\n');
        rest = lines.pop() ?? '';
        for (const text of lines) line(text);
      }
    } finally {
      await handle.close();
    }
    afterRead();
  };
  const loop = (async () => {
    while (!stopped) {
      await readOn();
      await pause(500);
    }
    await readOn();
  })();
  return {
    stop(): Promise<void> {
      stopped = true;
      return loop;
    },
  };
}

/** Where the kernel lists its tracepoints once its tracing file system is mounted. */
const TRACEPOINTS = ['/sys/kernel/tracing/events', '/sys/kernel/debug/tracing/events'];

/** Starts bpftrace(8) on the kernel's tracepoints. Throws `unavailable` with its message when it cannot attach. */
export async function ebpfSource(
  folder: string,
  emit: (launcher: string, event: EbpfEvent) => void,
): Promise<Source> {
  if (!TRACEPOINTS.some((one) => existsSync(one)))
    throw new LogsterError(
      'unavailable',
      'No tracepoints are to be seen on this machine: `mount -t tracefs tracefs /sys/kernel/tracing` shows them, or record with --source auditd',
    );
  await mkdir(folder, { recursive: true });
  const file = join(folder, 'record.bt');
  await writeFile(file, bpfProgram());
  const environment = {
    ...process.env,
    BPFTRACE_STRLEN: '160', // the stack of a program holds one string of this length
    BPFTRACE_MAP_KEYS_MAX: '65536',
    BPFTRACE_PERF_RB_PAGES: '2048',
  };
  const tracer = spawn('bpftrace', [file], { env: environment, stdio: ['ignore', 'pipe', 'pipe'] });
  const gone = ended(tracer, 'bpftrace');
  const reader = bpfReader(await monotonicClock(), emit);
  const lines = createInterface({ input: tracer.stdout });
  let complaint = '';
  tracer.stderr.on('data', (data: Buffer) => {
    complaint += data.toString();
  });
  await new Promise<void>((resolve, reject) => {
    const failed = (): void =>
      reject(new LogsterError('unavailable', `bpftrace could not attach: ${complaint.trim()}`));
    gone.then(failed, reject);
    lines.on('line', (text) => {
      if (text.startsWith('Attaching '))
        setTimeout(resolve, 2_000); // it prints this before it attaches
      else reader.line(text);
    });
  });
  return {
    async stop() {
      tracer.kill('SIGINT');
      await gone;
      reader.end();
      return reader.lost();
    },
  };
}

/** Turns nanoseconds since boot, as the kernel's monotonic clock counts them, into nanoseconds of the epoch. */
async function monotonicClock(): Promise<(monotonic: bigint) => bigint> {
  await readFile('/proc/uptime'); // the file system is warm before the two clocks are read beside each other
  const offset = BigInt(Date.now()) * 1_000_000n - process.hrtime.bigint();
  return (monotonic) => monotonic + offset;
}
