/** A limit of the gate: how much worse a challenger may be, or what the judgement needs. */
export interface Limit {
  readonly value: number;
  readonly unit: string;
  readonly reason: string;
}

/**
 * Every limit of the gate with its default and why it is so. Differences are challenger less champion, on the same
 * windows; intervals are of 95 %, whole runs drawn anew.
 */
export const GATE_LIMITS = {
  fewestAttackRuns: {
    value: 5,
    unit: 'runs',
    reason:
      'one run of fewer is more than the 20 points that a slice may lose; nothing can be told from them',
  },
  fewestBenignHours: {
    value: 1,
    unit: 'host-hours',
    reason: 'what alarms once in a day cannot be told from what alarms all day on less',
  },
  prAucLoss: {
    value: 0.05,
    unit: 'of 1',
    reason:
      'what the interval must exclude: versions of the same data that differ by their seed alone differ by up to 0.015, and the interval adds what a small frozen set leaves open',
  },
  recallLoss: {
    value: 0.05,
    unit: 'of attack runs',
    reason: 'of 34 attacked sessions one may be lost, since one attack is chance; two are 5.9 points',
  },
  falseAlarmRise: {
    value: 0.5,
    unit: 'alarms a host and day',
    reason: 'half of the one alarm a host and day that an analyst is assumed to bear',
  },
  falseAlarmShare: {
    value: 0.2,
    unit: "of the champion's alarms",
    reason:
      'where the champion itself alarms often, the larger of the two counts: seeds alone move 7.4 alarms a host and day by 0.7 either way',
  },
  falseAlarmsMore: {
    value: 2,
    unit: 'alarms',
    reason: 'a single alarm more is chance, whatever rate a small frozen set makes of it',
  },
  sliceLoss: {
    value: 0.2,
    unit: 'of attack runs',
    reason: 'of five runs of a technique, a sensor or a laboratory one may be lost, not two',
  },
  sliceRuns: {
    value: 5,
    unit: 'runs',
    reason: 'a slice with fewer is shown and does not refuse',
  },
  brierRise: {
    value: 0.02,
    unit: 'of 1',
    reason:
      'a shown 0.8 that means 0.7 costs 0.01; twice that is a score that analysts would have to learn anew',
  },
  slowdown: {
    value: 1.5,
    unit: 'times',
    reason: 'scorers are planned for twice the load, so that one and a half times the work still keeps up',
  },
} as const satisfies Readonly<Record<string, Limit>>;

export type LimitName = keyof typeof GATE_LIMITS;
/** The values alone; a caller may change some. */
export type Limits = Readonly<Record<LimitName, number>>;

/** The defaults with what was changed over them. */
export function limitsWith(changed: Partial<Limits> = {}): Limits {
  const defaults = Object.fromEntries(Object.entries(GATE_LIMITS).map(([name, { value }]) => [name, value]));
  return { ...(defaults as Record<LimitName, number>), ...changed };
}
