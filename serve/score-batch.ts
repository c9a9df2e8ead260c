import { reasonOf } from '../contracts/errors.ts';
import type { GraphBatch } from '../contracts/graph.ts';
import { selectGraphs } from '../contracts/select-graphs.ts';
import type { Engine } from '../models/engine.ts';
import { type Explaining, explainAttack } from './explain-attack.ts';
import type { ScoredPart, ScoredWindow } from './messages.ts';
import type { RememberedScores } from './remembered.ts';
import { errorResultOf, type GraphScores, resultOf, type ScoredBy, scoresOf } from './score.ts';

export interface Scoring {
  readonly engine: Engine;
  /** Milliseconds the engine has computed for this batch; other batches it had to wait for do not count. */
  readonly engineMs: () => number;
  readonly remembered: RememberedScores;
  readonly explaining: Explaining;
  readonly by: Omit<ScoredBy, 'inferenceMs' | 'scoredAt'>;
  /** Epoch seconds. */
  readonly now: () => number;
}

type Outcome = { readonly scores: GraphScores; readonly reused: boolean } | { readonly reason: string };

/** Places in the batch of the graphs that a part names. */
export function placesOf(batch: GraphBatch, { from, to, only }: ScoredPart): readonly number[] {
  return (only ?? Array.from(batch.graphs.keys())).slice(from, to);
}

/**
 * Scores the graphs of a part of a batch, in their order. Equal graphs are scored once; a graph that cannot be scored
 * is found by halving and fails alone.
 */
export async function scoreBatch(
  batch: GraphBatch,
  part: ScoredPart,
  scoring: Scoring,
): Promise<ScoredWindow[]> {
  const outcomes = new Map<number, Outcome>();
  const fresh: number[] = [];
  const sameAs = new Map<number, number>(); // a graph that equals one scored in this call
  const firstWith = new Map<string, number>();
  const places = placesOf(batch, part);
  for (const place of places) {
    const key = keyOf(batch, place, scoring);
    const known = scoring.remembered.get(key);
    const twin = firstWith.get(key);
    if (known) outcomes.set(place, { scores: known, reused: true });
    else if (twin !== undefined) sameAs.set(place, twin);
    else {
      firstWith.set(key, place);
      fresh.push(place);
    }
  }
  await scoreByHalves(batch, fresh, scoring.engine, outcomes);
  for (const place of fresh) {
    const outcome = outcomes.get(place);
    if (part.plain || !outcome || !('scores' in outcome)) continue;
    const scores = await explainAttack(batch, place, outcome.scores, scoring.explaining);
    outcomes.set(place, { ...outcome, scores });
    scoring.remembered.set(keyOf(batch, place, scoring), scores);
  }
  for (const [place, twin] of sameAs) {
    const outcome = outcomes.get(twin);
    if (outcome) outcomes.set(place, 'scores' in outcome ? { ...outcome, reused: true } : outcome);
  }
  const inferenceMs = scoring.engineMs() / Math.max(1, places.length);
  const by = { ...scoring.by, scoredAt: scoring.now(), inferenceMs };
  return places.flatMap((place) => {
    const graph = batch.graphs[place];
    if (!graph) return [];
    const outcome = outcomes.get(place) ?? { reason: 'the graph was not scored' };
    return 'scores' in outcome
      ? resultOf(batch, graph, outcome.scores, { ...by, reused: outcome.reused })
      : errorResultOf(batch, graph, outcome.reason, by);
  });
}

function keyOf(batch: GraphBatch, place: number, scoring: Scoring): string {
  return `${scoring.by.modelName}@${scoring.by.modelVersion}/${batch.graphs[place]?.contentHash}`;
}

async function scoreByHalves(
  batch: GraphBatch,
  places: readonly number[],
  engine: Engine,
  outcomes: Map<number, Outcome>,
): Promise<void> {
  if (places.length === 0) return;
  try {
    const part = selectGraphs(batch, places);
    const scores = await engine.score(part);
    part.graphs.forEach((graph, index) => {
      const own = scoresOf(scores, graph, index);
      const place = places[index] ?? 0;
      outcomes.set(
        place,
        Number.isFinite(own.attackProb)
          ? { scores: own, reused: false }
          : { reason: 'the score is not a number' },
      );
    });
  } catch (thrown) {
    const [only] = places;
    if (places.length === 1 && only !== undefined) {
      outcomes.set(only, { reason: reasonOf(thrown) });
      return;
    }
    const middle = places.length >> 1;
    await scoreByHalves(batch, places.slice(0, middle), engine, outcomes);
    await scoreByHalves(batch, places.slice(middle), engine, outcomes);
  }
}
