import { fork } from 'node:child_process';
import { type ErrorCode, LogsterError } from '../contracts/errors.ts';
import type { Answer, Ask, ScorerSettings } from './messages.ts';

/** A question as its asker puts it; the number that the answer refers to is added on its way. */
export type Question = Ask extends infer A ? (A extends Ask ? Omit<A, 'id'> : never) : never;

export interface ScorerProcessOptions {
  /** The compiled scorer. */
  readonly script: string;
  readonly settings: ScorerSettings;
  /** A scorer that owes an answer and gives none for so long is taken for hung and killed. */
  readonly timeoutMs: number;
  readonly onHung: (pid: number | undefined) => void;
  /** Told of the end of a process that was up, before its open questions are refused. */
  readonly onEnd: (code: number | null, signal: string | null) => void;
}

/** One scorer process and the questions it has not answered yet. */
export interface ScorerProcess {
  readonly pid: number | undefined;
  /** Rejects when the process ends before it is up. */
  readonly ready: Promise<void>;
  /** Throws what the scorer refuses with; unavailable when it ends before it answers. */
  ask(question: Question): Promise<Answer>;
  kill(): void;
  /** Ends an idle scorer by disconnecting; one that does not listen is killed. */
  close(): Promise<void>;
}

const CLOSE_MS = 2000;

/** Forks a scorer. */
export function scorerProcess(options: ScorerProcessOptions): ScorerProcess {
  const { script, settings, timeoutMs, onHung, onEnd } = options;
  const child = fork(script, [JSON.stringify(settings)], { serialization: 'advanced', execArgv: [] });
  const waiting = new Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>();
  let nextId = 1;
  let timer: NodeJS.Timeout | undefined;

  const watch = (): void => {
    clearTimeout(timer);
    timer = undefined;
    if (waiting.size === 0) return;
    timer = setTimeout(() => {
      onHung(child.pid);
      child.kill('SIGKILL');
    }, timeoutMs).unref();
  };

  const settle = (id: number, end: (asked: { resolve(a: Answer): void; reject(e: Error): void }) => void) => {
    const asked = waiting.get(id);
    waiting.delete(id);
    if (asked) end(asked);
    watch();
  };

  const ready = new Promise<void>((resolve, reject) => {
    let up = false;
    child.on('message', (answer: Answer) => {
      if (answer.kind === 'ready') {
        up = true;
        resolve();
      } else if (answer.kind === 'refused') {
        const { code, reason } = answer;
        settle(answer.id, (asked) => asked.reject(new LogsterError(code as ErrorCode, reason)));
      } else {
        settle(answer.id, (asked) => asked.resolve(answer));
      }
    });
    child.once('exit', (code, signal) => {
      const how = signal ?? `code ${code}`;
      if (up) onEnd(code, signal);
      else reject(new LogsterError('unavailable', `The scorer ${script} ended before it was up (${how})`));
      const gone = new LogsterError('unavailable', `A scorer process ended while scoring (${how})`);
      for (const id of [...waiting.keys()]) settle(id, (asked) => asked.reject(gone));
    });
  });

  return {
    pid: child.pid,
    ready,
    ask: (question) =>
      new Promise((resolve, reject) => {
        const id = nextId++;
        waiting.set(id, { resolve, reject });
        if (!timer) watch();
        child.send({ ...question, id } as Ask, (cause) => {
          if (!cause) return;
          const gone = new LogsterError('unavailable', 'A scorer process is gone', { cause });
          settle(id, (asked) => asked.reject(gone));
        });
      }),
    kill() {
      child.kill('SIGKILL');
    },
    close: () =>
      new Promise((resolve) => {
        if (child.exitCode !== null || child.signalCode !== null) return resolve();
        const late = setTimeout(() => child.kill('SIGKILL'), CLOSE_MS);
        child.once('exit', () => {
          clearTimeout(late);
          resolve();
        });
        if (child.connected) child.disconnect();
      }),
  };
}
