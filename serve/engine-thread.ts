import { once } from 'node:events';
import { SHARE_ENV, Worker } from 'node:worker_threads';
import { type ErrorCode, LogsterError } from '../contracts/errors.ts';
import type { GraphBatch } from '../contracts/graph.ts';
import type { Engine } from '../models/engine.ts';
import type { Explanation } from '../models/explanation.ts';
import type { BatchNumbers, EngineAnswer, EngineAsk, OpenedEngine, TimedScores } from './engine-messages.ts';
import type { ScorerSettings } from './messages.ts';

/**
 * An engine that computes in the engine thread. What lies in shared memory is not copied on its way there. Several
 * calls may be under way; they are answered in turn.
 */
export interface ThreadEngine extends Engine, OpenedEngine {
  score(batch: GraphBatch): Promise<TimedScores>;
  /** Tells what carried the score of the one graph of a batch, on the WebAssembly kernels whatever scores. */
  explain(batch: GraphBatch): Promise<Explanation>;
}

/** A thread for engines, so that this one can read batches and write results meanwhile. */
export interface EngineThread {
  /**
   * Decodes and proves a model there, with the best backend or the one of the settings. Throws schema-mismatch when
   * the model was trained on features of another schema than the one that is given.
   */
  open(files: Readonly<Record<string, Uint8Array>>, featureSchema?: string): Promise<ThreadEngine>;
  close(): Promise<void>;
}

type WithoutId<A> = A extends EngineAsk ? Omit<A, 'id'> : never;
type Answered = Exclude<EngineAnswer, { kind: 'up' | 'refused' }>;

/** Starts the compiled thread `script`. `onLost` hears why a running one ended that nobody closed. */
export async function startEngineThread(
  script: string,
  settings: ScorerSettings,
  onLost: (reason: Error) => void,
): Promise<EngineThread> {
  // the environment is shared, not copied: what TensorFlow reads of it must reach its libraries
  const worker = new Worker(script, { workerData: settings, env: SHARE_ENV });
  const waiting = new Map<number, { resolve(answer: Answered): void; reject(error: Error): void }>();
  let nextId = 1;
  let nextEngine = 1;
  let state: 'starting' | 'running' | 'ended' = 'starting';

  const ask = <K extends Answered['kind']>(
    question: WithoutId<EngineAsk>,
  ): Promise<Answered & { readonly kind: K }> =>
    new Promise((resolve, reject) => {
      const id = nextId++;
      waiting.set(id, { resolve: (answer) => resolve(answer as Answered & { kind: K }), reject });
      worker.postMessage({ ...question, id });
    });
  const take = (answer: Exclude<EngineAnswer, { kind: 'up' }>): void => {
    const asked = waiting.get(answer.id);
    waiting.delete(answer.id);
    if (answer.kind === 'refused') asked?.reject(new LogsterError(answer.code as ErrorCode, answer.reason));
    else asked?.resolve(answer);
  };

  await new Promise<void>((resolve, reject) => {
    const lose = (reason: Error): void => {
      if (state === 'running') onLost(reason);
      state = 'ended';
      reject(reason);
      for (const asked of waiting.values()) asked.reject(reason);
    };
    worker.on('error', lose);
    worker.on('exit', (code) => {
      if (state !== 'ended')
        lose(new LogsterError('unavailable', `The engine thread ended with code ${code}`));
    });
    worker.on('message', (answer: EngineAnswer) => {
      if (answer.kind !== 'up') return take(answer);
      state = 'running';
      resolve();
    });
  });

  return {
    async open(files, featureSchema) {
      const engine = nextEngine++;
      const { name, detail, model, passedOver } = await ask<'opened'>({
        ...{ kind: 'open', engine, files, featureSchema },
      });
      return {
        ...{ name, detail, model, passedOver },
        async score(batch) {
          const { scores } = await ask<'scored'>({ kind: 'score', engine, batch: numbersOf(batch) });
          return scores;
        },
        async explain(batch) {
          const { explanation } = await ask<'explained'>({
            kind: 'explain',
            engine,
            batch: numbersOf(batch),
          });
          return explanation;
        },
        close() {
          worker.postMessage({ kind: 'close', engine } satisfies EngineAsk);
        },
      };
    },
    async close() {
      if (state === 'ended') return;
      state = 'ended';
      // never terminate(): libraries that compute at that moment take the whole process down
      const gone = once(worker, 'exit');
      worker.postMessage({ kind: 'end' } satisfies EngineAsk);
      await gone;
    },
  };
}

function numbersOf({ nodeLabel: _, edgeEvent: __, ...numbers }: GraphBatch): BatchNumbers {
  return numbers;
}
