import type { Platform } from '../contracts/event.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import type { BackendSetting } from './backend.ts';
import type { FeatureNames } from './explain-attack.ts';

/** Batches a scorer has at a time: while one is computed, the next is read and the last one's results are written. */
export const BATCHES_AT_ONCE = 2;

/** A model version as it travels to a scorer: its files and what results call it. */
export interface ModelPackage {
  readonly platform: Platform;
  readonly name: string;
  readonly version: string;
  readonly files: Readonly<Record<string, Uint8Array>>;
  /** Hash of the feature table that windows are made with; a version of another one is refused. */
  readonly featureSchema?: string | undefined;
}

/** Which graphs of a batch are scored, and how. */
export interface ScoredPart {
  readonly from: number; // graphs [from, to) of `only`, or of the batch
  readonly to: number;
  /** Places of graphs in the batch, rising; without it all of them. */
  readonly only?: readonly number[] | undefined;
  /** Scores alone: attacks are not explained, and nothing is remembered. */
  readonly plain?: boolean | undefined;
}

/** What the pool asks a scorer process. */
export type Ask =
  | { readonly kind: 'load'; readonly id: number; readonly model: ModelPackage }
  | { readonly kind: 'unload'; readonly id: number; readonly platform: Platform; readonly version: string }
  | ({
      readonly kind: 'score';
      readonly id: number;
      readonly platform: Platform;
      readonly version: string;
      readonly bytes: Uint8Array; // one batch as an Arrow IPC stream
    } & ScoredPart);

/** What a scorer answers; `ready` comes once, by itself. */
export type Answer =
  | { readonly kind: 'ready'; readonly pid: number }
  | {
      readonly kind: 'loaded';
      readonly id: number;
      readonly backend: string;
      readonly detail: string; // what the engine says of itself
      readonly passedOver: string;
    }
  | { readonly kind: 'unloaded'; readonly id: number }
  | {
      readonly kind: 'scored';
      readonly id: number;
      readonly windows: readonly ScoredWindow[];
      readonly memoryBytes: number;
    }
  | { readonly kind: 'refused'; readonly id: number; readonly code: string; readonly reason: string };

/** A result without what only the stage knows: when it was queued. */
export type ScoredWindow = Omit<InferenceResult, 'queue_time_ms'>;

export interface ScorerSettings {
  readonly backend: BackendSetting;
  readonly featureNames?: FeatureNames;
  /** The one GPU that a scorer uses, where several share the work. */
  readonly gpu?: number;
}
