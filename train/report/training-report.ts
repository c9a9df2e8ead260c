import type { Platform } from '../../contracts/event.ts';
import type { ScorerName } from '../evaluation.ts';
import type { Epoch, Recipe } from '../fit.ts';
import type { Bin, SensorAgreement, TechniqueRecall } from './details.ts';
import type { Spread, Table } from './table.ts';

export const PARTS = [
  'heldBack',
  'labOut',
  'renamed',
  'basicSensor',
  'ablations',
  'shuffled',
  'techniqueOut',
] as const;
/** A part of a report that takes computing of its own, in the order in which they are made. */
export type Part = (typeof PARTS)[number];

/** Everything a training measured, as one JSON object. Shares are of one, times are seconds. */
export interface TrainingReport {
  readonly platform: Platform;
  readonly createdAt: string; // ISO 8601
  readonly model: { readonly name: string; readonly data: string; readonly featureSchema: string };
  readonly seeds: readonly number[];
  readonly folds: number;
  readonly recipe: Omit<Recipe, 'seed'>;
  readonly data: {
    readonly captures: number;
    readonly runs: number;
    readonly labs: readonly string[];
    readonly heldBack: number; // captures, on no side of any fold
    readonly purged: number; // captures left out of a fold's training, over all folds
  };
  /** Every capture judged by models that saw nothing of its cluster. */
  readonly crossFit: Table;
  readonly techniques: readonly TechniqueRecall[];
  readonly reliability: Readonly<Partial<Record<ScorerName, readonly Bin[]>>>;
  readonly curves: readonly {
    readonly seed: number;
    readonly fold: number;
    readonly epochs: readonly Epoch[];
  }[];
  readonly sensors: SensorAgreement | null;
  /** Captures held back, judged by the version that ships; the laboratory of the oldest first. */
  readonly heldBack?: readonly { readonly lab: string; readonly table: Table }[];
  /** Whole laboratories judged by models that saw nothing of them; thresholds from the others. */
  readonly labOut?: readonly { readonly labs: string; readonly table: Table }[];
  /** The cross-fitted models on captures whose names mean nothing. */
  readonly renamed?: Altered;
  /** The cross-fitted models on what Sysmon's ids 1, 3, 5 and 11 report. */
  readonly basicSensor?: Altered;
  /** The first seed's cross-fitted models on graphs from which one thing was taken. */
  readonly ablations?: readonly AblationEffect[];
  /** Cross-fitted models that learnt shuffled labels, one per shuffle. */
  readonly shuffled?: {
    readonly prevalence: readonly number[]; // share of windows with the shuffled label `attack`
    readonly byShuffled: Table; // judged by the shuffled labels of what they did not see
    readonly byTrue: Table;
  };
  /** Per technique the runs that show it, judged by a model of the first seed that never saw it. */
  readonly techniqueOut?: readonly TechniqueRecall[];
  /** Parts that this data does not allow, and those for which there was no time. */
  readonly notApplicable: readonly Part[];
  readonly omitted: readonly Part[];
}

/** What altered events change. */
export interface Altered {
  readonly table: Table;
  /** PR-AUC on altered events less PR-AUC on the recorded ones, of the same models. */
  readonly difference: Readonly<Partial<Record<ScorerName, Spread>>>;
}

/** What taking one thing from every graph changes, in points of PR-AUC and in the share of runs found. */
export interface AblationEffect {
  readonly title: string;
  readonly prAuc: Readonly<Partial<Record<ScorerName, number>>>;
  readonly found: Readonly<Partial<Record<ScorerName, number>>>; // at the alert threshold
}
