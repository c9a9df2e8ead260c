import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { Telemetry } from '../ports/telemetry/telemetry.ts';
import {
  BATCHES_AT_ONCE,
  type ModelPackage,
  type ScoredPart,
  type ScoredWindow,
  type ScorerSettings,
} from './messages.ts';
import { type Question, type ScorerProcess, scorerProcess } from './scorer-process.ts';

export interface PoolOptions {
  readonly scorers: number;
  /** GPUs that the scorers are spread over. */
  readonly gpus?: number;
  readonly settings: ScorerSettings;
  /** The compiled scorer. */
  readonly script: string;
  readonly telemetry: Telemetry;
  /** A scorer above this resident size takes nothing more and is replaced when it has answered. */
  readonly maxMemoryBytes?: number;
  /** A scorer that gives no answer for so long is taken for hung and replaced. */
  readonly timeoutMs?: number;
}

export interface ScoreRequest extends ScoredPart {
  readonly platform: Platform;
  readonly version: string;
  readonly bytes: Uint8Array;
  /** Nothing else is in the scorer meanwhile: if it dies then, it died of this. */
  readonly alone?: boolean;
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
  /** Whether a scorer has nothing to do. */
  isIdle(): boolean;
  /** Of the processes that score at present. */
  processIds(): readonly number[];
  close(): Promise<void>;
}

const MAX_MEMORY_BYTES = 1.5 * 1024 ** 3; // the largest batch needs about a tenth of it
/** What CUDA's libraries and pinned buffers hold of a process besides. */
const CUDA_BYTES = 4 * 1024 ** 3;
const TIMEOUT_MS = 120_000; // the largest batch on plain tfjs, ten times over

const RESTART_MS = 1000;

interface Scorer {
  readonly process: ScorerProcess;
  /** It has the models and may take batches. */
  open: boolean;
  batches: number;
  /** What it has wants no company. */
  alone: boolean;
  memoryBytes: number;
}

interface Waiting {
  readonly alone: boolean;
  take(scorer: Scorer): void;
}

/** Starts the scorer processes. */
export async function scorerPool(options: PoolOptions): Promise<Pool> {
  const { telemetry, script, settings, gpus = 0 } = options;
  const usual = gpus > 0 ? MAX_MEMORY_BYTES + CUDA_BYTES : MAX_MEMORY_BYTES;
  const maxMemoryBytes = options.maxMemoryBytes ?? usual;
  const models = new Map<string, ModelPackage>();
  const scorers: Scorer[] = [];
  const queue: Waiting[] = [];
  let closed = false;

  const start = (place: number): Scorer => {
    const process = scorerProcess({
      script,
      settings: gpus > 0 ? { ...settings, gpu: place % gpus } : settings,
      timeoutMs: options.timeoutMs ?? TIMEOUT_MS,
      onHung: (pid) => telemetry.log.error('A scorer gave no answer and was replaced', { pid }),
      onEnd: (code, signal) => replace(scorer, code, signal),
    });
    const scorer: Scorer = { process, open: false, batches: 0, alone: false, memoryBytes: 0 };
    return scorer;
  };

  /** Brings a new scorer up with every model, then lets it work. */
  const bringUp = async (scorer: Scorer): Promise<void> => {
    await scorer.process.ready;
    for (const model of models.values()) await scorer.process.ask({ kind: 'load', model });
    scorer.open = true;
    handOut();
  };

  const replace = (gone: Scorer, code: number | null, signal: string | null): void => {
    const place = scorers.indexOf(gone);
    gone.open = false;
    if (closed || place < 0) return;
    telemetry.metrics.count('scorer_restarts_total');
    telemetry.log.warn('A scorer process ended and was replaced', { pid: gone.process.pid, code, signal });
    scorers[place] = start(place);
    begin(scorers[place]);
  };

  /** A scorer that cannot come up is killed a little later, so that trying again and again costs little. */
  const begin = (scorer: Scorer): void => {
    bringUp(scorer).catch((error: Error) => {
      telemetry.log.error('A new scorer could not come up', { reason: error.message });
      setTimeout(() => {
        scorer.process.kill();
        replace(scorer, null, null);
      }, RESTART_MS).unref();
    });
  };

  /** Gives waiting batches to scorers, in their order: one that must be alone holds up those behind it. */
  const handOut = (): void => {
    for (let next = queue[0]; next; next = queue[0]) {
      const room = next.alone ? 1 : BATCHES_AT_ONCE;
      const [scorer] = scorers
        .filter((one) => one.open && !one.alone && one.batches < room)
        .sort((a, b) => a.batches - b.batches);
      if (!scorer) return;
      queue.shift();
      scorer.batches++;
      scorer.alone = next.alone;
      next.take(scorer);
    }
  };

  const release = (scorer: Scorer): void => {
    scorer.batches--;
    scorer.alone = false;
    if (scorer.open && scorer.memoryBytes > maxMemoryBytes) {
      telemetry.log.info('A scorer outgrew its memory and is replaced', { memoryBytes: scorer.memoryBytes });
      scorer.open = false;
    }
    if (!scorer.open && scorer.batches === 0) scorer.process.kill();
    handOut();
  };

  const askAll = (question: Question) =>
    Promise.allSettled(scorers.map(({ process }) => process.ready.then(() => process.ask(question))));

  for (let place = 0; place < options.scorers; place++) scorers.push(start(place));
  await Promise.all(scorers.map(bringUp));

  return {
    processIds: () => scorers.flatMap(({ process }) => process.pid ?? []),
    isIdle: () => queue.length === 0 && scorers.some((one) => one.open && one.batches === 0),
    async load(model) {
      const key = `${model.platform}/${model.version}`;
      models.set(key, model); // first, so that a scorer which comes up meanwhile loads it too
      const answers = await askAll({ kind: 'load', model });
      const refused = answers.find((one) => one.status === 'rejected');
      if (refused) {
        models.delete(key);
        await askAll({ kind: 'unload', platform: model.platform, version: model.version });
        throw refused.reason;
      }
      const first = answers[0]?.status === 'fulfilled' ? answers[0].value : undefined;
      if (first?.kind !== 'loaded')
        throw new LogsterError('unavailable', 'No scorer answered the loading of a model');
      const { backend, detail, passedOver } = first;
      return { backend, detail, passedOver };
    },
    async unload(platform, version) {
      models.delete(`${platform}/${version}`);
      await askAll({ kind: 'unload', platform, version }); // one that is gone has unloaded it too
    },
    async score({ alone = false, ...batch }) {
      if (closed) throw new LogsterError('closed', 'The scorer pool was closed');
      const scorer = await new Promise<Scorer>((take) => {
        queue.push({ alone, take });
        handOut();
      });
      try {
        const answer = await scorer.process.ask({ kind: 'score', ...batch });
        if (answer.kind !== 'scored')
          throw new LogsterError('unavailable', `A scorer answered ${answer.kind} to a batch`);
        scorer.memoryBytes = answer.memoryBytes;
        return answer.windows;
      } finally {
        release(scorer);
      }
    },
    async close() {
      closed = true;
      await Promise.all(scorers.map(({ process }) => process.close()));
    },
  };
}
