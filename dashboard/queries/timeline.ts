import type { Documents } from '../../ports/documents/documents.ts';
import { type Scope, windowsIn } from '../scope.ts';
import { stepOf } from '../time-range.ts';

/** One step of time; steps in which no window ended are left out. */
export interface TimelineStep {
  readonly at: number; // its beginning, epoch seconds of event time
  readonly attacks: number;
  readonly benign: number;
  readonly errors: number;
  readonly max_attack_probability: number | null;
  readonly average_inference_time_ms: number | null;
}

/** Windows with a probability in [from, to). */
export interface ProbabilityBin {
  readonly from: number;
  readonly to: number;
  readonly windows: number;
}

export interface TimelineView {
  readonly from: number;
  readonly to: number;
  readonly step_seconds: number;
  readonly steps: readonly TimelineStep[];
  readonly probabilities: readonly ProbabilityBin[];
}

const BINS = 20; // 0.05 each: both the attack probability and the usual alert threshold are edges of bins

/** What was scored over time, and how its probabilities are distributed. */
export async function timeline(documents: Documents, scope: Scope, now: number): Promise<TimelineView> {
  const { from, to } = await shownRange(documents, scope, now);
  const step = stepOf(to - from);
  const counts = (prediction: string) =>
    documents.groups(
      'logster-inferences',
      windowsIn(scope, { equals: { prediction } }),
      { by: 'interval', field: 'timestamp', step },
      {
        peak: { kind: 'max', field: 'attack_prob' },
        time: { kind: 'sum', field: 'inference_time_ms' },
      },
    );
  const [attacks, benign, errors, probabilities] = await Promise.all([
    counts('attack'),
    counts('benign'),
    counts('error'),
    distribution(documents, scope),
  ]);
  const starts = [...new Set([...attacks, ...benign, ...errors].map((group) => Number(group.key)))];
  const steps = starts
    .sort((a, b) => a - b)
    .map((at): TimelineStep => {
      const at_ = (groups: typeof attacks) => groups.find((group) => group.key === at);
      const scored = [at_(attacks), at_(benign)].filter((group) => group !== undefined);
      const windows = scored.reduce((sum, group) => sum + group.count, 0);
      const time = scored.reduce((sum, group) => sum + (group.figures.time ?? 0), 0);
      const peak = Math.max(...scored.map((group) => group.figures.peak ?? 0));
      return {
        at,
        attacks: at_(attacks)?.count ?? 0,
        benign: at_(benign)?.count ?? 0,
        errors: at_(errors)?.count ?? 0,
        max_attack_probability: windows === 0 ? null : peak,
        average_inference_time_ms: windows === 0 ? null : time / windows,
      };
    });
  return { from, to, step_seconds: step, steps, probabilities };
}

/** The asked range; where it is open at an end, what there is to show at that end. */
async function shownRange(
  documents: Documents,
  scope: Scope,
  now: number,
): Promise<{ readonly from: number; readonly to: number }> {
  const known = await documents.figures('logster-inferences', windowsIn(scope), {
    first: { kind: 'min', field: 'timestamp' },
    last: { kind: 'max', field: 'timestamp' },
  });
  const everything = scope.range.from === 0;
  const from = everything ? (known.first ?? now - 1800) : scope.range.from;
  const last = (known.last ?? now) + 1;
  const to = scope.range.to ?? (everything ? last : Math.max(now, last));
  return { from, to: Math.max(to, from + 1) };
}

async function distribution(documents: Documents, scope: Scope): Promise<readonly ProbabilityBin[]> {
  const groups = await documents.groups(
    'logster-inferences',
    windowsIn(scope, { anyOf: { prediction: ['attack', 'benign'] } }),
    { by: 'interval', field: 'attack_prob', step: 1 / BINS },
    {},
  );
  const windows = new Array<number>(BINS).fill(0);
  for (const { key, count } of groups) {
    const bin = Math.min(BINS - 1, Math.round(Number(key) * BINS)); // a probability of 1 belongs to the last
    windows[bin] = (windows[bin] ?? 0) + count;
  }
  return windows.map((count, bin) => ({ from: bin / BINS, to: (bin + 1) / BINS, windows: count }));
}
