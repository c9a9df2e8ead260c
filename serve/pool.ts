import { type ChildProcess, fork } from 'node:child_process';
import { type ErrorCode, LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { Telemetry } from '../ports/telemetry/telemetry.ts';
import type { Answer, Ask, ModelPackage, ScoredWindow, ScorerSettings } from './messages.ts';

export interface PoolOptions {
  readonly scorers: number;
  readonly settings: ScorerSettings;
  /** The compiled scorer. */
  readonly script: string;
  readonly telemetry: Telemetry;
  /** A scorer above this resident size is replaced between two batches. */
  readonly maxMemoryBytes?: number;
  /** A batch that takes longer is taken for hung, and its scorer is replaced. */
  readonly timeoutMs?: number;
}

export interface ScoreRequest {
  readonly platform: Platform;
  readonly version: string;
  readonly bytes: Uint8Array;
  readonly from: number;
  readonly to: number;
}

export interface LoadedModel {
  readonly backend: string;
  readonly detail: string; // what the engine says of itself
  readonly passedOver: string;
}

/** Scorer processes that share the work; a crashed one is replaced, and what it was doing is refused. */
export interface Pool {
  /** Loads a version into every scorer; throws what the first to refuse says, and then none keeps it. */
  load(model: ModelPackage): Promise<LoadedModel>;
  unload(platform: Platform, version: string): Promise<void>;
  score(request: ScoreRequest): Promise<readonly ScoredWindow[]>;
  /** Of the processes that score at present. */
  processIds(): readonly number[];
  close(): Promise<void>;
}

const MAX_MEMORY_BYTES = 1.5 * 1024 ** 3; // the largest batch needs about a tenth of it
const TIMEOUT_MS = 120_000; // the largest batch on plain tfjs, ten times over

const RESTART_MS = 1000;

type Question = Ask extends infer A ? (A extends Ask ? Omit<A, 'id'> : never) : never;

interface Scorer {
  readonly child: ChildProcess;
  /** Rejects when the process ends before it is up. */
  readonly ready: Promise<void>;
  readonly waiting: Map<number, { resolve(answer: Answer): void; reject(error: Error): void }>;
  busy: boolean;
  memoryBytes: number;
}

/** Starts the scorer processes. */
export async function scorerPool(options: PoolOptions): Promise<Pool> {
  const { telemetry, script, settings } = options;
  const maxMemoryBytes = options.maxMemoryBytes ?? MAX_MEMORY_BYTES;
  const models = new Map<string, ModelPackage>();
  const scorers: Scorer[] = [];
  const queue: ((scorer: Scorer) => void)[] = [];
  let nextId = 1;
  let closed = false;

  const ask = (scorer: Scorer, question: Question): Promise<Answer> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      const timer = setTimeout(() => {
        telemetry.log.error('A scorer gave no answer and was replaced', { pid: scorer.child.pid });
        scorer.child.kill('SIGKILL');
      }, options.timeoutMs ?? TIMEOUT_MS).unref();
      const settle =
        <T>(end: (value: T) => void) =>
        (value: T) => {
          clearTimeout(timer);
          scorer.waiting.delete(id);
          end(value);
        };
      scorer.waiting.set(id, { resolve: settle(resolve), reject: settle(reject) });
      scorer.child.send({ ...question, id } as Ask, (error) => {
        if (error)
          scorer.waiting
            .get(id)
            ?.reject(new LogsterError('unavailable', 'A scorer process is gone', { cause: error }));
      });
    });

  const start = (): Scorer => {
    const child = fork(script, [JSON.stringify(settings)], { serialization: 'advanced', execArgv: [] });
    let up: () => void = () => undefined;
    const ready = new Promise<void>((resolve, reject) => {
      up = resolve;
      child.once('exit', () =>
        reject(new LogsterError('unavailable', `The scorer ${script} ended before it was up`)),
      );
    });
    const scorer: Scorer = { child, ready, waiting: new Map(), busy: true, memoryBytes: 0 };
    child.on('message', (answer: Answer) => {
      if (answer.kind === 'ready') return up();
      const asked = scorer.waiting.get(answer.id);
      if (answer.kind === 'refused') asked?.reject(new LogsterError(answer.code as ErrorCode, answer.reason));
      else asked?.resolve(answer);
    });
    ready.then(
      () => child.once('exit', (code, signal) => replace(scorer, code, signal)),
      () => undefined, // whoever waits for `ready` is told
    );
    return scorer;
  };

  /** Brings a new scorer up with every model, then lets it work. */
  const bringUp = async (scorer: Scorer): Promise<void> => {
    await scorer.ready;
    for (const model of models.values()) await ask(scorer, { kind: 'load', model });
    release(scorer);
  };

  const replace = (gone: Scorer, code: number | null, signal: string | null): void => {
    const place = scorers.indexOf(gone);
    for (const asked of [...gone.waiting.values()]) {
      asked.reject(
        new LogsterError('unavailable', `A scorer process ended while scoring (${signal ?? `code ${code}`})`),
      );
    }
    if (closed || place < 0) return;
    telemetry.metrics.count('scorer_restarts_total');
    telemetry.log.warn('A scorer process ended and was replaced', { pid: gone.child.pid, code, signal });
    scorers[place] = start();
    begin(scorers[place]);
  };

  /** A scorer that cannot come up is killed a little later, so that trying again and again costs little. */
  const begin = (scorer: Scorer): void => {
    bringUp(scorer).catch((error: Error) => {
      telemetry.log.error('A new scorer could not come up', { reason: error.message });
      setTimeout(() => scorer.child.kill('SIGKILL') || replace(scorer, null, null), RESTART_MS).unref();
    });
  };

  const release = (scorer: Scorer): void => {
    scorer.busy = false;
    if (scorer.memoryBytes > maxMemoryBytes) {
      telemetry.log.info('A scorer outgrew its memory and was replaced', { memoryBytes: scorer.memoryBytes });
      scorer.busy = true;
      scorer.child.kill('SIGKILL');
      return;
    }
    const next = queue.shift();
    if (next) take(scorer, next);
  };

  const take = (scorer: Scorer, run: (scorer: Scorer) => void): void => {
    scorer.busy = true;
    run(scorer);
  };

  const free = (): Promise<Scorer> =>
    new Promise((resolve) => {
      const idle = scorers.find((scorer) => !scorer.busy);
      if (idle) take(idle, resolve);
      else queue.push(resolve);
    });

  for (let place = 0; place < options.scorers; place++) scorers.push(start());
  await Promise.all(scorers.map(bringUp));

  return {
    processIds: () => scorers.flatMap(({ child }) => child.pid ?? []),
    async load(model) {
      const answers = await Promise.all(
        scorers.map((scorer) => scorer.ready.then(() => ask(scorer, { kind: 'load', model }))),
      );
      models.set(`${model.platform}/${model.version}`, model);
      const [first] = answers;
      if (first?.kind !== 'loaded')
        throw new LogsterError('unavailable', 'No scorer answered the loading of a model');
      return { backend: first.backend, detail: first.detail, passedOver: first.passedOver };
    },
    async unload(platform, version) {
      models.delete(`${platform}/${version}`);
      await Promise.all(scorers.map((scorer) => ask(scorer, { kind: 'unload', platform, version })));
    },
    async score(request) {
      if (closed) throw new LogsterError('closed', 'The scorer pool was closed');
      const scorer = await free();
      try {
        const answer = await ask(scorer, { kind: 'score', ...request });
        if (answer.kind !== 'scored')
          throw new LogsterError('unavailable', `A scorer answered ${answer.kind} to a batch`);
        scorer.memoryBytes = answer.memoryBytes;
        return answer.windows;
      } finally {
        if (scorers.includes(scorer)) release(scorer);
      }
    },
    async close() {
      closed = true;
      await Promise.all(scorers.map(endScorer));
    },
  };
}

/** Disconnecting ends an idle scorer; one that does not listen is killed. */
function endScorer({ child }: Scorer): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) return resolve();
    const timer = setTimeout(() => child.kill('SIGKILL'), 2000);
    child.once('exit', () => {
      clearTimeout(timer);
      resolve();
    });
    if (child.connected) child.disconnect();
  });
}
