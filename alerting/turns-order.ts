import type { Feedback } from '../contracts/feedback.ts';
import type { KeptWindow } from '../ports/graphs/graphs.ts';

/** A window that a verdict was given on, with how far that verdict reaches. */
export interface JudgedWindow
  extends Pick<KeptWindow, 'inferenceId' | 'tenantId' | 'endpointId' | 'platform' | 'pattern'>,
    Pick<Feedback, 'scope' | 'process'> {}

/** A window worth an analyst's time, and why. */
export interface Lesson {
  readonly window: KeptWindow;
  readonly reason: string;
}

export interface TeachingOptions {
  readonly limit: number;
  /** Probability from which a window alerts. */
  readonly threshold?: number;
}

/** Below the threshold by less than this, a window missed it narrowly. At 0.7 that is what counts as an attack. */
const NARROWLY = 0.2;

/** This near to the threshold on either side, a slightly different model would say the opposite. */
const CLOSE = 0.05;

/** Windows whose score rests on the same, in the order in which they are offered. */
interface Group {
  readonly key: string;
  readonly windows: readonly KeptWindow[];
  readonly endpoints: number;
  readonly rank: 0 | 1 | 2; // an alarm in it, a narrow miss, neither
  readonly value: number;
  readonly judged: number; // windows of it that were judged one by one
}

/**
 * The windows whose verdict would teach most, best first. Windows that a verdict was given on or reaches are left
 * out. The others are grouped by platform and pattern, and the groups take turns: every pattern that alarmed or
 * nearly did is offered once before any is offered twice (windows already judged count as offered), then those far
 * below the threshold. Within a turn alarms come before narrow misses, and groups with more windows on more
 * endpoints nearer to the threshold before others. A group begins with its alarms, there with the one of median probability, and goes
 * round its endpoints. The order of the input does not matter.
 */
export function teachingOrder(
  candidates: readonly KeptWindow[],
  judged: readonly JudgedWindow[],
  { limit, threshold = 0.7 }: TeachingOptions,
): readonly Lesson[] {
  const isReached = reachedBy(judged);
  const judgedByGroup = countJudged(judged);
  const groups = [...grouped(candidates, groupOf)].flatMap(([key, windows]) => {
    const open = windows.filter((window) => !isReached(window));
    return open.length > 0 ? [describe(key, open, { threshold, judged: judgedByGroup.get(key) ?? 0 })] : [];
  });
  return groups
    .flatMap((group) => group.windows.map((window, place) => ({ group, window, turn: group.judged + place })))
    .sort((a, b) => {
      const isFar = (one: Group): number => (one.rank === 2 ? 1 : 0);
      return (
        isFar(a.group) - isFar(b.group) ||
        a.turn - b.turn ||
        a.group.rank - b.group.rank ||
        b.group.value - a.group.value ||
        (a.group.key < b.group.key ? -1 : 1)
      );
    })
    .slice(0, limit)
    .map(({ group, window }) => ({ window, reason: reasonFor(window, group, threshold) }));
}

/** Same platform and pattern; without a pattern, same endpoint. */
function groupOf({
  tenantId,
  endpointId,
  platform,
  pattern,
}: Omit<JudgedWindow, 'scope' | 'process'>): string {
  return JSON.stringify(pattern === '' ? [platform, '', tenantId, endpointId] : [platform, pattern]);
}

/** Whether a verdict was given on a window or reaches it. Kept windows name processes in their pattern alone. */
function reachedBy(judged: readonly JudgedWindow[]): (window: KeptWindow) => boolean {
  const inferences = new Set(judged.map((one) => one.inferenceId));
  const patternKey = ({
    tenantId,
    platform,
    pattern,
  }: Pick<KeptWindow, 'tenantId' | 'platform' | 'pattern'>) => JSON.stringify([tenantId, platform, pattern]);
  const patterns = new Set(
    judged.filter((one) => one.scope === 'pattern' && one.pattern !== '').map(patternKey),
  );
  const endpointKey = ({
    tenantId,
    platform,
    endpointId,
  }: Pick<KeptWindow, 'tenantId' | 'platform' | 'endpointId'>) =>
    JSON.stringify([tenantId, platform, endpointId]);
  const processes = grouped(
    judged.filter((one) => one.scope === 'process' && one.process !== null),
    endpointKey,
  );
  return (window) =>
    inferences.has(window.inferenceId) ||
    patterns.has(patternKey(window)) ||
    (processes.get(endpointKey(window)) ?? []).some((one) => names(window.pattern, one.process ?? ''));
}

/** Whether a pattern names a process, as a whole name and in any case. */
function names(pattern: string, process: string): boolean {
  const spaced = (text: string) =>
    ` ${text
      .toLowerCase()
      .replace(/[^\p{L}\p{N}._-]+/gu, ' ')
      .trim()} `;
  return spaced(pattern).includes(spaced(process));
}

