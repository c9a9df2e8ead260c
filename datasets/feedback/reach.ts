import type { Platform } from '../../contracts/event.ts';
import type { Feedback } from '../../contracts/feedback.ts';
import type { KeptWindow } from '../../ports/graphs/graphs.ts';

/** A kept window with the base names of its processes, which only verdicts on a process ask for. */
export interface ReachableWindow extends KeptWindow {
  readonly processes: readonly string[];
}

/** Which windows verdicts reach. */
export interface Reach {
  /** Verdicts that nobody took back, oldest first. */
  readonly standing: readonly Feedback[];
  readonly byWindow: ReadonlyMap<string, readonly Feedback[]>; // inference id -> verdicts
  readonly byVerdict: ReadonlyMap<string, readonly ReachableWindow[]>; // feedback id -> windows
  readonly notKept: number; // judged windows whose graph is not kept
}

/** Verdicts that no later one of the same analyst replaces, each once, oldest first. */
export function standingOf(verdicts: readonly Feedback[]): readonly Feedback[] {
  const byId = new Map(verdicts.map((one) => [one.feedback_id, one]));
  const replaced = new Set<string>();
  for (const one of byId.values()) {
    const before = one.replaces === null ? undefined : byId.get(one.replaces);
    if (before?.analyst === one.analyst && before.tenant_id === one.tenant_id)
      replaced.add(before.feedback_id);
  }
  return [...byId.values()].filter((one) => !replaced.has(one.feedback_id)).sort(byTime);
}

/**
 * The windows that each verdict reaches: those that it was given on; for the scope `process` every window of that
 * endpoint in which the process ran; for `pattern` every window of that tenant and platform with the pattern of one
 * of them. A window without a pattern is reached by name alone.
 */
export function reachOf(verdicts: readonly Feedback[], windows: readonly ReachableWindow[]): Reach {
  const standing = standingOf(verdicts);
  const byId = new Map(windows.map((one) => [one.inferenceId, one]));
  const byEndpoint = groupBy(windows, endpointKey);
  const byPattern = groupBy(windows, patternKey);
  const byWindow = new Map<string, Feedback[]>();
  const byVerdict = new Map<string, readonly ReachableWindow[]>();
  const missing = new Set<string>();
  for (const verdict of standing) {
    for (const id of verdict.inference_ids) if (!byId.has(id)) missing.add(id);
    const own = verdict.inference_ids.flatMap((id) => byId.get(id) ?? []).filter(isOf(verdict));
    const others = othersOf(verdict, own, { byEndpoint, byPattern });
    const reached = new Map([...own, ...others].map((one) => [one.inferenceId, one]));
    byVerdict.set(verdict.feedback_id, [...reached.values()]);
    for (const id of reached.keys()) {
      const all = byWindow.get(id);
      if (all) all.push(verdict);
      else byWindow.set(id, [verdict]);
    }
  }
  return { standing, byWindow, byVerdict, notKept: missing.size };
}

interface Groups {
  readonly byEndpoint: ReadonlyMap<string, readonly ReachableWindow[]>;
  readonly byPattern: ReadonlyMap<string, readonly ReachableWindow[]>;
}

function othersOf(
  verdict: Feedback,
  judged: readonly ReachableWindow[],
  { byEndpoint, byPattern }: Groups,
): readonly ReachableWindow[] {
  const { scope, process, platform } = verdict;
  if (scope === 'process' && process !== null) {
    const own = byEndpoint.get(
      endpointKey({ tenantId: verdict.tenant_id, endpointId: verdict.endpoint_id, platform }),
    );
    return (own ?? []).filter((one) => one.processes.some((name) => sameName(name, process, platform)));
  }
  if (scope !== 'pattern') return [];
  const keys = new Set(judged.filter((one) => one.pattern !== '').map(patternKey));
  return [...keys].flatMap((key) => byPattern.get(key) ?? []);
}

const isOf =
  (verdict: Feedback) =>
  (window: KeptWindow): boolean =>
    window.tenantId === verdict.tenant_id && window.platform === verdict.platform;

/** Whether two base names are of one executable: on Windows their case does not count. */
function sameName(one: string, other: string, platform: Platform): boolean {
  return platform === 'windows' ? one.toLowerCase() === other.toLowerCase() : one === other;
}

/** Oldest first; at one moment by id, so that the order of reading never counts. */
export function byTime(one: Feedback, other: Feedback): number {
  return one.at - other.at || (one.feedback_id < other.feedback_id ? -1 : 1);
}

/** What windows of one endpoint have in common. */
export function endpointKey(of: Pick<KeptWindow, 'tenantId' | 'endpointId' | 'platform'>): string {
  return JSON.stringify([of.tenantId, of.endpointId, of.platform]);
}

/** What windows of one pattern have in common: people of one tenant know what it means there. */
export function patternKey(of: Pick<KeptWindow, 'tenantId' | 'platform' | 'pattern'>): string {
  return JSON.stringify([of.tenantId, of.platform, of.pattern]);
}

/** Things by what they have in common, in the order given. */
export function groupBy<T>(things: readonly T[], key: (thing: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const thing of things) {
    const name = key(thing);
    const group = groups.get(name);
    if (group) group.push(thing);
    else groups.set(name, [thing]);
  }
  return groups;
}
