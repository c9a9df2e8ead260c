import type { Platform } from '../../contracts/event.ts';

/** What is known of a kept graph without reading it. */
export interface KeptWindow {
  readonly inferenceId: string;
  readonly tenantId: string;
  readonly endpointId: string;
  readonly platform: Platform;
  readonly windowStart: number; // epoch seconds
  readonly windowEnd: number; // epoch seconds, exclusive
  readonly modelVersion: string; // that scored it
  readonly attackProb: number;
  /** `attack`: kept because of its score; `sample`: one of a share of all others. */
  readonly because: 'attack' | 'sample';
  /**
   * What carried the score, in words that repeat when the same thing happens again; '' where nothing did or nobody
   * can tell, and then equal to no other.
   */
  readonly pattern: string;
  readonly featureSchema: string;
  readonly contentHash: string; // of the graph
  readonly keptAt: number; // epoch seconds
}

/** A window's graph as it was scored. */
export interface KeptGraph extends KeptWindow {
  /** A batch of this one graph: an Arrow IPC stream (`contracts/graph-batch.ts`), with the texts for people. */
  readonly bytes: Buffer;
}

export interface KeptFilter {
  readonly platform?: Platform;
  readonly tenantIds?: readonly string[]; // absent: all
  readonly endpointId?: string;
  readonly pattern?: string;
  readonly because?: KeptWindow['because'];
  readonly leastProb?: number; // attackProb >= leastProb
  readonly from?: number; // windowEnd >= from
  readonly until?: number; // windowEnd < until
}

/**
 * Graphs of scored windows, kept so that a verdict can turn them into examples. Promise: what `keep` confirmed
 * survives a killed process until it expires; keeping the same inference again changes nothing.
 */
export interface GraphStore {
  keep(graphs: readonly KeptGraph[]): Promise<void>;
  /** Those of these inferences that are kept, in the order asked for. */
  get(inferenceIds: readonly string[]): Promise<readonly KeptGraph[]>;
  /** Newest window first, ties by inference id. */
  list(
    filter: KeptFilter,
    page: { readonly limit: number; readonly offset?: number },
  ): Promise<readonly KeptWindow[]>;
  /** Removes graphs kept before `before`, epoch seconds; answers how many. */
  expire(before: number): Promise<number>;
  close(): Promise<void>;
}