function countJudged(judged: readonly JudgedWindow[]): ReadonlyMap<string, number> {
  const once = new Map(judged.map((one) => [one.inferenceId, groupOf(one)]));
  const counts = new Map<string, number>();
  for (const key of once.values()) counts.set(key, (counts.get(key) ?? 0) + 1);
  return counts;
}

function describe(
  key: string,
  windows: readonly KeptWindow[],
  { threshold, judged }: { readonly threshold: number; readonly judged: number },
): Group {
  const rank = (one: KeptWindow) => rankOf(one.attackProb, threshold);
  const byRank = ([0, 1, 2] as const).map((wanted) => windows.filter((one) => rank(one) === wanted));
  const endpointKey = ({ tenantId, endpointId }: KeptWindow) => JSON.stringify([tenantId, endpointId]);
  const byEndpoint = grouped(windows, endpointKey);
  const weights = (some: readonly KeptWindow[]) => some.map((one) => weightOf(one.attackProb, threshold));
  // each endpoint counts like one window more: what happens everywhere alarms everywhere
  const spread = [...byEndpoint.values()].map((own) => Math.max(...weights(own)));
  return {
    ...{ key, judged, endpoints: byEndpoint.size },
    windows: byRank.flatMap((some) => takingTurns([...grouped(centralFirst(some), endpointKey).values()])),
    rank: byRank[0]?.length ? 0 : byRank[1]?.length ? 1 : 2,
    value: sum(weights(windows)) + sum(spread),
  };
}

/** 0: it alarms; 1: it narrowly does not; 2: it is far from it. */
function rankOf(probability: number, threshold: number): Group['rank'] {
  if (probability >= threshold) return 0;
  return probability >= threshold - NARROWLY ? 1 : 2;
}

/** Nearest to the median probability first, then the newest. */
function centralFirst(windows: readonly KeptWindow[]): readonly KeptWindow[] {
  const sorted = windows.map((one) => one.attackProb).sort((a, b) => a - b);
  const median = sorted[Math.floor(sorted.length / 2)] ?? 0;
  const distance = (one: KeptWindow) => Math.abs(one.attackProb - median);
  return windows.toSorted(
    (a, b) =>
      distance(a) - distance(b) || b.windowEnd - a.windowEnd || (a.inferenceId < b.inferenceId ? -1 : 1),
  );
}

function grouped<T>(items: readonly T[], keyOf: (item: T) => string): ReadonlyMap<string, readonly T[]> {
  const groups = new Map<string, T[]>();
  for (const item of items) {
    const key = keyOf(item);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [item]);
    else group.push(item);
  }
  return groups;
}

/** The first of each list, then the second of each, and so on. */
function takingTurns<T>(lists: readonly (readonly T[])[]): readonly T[] {
  return lists
    .flatMap((list, lane) => list.map((item, turn) => ({ item, turn, lane })))
    .sort((a, b) => a.turn - b.turn || a.lane - b.lane)
    .map(({ item }) => item);
}

/**
 * What one window adds to the value of its group: an alarm from 1 to 1.5, the more the nearer to the threshold,
 * since such a one is sooner taught away; a narrow miss up to 0.5; anything else up to 0.1.
 */
function weightOf(probability: number, threshold: number): number {
  const beyond = probability - threshold;
  const rank = rankOf(probability, threshold);
  if (rank === 0) return 1 + 0.5 * (1 - beyond / Math.max(1 - threshold, Number.EPSILON));
  if (rank === 1) return 0.1 + 0.4 * (1 + beyond / NARROWLY);
  return 0.1 * (probability / threshold);
}

/** In one order whatever the input's is: sums of fractions differ in their last digit by it. */
function sum(numbers: readonly number[]): number {
  return numbers.toSorted((a, b) => a - b).reduce((total, one) => total + one, 0);
}

function reasonFor(window: KeptWindow, group: Group, threshold: number): string {
  const { windows, endpoints, judged } = group;
  const { attackProb, pattern } = window;
  const on = endpoints === 1 ? 'one endpoint' : `${endpoints} endpoints`;
  const shared = `${windows.length} windows of ${on} share this pattern`;
  const alone = attackProb >= threshold ? 'an alarm of its own kind' : 'nothing like it was judged';
  return [
    pattern === '' ? 'nothing in it carried the score' : windows.length > 1 ? shared : alone,
    ...(judged > 0 ? [`${judged} like it judged already`] : []),
    ...(Math.abs(attackProb - threshold) <= CLOSE ? ['close to the threshold'] : []),
  ].join('; ');
}
