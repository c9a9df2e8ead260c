import type { Platform } from '../../contracts/event.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { type Feedback, SCOPES } from '../../contracts/feedback.ts';
import { type Resolution, resolveVerdicts } from '../../contracts/resolve-verdicts.ts';
import { groupBy, type ReachableWindow, reachOf } from './reach.ts';
import { standingOut } from './review.ts';
import type { KeptFeedbackRow } from './rows-file.ts';
import type { FeedbackSection } from './section.ts';

/** A row before it is known what it counts. */
export type UnweighedRow = Omit<KeptFeedbackRow, 'weight'>;

export const LEFT_OUT = [
  'no graph kept',
  'another feature schema',
  'near a capture in machine and time',
  'a capture has the same graph',
  'conflict',
  'cannot tell',
  'on the review list',
  'equal graphs with opposite labels',
  'duplicate', // stands in the lineage of the row with the same graph
  'no capture of its class trains',
] as const;
/** Why a window that a verdict reaches is no row. */
export type LeftOut = (typeof LEFT_OUT)[number];

/** What verdicts say of kept windows. */
export interface CollectInput {
  readonly verdicts: readonly Feedback[];
  readonly windows: readonly ReachableWindow[];
  /** Feedback ids that somebody looked at: what stands out in them is no reason any more. */
  readonly accepted: readonly string[];
  readonly featureSchema: (platform: Platform) => string;
  /** Why a window may not be learnt from whatever the verdicts say, such as a capture that it touches. */
  readonly barred: (window: ReachableWindow) => LeftOut | null;
}

/** What became of the windows that verdicts reach. */
export interface Collected {
  readonly rows: readonly UnweighedRow[]; // by platform and time
  readonly leftOut: Readonly<Partial<Record<LeftOut, number>>>; // windows
  readonly review: FeedbackSection['review'];
}

/**
 * One row for each graph that verdicts give a label (`resolveVerdicts`), with all of its lineage. Equal graphs with
 * one label are one row; with opposite labels they go to the review list, and so does whatever rests on a verdict
 * that stands out, until somebody accepts it. The order of the input does not matter.
 */
export function collectFeedback(input: CollectInput): Collected {
  const windows = [...new Map(input.windows.map((one) => [one.inferenceId, one])).values()].sort(byStart);
  const reach = reachOf(input.verdicts, windows);
  const reasons = standingOut(reach);
  const accepted = new Set(input.accepted);
  const isOpen = (id: string): boolean => reasons.has(id) && !accepted.has(id);
  const leftOut: Partial<Record<LeftOut, number>> = {};
  const leave = (why: LeftOut, count = 1): void => {
    if (count > 0) leftOut[why] = (leftOut[why] ?? 0) + count;
  };
  leave('no graph kept', reach.notKept);
  const found: UnweighedRow[] = [];
  for (const window of windows) {
    const verdicts = reach.byWindow.get(window.inferenceId);
    if (verdicts === undefined) continue;
    const row = rowOf(window, verdicts, { ...input, isOpen });
    if (typeof row === 'string') leave(row);
    else found.push(row);
  }
  const { rows, duplicates, opposed, contested } = foldEqual(found, accepted, reach.standing);
  leave('duplicate', duplicates);
  leave('equal graphs with opposite labels', opposed);
  return { rows, leftOut, review: reviewList(reasons, contested, accepted) };
}

const byStart = (a: ReachableWindow, b: ReachableWindow): number =>
  PLATFORMS.indexOf(a.platform) - PLATFORMS.indexOf(b.platform) ||
  a.windowStart - b.windowStart ||
  (a.inferenceId < b.inferenceId ? -1 : 1);

interface Rules extends CollectInput {
  readonly isOpen: (feedbackId: string) => boolean;
}

