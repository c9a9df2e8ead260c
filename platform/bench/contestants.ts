import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { LogsterError } from '../../contracts/errors.ts';
import type { Answers, Greeting, Question } from './protocol.ts';

/** A process that takes part in a benchmark. */
export interface Contestant {
  readonly name: string;
  /** One of PyTorch's forms, not a backend of ours. */
  readonly peer: boolean;
  /** Plain or emulated, so that it gets few graphs. */
  readonly slow: boolean;
  readonly detail: string;
  /** Answers come in the order of the questions. */
  ask<Q extends Question>(question: Q): Promise<Answers[Q['do']]>;
  close(): Promise<void>;
}

/** Why a contestant does not take part. */
export interface Absent {
  readonly name: string;
  readonly missing: string;
}

/** Every backend there may be, from the one that always runs, and whether it is slow. */
const BACKENDS = { wasm: false, native: false, gpu: false, webgpu: true, cpu: true } as const;

/** The name of a backend. */
export type BackendName = keyof typeof BACKENDS;

/** PyTorch's forms and how a table names them. */
const PEERS = {
  geometric: 'PyTorch Geometric eager',
  'geometric-compiled': 'PyTorch Geometric compiled',
  fused: 'hand-fused torch eager',
  'fused-compiled': 'hand-fused torch compiled',
} as const;
/** The forms of PyTorch, by name of the form. */
export type PeerForm = keyof typeof PEERS;

/**
 * Starts our backends, each in a process of its own; those that cannot run here are named with the reason. One after
 * the other, for some tune themselves by what they measure when they start.
 */
export async function startBackends(
  root: string,
  names: readonly BackendName[] = ['wasm', 'native', 'gpu', 'webgpu', 'cpu'],
): Promise<{ readonly present: readonly Contestant[]; readonly absent: readonly Absent[] }> {
  const script = join(root, 'dist/platform/bench/contestant.js');
  const started: (Contestant | Absent)[] = [];
  for (const name of names) {
    const who = { name, peer: false, slow: BACKENDS[name] };
    started.push(await start(who, process.execPath, ['--no-warnings', script, name]));
  }
  return sorted(started);
}

/**
 * Tells glibc to keep memory that was freed, instead of asking the system for the same pages again and again. Makes
 * large batches up to a third faster; elsewhere it means nothing.
 */
const KEEP_MEMORY = {
  MALLOC_MMAP_THRESHOLD_: '4000000000',
  MALLOC_TRIM_THRESHOLD_: '8000000000',
  MALLOC_TOP_PAD_: '67108864',
};

/**
 * Starts PyTorch's forms with the given Python: PyTorch Geometric as it comes, the hand-fused forms with whatever
 * makes them faster. What they leave in temporary files goes into `folder`.
 */
export async function startPeers(
  root: string,
  python: string,
  forms: readonly PeerForm[],
  folder: string,
): Promise<readonly Contestant[]> {
  const script = join(root, 'models/pytorch/contestant.py');
  const cache = join(root, '.logster/bench-compiled');
  const started = await Promise.all(
    forms.map((form) => {
      const env = { ...process.env, TMPDIR: folder, ...(form.startsWith('fused') && KEEP_MEMORY) };
      return start({ name: PEERS[form], peer: true, slow: false }, python, [script, form, cache], env);
    }),
  );
  return sorted(started).present;
}

function sorted(started: readonly (Contestant | Absent)[]) {
  return {
    present: started.filter((one): one is Contestant => 'ask' in one),
    absent: started.filter((one): one is Absent => 'missing' in one),
  };
}

type Child = ChildProcessByStdio<Writable, Readable, Readable>;

async function start(
  who: Pick<Contestant, 'name' | 'peer' | 'slow'>,
  command: string,
  args: readonly string[],
  env = process.env,
): Promise<Contestant | Absent> {
  const child = spawn(command, args, { env, stdio: ['pipe', 'pipe', 'pipe'] });
  const lines = linesOf(child, who.name);
  const ended = new Promise<void>((resolve) => child.once('close', () => resolve()));
  const { detail = '', missing } = (await lines.next()) as Greeting;
  const close = async (): Promise<void> => {
    child.stdin.end();
    await ended;
  };
  if (missing !== undefined) {
    await close();
    return { name: who.name, missing };
  }
  let last: Promise<unknown> = Promise.resolve();
  return {
    ...who,
    detail,
    ask<Q extends Question>(question: Q) {
      const answer = last.then(() => {
        child.stdin.write(`${JSON.stringify(question)}\n`);
        return lines.next() as Promise<Answers[Q['do']]>;
      });
      last = answer;
      return answer;
    },
    close,
  };
}

/** A child's lines as JSON; when it ends instead of answering, what it said last. */
function linesOf(child: Child, name: string): { next(): Promise<unknown> } {
  let complaints = '';
  child.stderr.on('data', (chunk: Buffer) => {
    complaints = (complaints + chunk.toString('utf8')).slice(-2000);
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  return {
    async next() {
      const { value, done } = await lines.next();
      if (!done) return JSON.parse(value);
      const message = `${name} ended instead of answering; its last words: ${complaints.trim()}`;
      throw new LogsterError('unavailable', message);
    },
  };
}
