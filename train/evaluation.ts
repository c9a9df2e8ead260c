import type { Platform } from '../contracts/event.ts';

export const SCORERS = [
  'gat',
  'hybrid',
  'logistic-share',
  'boosted',
  'boosted-process',
  'sigma',
  'control-counts',
  'control-total',
  'control-lab',
  'control-host',
] as const;
/** What gives a window a score: the network, baselines it must beat, controls that prove nothing. `hybrid` is what is served: the network with its trees. */
export type ScorerName = (typeof SCORERS)[number];

/** Shares of benign windows for which a model carries thresholds. The first is the alert threshold. */
export const BENIGN_RATES = [0.005, 0.02] as const;

/** Found captures (or runs) of those in which an attack is marked. */
export interface Found {
  readonly attack: number;
  readonly detected: number;
}

/** What happens at one carried threshold. */
export interface OperatingPoint {
  readonly benignRate: number;
  readonly threshold: number;
  readonly captures: Found;
  readonly runs: Found; // two views of one run count once
  readonly benignCaptures: { readonly total: number; readonly alerted: number };
  readonly benignWindows: { readonly total: number; readonly alerted: number; readonly hostHours: number };
  readonly firstAlertSeconds: { readonly p50: number | null; readonly p95: number | null };
}

/** In how many pairs the stretch after the mark scores higher than the one before; null without pairs. */
export interface PairFigure {
  readonly n: number;
  readonly higher: number | null;
}

/** One scorer's figures on one platform; null where the manifest does not allow the figure. */
export interface ScorerFigures {
  readonly prAuc: number | null;
  readonly rocAuc: number | null;
  readonly points: readonly OperatingPoint[];
  readonly falseAlarmsPerHostDay: {
    readonly value: number;
    readonly low: number;
    readonly high: number;
  } | null;
  readonly pairs: { readonly marked: PairFigure; readonly unmarked: PairFigure; readonly atomic: PairFigure };
  readonly brier: number | null;
}

/** One scorer's figures in one lab, at the alert threshold. */
export interface LabFigures {
  readonly prAuc: number | null;
  readonly captures: Found;
  readonly benignWindows: { readonly total: number; readonly alerted: number };
}

/** One platform's figures. Labs and techniques are judged at the alert threshold. */
export interface PlatformEvaluation {
  readonly model: string; // name@version
  readonly windows: { readonly attack: number; readonly benign: number; readonly unknown: number };
  readonly scorers: Readonly<Partial<Record<ScorerName, ScorerFigures>>>;
  readonly labs: Readonly<Record<string, Readonly<Partial<Record<ScorerName, LabFigures>>>>>;
  readonly techniques: Readonly<Record<string, { readonly captures: number; readonly detected: number }>>;
}

/** What became of one capture's lines. `error`: why it could not be read to its end. */
export interface CaptureReport {
  readonly id: string;
  readonly lines: number;
  readonly events: number;
  readonly dropped: Readonly<Record<string, number>>;
  readonly dead: number;
  readonly maxAttackProb: number | null;
  readonly alerted: boolean;
  readonly error: string | null;
}

/** The result of `logster evaluate`; its form is fixed. */
export interface Evaluation {
  readonly platforms: Readonly<Partial<Record<Platform, PlatformEvaluation>>>;
  readonly captures: readonly CaptureReport[];
  readonly eventsPerCpuSecond: number;
}