function rowOf(window: ReachableWindow, verdicts: readonly Feedback[], rules: Rules): UnweighedRow | LeftOut {
  if (window.featureSchema !== rules.featureSchema(window.platform)) return 'another feature schema';
  const barred = rules.barred(window);
  if (barred !== null) return barred;
  const { label, agreeing, dissenting } = resolveVerdicts(verdicts);
  if (label === 'unknown') return isSplit(dissenting) ? 'conflict' : 'cannot tell';
  if (decidersOf({ label, agreeing, dissenting }).some((one) => rules.isOpen(one.feedback_id)))
    return 'on the review list';
  return {
    inferenceId: window.inferenceId,
    equalIds: [],
    feedbackIds: agreeing.map((one) => one.feedback_id),
    analysts: unique(agreeing.map((one) => one.analyst)),
    tenantId: window.tenantId,
    endpointId: window.endpointId,
    platform: window.platform,
    start: window.windowStart,
    end: window.windowEnd,
    label,
    scope: narrowestOf(agreeing.map((one) => one.scope)),
    attackProb: window.attackProb,
    modelVersion: window.modelVersion,
    pattern: window.pattern,
    techniques: label === 'attack' ? unique(agreeing.flatMap((one) => one.techniques)) : [],
    graph: window.contentHash,
  };
}

const isSplit = (verdicts: readonly Feedback[]): boolean =>
  new Set(verdicts.map((one) => one.is_true_positive)).size > 1;

/** Those that agree, and those that contradict them in as narrow a scope: without them the label might differ. */
function decidersOf({ agreeing, dissenting }: Resolution): readonly Feedback[] {
  const narrowest = SCOPES.indexOf(narrowestOf(agreeing.map((one) => one.scope)));
  return [...agreeing, ...dissenting.filter((one) => SCOPES.indexOf(one.scope) <= narrowest)];
}

const narrowestOf = (scopes: readonly Feedback['scope'][]): Feedback['scope'] =>
  SCOPES.find((scope) => scopes.includes(scope)) ?? 'pattern';

const unique = (texts: readonly string[]): readonly string[] => [...new Set(texts)].sort();

interface Folded {
  readonly rows: readonly UnweighedRow[];
  readonly duplicates: number;
  readonly opposed: number;
  readonly contested: ReadonlyMap<string, number>; // feedback id -> its windows with opposite labels
}

function foldEqual(
  found: readonly UnweighedRow[],
  accepted: ReadonlySet<string>,
  standing: readonly Feedback[],
): Folded {
  const order = new Map(standing.map((one, place) => [one.feedback_id, place])); // oldest first
  const rows: UnweighedRow[] = [];
  const contested = new Map<string, number>();
  let [duplicates, opposed] = [0, 0];
  for (const equal of groupBy(found, (row) => `${row.platform} ${row.graph}`).values()) {
    const sides = [...groupBy(equal, (row) => row.label).values()].map((rows) => joined(rows, order));
    const trusted = sides.filter((row) => row.feedbackIds.every((id) => accepted.has(id)));
    const kept = sides.length === 1 ? sides : trusted.length === 1 ? trusted : [];
    rows.push(...kept);
    for (const row of kept) duplicates += row.equalIds.length;
    for (const row of sides) {
      const count = 1 + row.equalIds.length;
      if (!kept.includes(row)) opposed += count;
      if (sides.length > 1)
        for (const id of row.feedbackIds) contested.set(id, (contested.get(id) ?? 0) + count);
    }
  }
  return { rows, duplicates, opposed, contested };
}

/** Rows of equal graphs and labels, oldest first, as the first of them with the lineage of all. */
function joined(rows: readonly UnweighedRow[], order: ReadonlyMap<string, number>): UnweighedRow {
  const [first, ...others] = rows;
  if (first === undefined) throw new RangeError('No rows to join');
  return {
    ...first,
    equalIds: others.map((row) => row.inferenceId),
    feedbackIds: unique(rows.flatMap((row) => row.feedbackIds)).toSorted(
      (a, b) => (order.get(a) ?? 0) - (order.get(b) ?? 0),
    ),
    analysts: unique(rows.flatMap((row) => row.analysts)),
    scope: narrowestOf(rows.map((row) => row.scope)),
    techniques: unique(rows.flatMap((row) => row.techniques)),
  };
}

function reviewList(
  reasons: ReadonlyMap<string, readonly string[]>,
  contested: ReadonlyMap<string, number>,
  accepted: ReadonlySet<string>,
): FeedbackSection['review'] {
  const ids = [...new Set([...reasons.keys(), ...contested.keys()])].sort();
  return ids.map((feedbackId) => {
    const count = contested.get(feedbackId);
    const opposite =
      count === undefined ? [] : [`${count} windows have graphs that others labelled otherwise`];
    return {
      feedbackId,
      reasons: [...(reasons.get(feedbackId) ?? []), ...opposite],
      withholds: reasons.has(feedbackId) ? 'all' : 'contested',
      accepted: accepted.has(feedbackId),
    };
  });
}
