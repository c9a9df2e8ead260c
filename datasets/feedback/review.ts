import type { Feedback } from '../../contracts/feedback.ts';
import { groupBy, patternKey, type Reach, type ReachableWindow } from './reach.ts';

/** A score from which on `benign` contradicts the model strongly. */
const SURE_PROB = 0.95;
/** From so many cases that others judged as well on, an analyst can be said to stand against them. */
const CASES = 5;
/** More than this share of them against the majority of the others is much. */
const AGAINST = 1 / 3;
/** More verdicts of one analyst in a minute than a person reads: one a second. */
const BURST = 60;
/** A verdict that reaches more windows than a person looks at before giving it. */
const WIDE = 200;

/** Why somebody should look at a verdict before anything learns from it. */
export type Reasons = ReadonlyMap<string, readonly string[]>; // feedback id -> reasons in words

/**
 * Verdicts that stand out: they contradict a sure score and a colleague, their analyst stands against the others,
 * they came faster than a person reads, or they reach further than a person looks. What stands out is not wrong.
 */
export function standingOut({ standing, byVerdict }: Reach): Reasons {
  const reasons = new Map<string, string[]>();
  const say = (verdict: Feedback, reason: string): void => {
    reasons.set(verdict.feedback_id, [...(reasons.get(verdict.feedback_id) ?? []), reason]);
  };
  const cases = casesOf(standing, byVerdict);
  for (const { verdict, judged, others } of cases) {
    const most = judged.reduce((prob, one) => Math.max(prob, one.attackProb), 0);
    const opposed = others.some((other) => other.is_true_positive === true);
    if (verdict.is_true_positive === false && most >= SURE_PROB && opposed)
      say(
        verdict,
        `benign on a window that scored ${most.toFixed(2)}, while others said attack of the same pattern`,
      );
    const reached = byVerdict.get(verdict.feedback_id)?.length ?? 0;
    if (reached > WIDE) say(verdict, `reaches ${reached} windows, more than ${WIDE}`);
  }
  for (const [analyst, own] of groupBy(cases, (one) => one.verdict.analyst)) {
    const shared = own.filter((one) => one.verdict.is_true_positive !== null && one.others.length > 0);
    const against = shared.filter(isContradicted).length;
    if (shared.length >= CASES && against > shared.length * AGAINST)
      for (const { verdict } of own)
        say(verdict, `${analyst} is contradicted by others in ${against} of ${shared.length} cases`);
    for (const verdict of burstsOf(own.map((one) => one.verdict)))
      say(verdict, `one of more than ${BURST} verdicts of ${analyst} within a minute`);
  }
  return reasons;
}

interface Case {
  readonly verdict: Feedback;
  readonly judged: readonly ReachableWindow[]; // what it was given on
  readonly others: readonly Feedback[]; // of each other analyst the newest on the same windows or their pattern
}

/** Each verdict with what others said of the same. */
function casesOf(standing: readonly Feedback[], byVerdict: Reach['byVerdict']): readonly Case[] {
  const keyed = standing.map((verdict) => {
    const judged = (byVerdict.get(verdict.feedback_id) ?? []).filter((one) =>
      verdict.inference_ids.includes(one.inferenceId),
    );
    return { verdict, judged, keys: new Set(judged.map(topicOf)) };
  });
  const byTopic = new Map<string, Map<string, Feedback>>(); // topic -> analyst -> newest who could tell
  for (const { verdict, keys } of keyed)
    for (const key of keys) {
      const said = byTopic.get(key) ?? new Map<string, Feedback>();
      if (verdict.is_true_positive !== null) said.set(verdict.analyst, verdict); // oldest first
      byTopic.set(key, said);
    }
  return keyed.map(({ verdict, judged, keys }) => {
    const others = new Map<string, Feedback>();
    for (const key of keys)
      for (const [analyst, said] of byTopic.get(key) ?? [])
        if (analyst !== verdict.analyst && said.at >= (others.get(analyst)?.at ?? 0))
          others.set(analyst, said);
    return { verdict, judged, others: [...others.values()] };
  });
}

/** What a verdict is about: the pattern, else the window itself. */
const topicOf = (window: ReachableWindow): string =>
  window.pattern === '' ? window.inferenceId : patternKey(window);

function isContradicted({ verdict, others }: Case): boolean {
  const against = others.filter((one) => one.is_true_positive !== verdict.is_true_positive).length;
  return against * 2 > others.length;
}

/** Those of one analyst's verdicts, oldest first, that lie in a minute with too many. */
function burstsOf(verdicts: readonly Feedback[]): ReadonlySet<Feedback> {
  const found = new Set<Feedback>();
  let from = 0;
  verdicts.forEach((verdict, place) => {
    while (verdict.at - (verdicts[from]?.at ?? 0) >= 60) from += 1;
    if (place - from + 1 > BURST) for (const one of verdicts.slice(from, place + 1)) found.add(one);
  });
  return found;
}
