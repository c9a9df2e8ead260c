import type { GraphBatch } from '../contracts/graph.ts';
import type { EngineName, Model, Scores } from '../models/engine.ts';
import type { Explanation } from '../models/explanation.ts';

/** A batch as it travels to another thread: functions cannot, and an engine needs no texts. */
export type BatchNumbers = Omit<GraphBatch, 'nodeLabel' | 'edgeEvent'>;

/**
 * What the main thread asks of the engine thread: scores and explanations one after another in their order, a model is
 * opened between them. `close` and `end` have no answer.
 */
export type EngineAsk =
  | {
      readonly kind: 'open';
      readonly id: number;
      readonly engine: number; // what later questions call it
      readonly files: Readonly<Record<string, Uint8Array>>;
      readonly featureSchema?: string | undefined;
    }
  | { readonly kind: 'score'; readonly id: number; readonly engine: number; readonly batch: BatchNumbers }
  | { readonly kind: 'explain'; readonly id: number; readonly engine: number; readonly batch: BatchNumbers }
  | { readonly kind: 'close'; readonly engine: number }
  | { readonly kind: 'end' };

/** What the engine thread answers; `up` comes once, by itself. */
export type EngineAnswer =
  | { readonly kind: 'up' }
  | ({ readonly kind: 'opened'; readonly id: number } & OpenedEngine)
  | { readonly kind: 'scored'; readonly id: number; readonly scores: TimedScores }
  | { readonly kind: 'explained'; readonly id: number; readonly explanation: Explanation }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string; readonly reason: string };

/** A model as it travels from the thread that reads it: its golden batch without texts. */
export type ReadModel = Omit<Model, 'golden'> & {
  readonly golden?: Omit<NonNullable<Model['golden']>, 'batch'> & { readonly batch: BatchNumbers };
};

/** What the thread that reads a model says, once. */
export type ReaderAnswer =
  | { readonly kind: 'read'; readonly model: ReadModel }
  | { readonly kind: 'refused'; readonly code: string; readonly reason: string };

/** Which engine was opened, for which model, and why no better one. */
export interface OpenedEngine {
  readonly name: EngineName;
  readonly detail: string;
  readonly model: { readonly name: string; readonly featureSchema: string };
  readonly passedOver: string;
}

/** Scores with the time they took to compute, waiting left out. */
export interface TimedScores extends Scores {
  readonly computeMs: number;
}
