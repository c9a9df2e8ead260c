import { ATTACK_PROBABILITY } from '../contracts/inference.ts';
import {
  ALERT_PROBABILITY,
  HIGH_PROBABILITY,
  logitOf,
  type ScoreScaling,
  scalingThrough,
} from '../models/scaling.ts';
import { BENIGN_RATES } from './evaluation.ts';
import { TICK_SECONDS } from './judge.ts';
import { type BenignScore, benignThresholds, type Threshold } from './threshold.ts';

/** How raw logits become shown probabilities, and the thresholds that fix it. */
export interface Calibration {
  readonly scaling: ScoreScaling;
  readonly alert: Threshold; // raw logit at or above which 0.5 % of benign windows lie: shown as 0.7
  readonly attack: Threshold; // 2 %: shown as 0.5
  /** One benign window a host and day: shown as 0.85. Null where they are fewer than a host has in a day. */
  readonly high: Threshold | null;
}

/** Windows of a host in a day. */
const DAY = 86_400 / TICK_SECONDS;

/** The shown probabilities at `BENIGN_RATES`, the same for every scorer because each is scaled to them. */
export const SHOWN_THRESHOLDS = [ALERT_PROBABILITY, ATTACK_PROBABILITY] as const;

/** Least distance of two thresholds, in logits, so that the scaling rises even where both are one score. */
const STEP = 1e-3;

/** Scales a scorer by the raw logits of benign windows that it was not trained on. */
export function calibrate(benign: readonly BenignScore[]): Calibration {
  const finite = benign.map((one) => ({ ...one, score: bounded(one.score) }));
  const rates = finite.length < DAY ? BENIGN_RATES : [...BENIGN_RATES, 1 / DAY];
  const [alert, attack, high = null] = benignThresholds(finite, rates) as [Threshold, Threshold, Threshold?];
  const raw = Number.isFinite(alert.value) ? alert.value : 0; // without any benign window: the plain logit
  const scaling = scalingThrough([
    { raw: Math.min(attack.value, raw - STEP), probability: ATTACK_PROBABILITY },
    { raw, probability: ALERT_PROBABILITY },
    ...(high ? [{ raw: Math.max(high.value, raw + STEP), probability: HIGH_PROBABILITY }] : []),
  ]);
  return { scaling, alert, attack, high };
}

/** The logit of a probability, within what a float can tell from 0 and 1. */
export function boundedLogit(probability: number): number {
  return bounded(logitOf(Math.min(1, Math.max(0, probability))));
}

const bounded = (logit: number): number => Math.max(-20, Math.min(20, logit));
