import type { Platform } from '../../contracts/event.ts';
import type { Scope } from '../../contracts/feedback.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';

/** A window that verdicts gave a label, with where the label comes from and what it counts. */
export interface FeedbackRow {
  readonly inferenceId: string;
  readonly feedbackIds: readonly string[]; // every verdict that reaches it and agrees, oldest first
  readonly analysts: readonly string[];
  readonly tenantId: string;
  readonly endpointId: string;
  readonly platform: Platform;
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, exclusive
  readonly label: 'attack' | 'benign';
  readonly scope: Scope; // the narrowest of the verdicts
  /** What it counts against a window of the corpus, which counts 1; caps have been applied. */
  readonly weight: number;
  readonly attackProb: number; // when it was scored
  readonly modelVersion: string; // that scored it
  readonly pattern: string;
  readonly techniques: readonly string[];
  readonly graph: string; // content hash
}

/** A row with its graph, ready to be learnt from. */
export interface FeedbackExample extends FeedbackRow {
  readonly content: HeteroGraph;
}
