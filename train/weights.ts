import type { Capture } from '../datasets/manifest.ts';
import type { WeightedExample } from './baselines/baselines.ts';
import type { Example } from './example.ts';
import type { CaptureWindows } from './windows-of.ts';

/** A capture with what was made of it. */
export interface ReadCapture {
  readonly capture: Capture;
  readonly content: CaptureWindows;
}

/**
 * What a set of captures gives to learn from. Windows of one capture resemble each other, so a capture counts
 * with the square root of its windows; so do labs, lest the largest one decides; the classes weigh the same.
 */
export function windowExamples(captures: readonly ReadCapture[]): readonly WeightedExample[] {
  const examples = captures.flatMap(({ capture, content }) =>
    distinct(content.windows.filter((one) => one.label !== 'unknown')).map((example) => ({
      example,
      capture,
    })),
  );
  return balanced(examples, 1);
}

/**
 * The stretches before and after each mark, both classes weighing the same: the one contrast in which machine,
 * lab and length are equal. Together they count `mass`, in windows.
 */
export function pairExamples(captures: readonly ReadCapture[], mass: number): readonly WeightedExample[] {
  const examples = captures.flatMap(({ capture, content }) =>
    content.pairs
      .filter((pair) => pair.kind !== 'atomic')
      .flatMap((pair) => [pair.before, pair.during].map((example) => ({ example, capture }))),
  );
  const mean = examples.length === 0 ? 0 : mass / examples.length;
  return balanced(examples, mean);
}

interface Unweighted {
  readonly example: Example;
  readonly capture: Capture;
}

function balanced(examples: readonly Unweighted[], mean: number): readonly WeightedExample[] {
  const perCapture = tally(
    examples,
    (one) => `${one.capture.id} ${one.example.label}`,
    () => 1,
  );
  const byCapture = (one: Unweighted): number =>
    1 / Math.sqrt(perCapture.get(`${one.capture.id} ${one.example.label}`) ?? 1);
  const labKey = (one: Unweighted): string => `${one.capture.lab} ${one.example.label}`;
  const perLab = tally(examples, labKey, byCapture);
  const byLab = (one: Unweighted): number => byCapture(one) / Math.sqrt(perLab.get(labKey(one)) ?? 1);
  const perClass = tally(examples, (one) => one.example.label, byLab);
  return examples.map((one) => ({
    ...one,
    weight: (byLab(one) / (perClass.get(one.example.label) ?? 1)) * (examples.length / perClass.size) * mean,
  }));
}

function tally<T>(
  items: readonly T[],
  key: (item: T) => string,
  by: (item: T) => number,
): Map<string, number> {
  const sums = new Map<string, number>();
  for (const item of items) sums.set(key(item), (sums.get(key(item)) ?? 0) + by(item));
  return sums;
}

/** One of each group of windows whose graphs are equal: up to half of a capture's windows are. */
function distinct(examples: readonly Example[]): readonly Example[] {
  const seen = new Set<string>();
  return examples.filter((one) => {
    const key = `${one.graph.contentHash} ${one.label}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
