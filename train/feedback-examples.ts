import { LogsterError } from '../contracts/errors.ts';
import type { Platform } from '../contracts/event.ts';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import type { Capture } from '../datasets/manifest.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import { factsOf } from './example.ts';

/** Feedback counts at most this much of what the corpus counts, however many verdicts there are. */
export const MOST_FEEDBACK = 0.2;

/** What feedback counts beside the captured windows that train with it, in windows of the corpus. */
export interface FeedbackWeight {
  readonly corpus: number;
  readonly asked: number; // as the examples came
  readonly given: number; // after the cap of MOST_FEEDBACK
}

/**
 * Feedback as examples to learn from, scaled down where together they would count more than MOST_FEEDBACK of the
 * windows of the corpus. Throws input-invalid for feedback of another platform.
 */
export function weighedFeedback(
  windows: readonly WeightedExample[],
  feedback: readonly FeedbackExample[],
  platform: Platform,
): { readonly examples: readonly WeightedExample[]; readonly weights: FeedbackWeight } {
  const foreign = feedback.find((one) => one.platform !== platform);
  if (foreign)
    throw new LogsterError(
      'input-invalid',
      `Feedback on the ${foreign.platform} window ${foreign.inferenceId} cannot train a ${platform} model`,
    );
  const examples = feedback.map(exampleOf);
  const corpus = sumOf(windows);
  const asked = sumOf(examples);
  const given = Math.min(asked, MOST_FEEDBACK * corpus);
  const scale = asked > 0 ? given / asked : 0;
  return {
    examples: examples.map((one) => ({ ...one, weight: one.weight * scale })),
    weights: { corpus, asked, given },
  };
}

const sumOf = (examples: readonly WeightedExample[]): number =>
  examples.reduce((sum, one) => sum + one.weight, 0);

/** A judged window as an example; the tenant is its laboratory, so that its own other work is laid over it. */
export function exampleOf(one: FeedbackExample): WeightedExample {
  const { tenantId, endpointId, platform, start, end, label, content, weight } = one;
  const id = `feedback ${one.inferenceId}`;
  return {
    example: { captureId: id, host: endpointId, start, end, label, graph: content, facts: factsOf([]) },
    capture: feedbackCapture(id, platform, `feedback ${tenantId}`, label === 'attack'),
    weight,
  };
}

function feedbackCapture(id: string, platform: Platform, lab: string, attack: boolean): Capture {
  return {
    ...{ id, platform, lab, attack, run: id, cluster: id, role: 'train and judge', heldBack: false },
    ...{ source: 'feedback', file: '', licence: 'own (verdicts)', origin: 'a verdict', sha256: null },
    ...{ mark: null, useFrom: null, from: null, to: null, techniques: [], hosts: [] },
  };
}
