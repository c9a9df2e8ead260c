import type { Platform } from '../../contracts/event.ts';
import type { Engine } from '../../models/engine.ts';
import type { Example } from '../example.ts';
import type { JudgedWindow } from '../judge.ts';
import { scoresOf } from '../score-graphs.ts';
import type { ReadCapture } from '../weights.ts';
import { type DrawnScore, type Reference, type ReferenceSource, referenceOf } from './reference.ts';

/**
 * The reference of a version from the captures that it learnt from. Two recordings of one machine are two endpoints,
 * since sensors differ more than machines do; equal graphs of one endpoint count once, as they are kept once in a
 * running product.
 */
export function referenceOfCaptures(
  platform: Platform,
  read: readonly ReadCapture[],
  scores: Pick<ReferenceSource, 'scores' | 'heldOut'>,
): Reference {
  const examples = read.flatMap(({ content }) => content.windows);
  const windows = benignOf(read).map((one) => ({ endpoint: endpointOf(one), graph: one.graph }));
  const attacks = examples.filter((one) => one.label === 'attack').map((one) => one.graph);
  return referenceOf(platform, { windows, ...scores, attacks });
}

/** Benign windows, one of each group of windows of an endpoint whose graphs are equal. */
export function benignOf(read: readonly ReadCapture[]): readonly Example[] {
  const seen = new Set<string>();
  return read
    .flatMap(({ content }) => content.windows)
    .filter((one) => {
      const key = `${endpointOf(one)} ${one.graph.contentHash}`;
      if (one.label !== 'benign' || seen.has(key)) return false;
      seen.add(key);
      return true;
    });
}

/** Scores that windows got from folds which had not seen them: those of a fleet are of this kind. */
export function heldOutScores(windows: readonly JudgedWindow[]): readonly DrawnScore[] {
  return windows.flatMap(({ capture, host, label, scores }) =>
    label === 'benign' && scores.hybrid !== undefined
      ? [{ endpoint: `${capture.id} ${host}`, score: scores.hybrid }]
      : [],
  );
}

/** Scores that an engine gives to the benign windows of captures. */
export async function engineScores(
  engine: Engine,
  read: readonly ReadCapture[],
): Promise<readonly DrawnScore[]> {
  const windows = benignOf(read);
  const graphs = windows.map((one) => one.graph);
  const { attackProbs } = await scoresOf(engine, graphs);
  return windows.map((one, place) => ({ endpoint: endpointOf(one), score: attackProbs[place] ?? 0 }));
}

const endpointOf = ({ captureId, host }: Example): string => `${captureId} ${host}`;
