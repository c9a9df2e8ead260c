import type { Feedback } from '../../contracts/feedback.ts';
import { NODE_TYPES } from '../../contracts/graph.ts';
import { decodeBatch } from '../../contracts/graph-batch.ts';
import type { AlertStore } from '../../ports/alerts/alerts.ts';
import type { GraphStore, KeptFilter, KeptGraph, KeptWindow } from '../../ports/graphs/graphs.ts';
import { type ReachableWindow, standingOf } from './reach.ts';

/** Verdicts per question to the store; the windows of one take a few kilobytes. */
const VERDICTS = 1000;
/** Kept windows per question. */
const WINDOWS = 500;
/** Kept graphs in memory at once; the largest take a megabyte. */
const GRAPHS = 64;

/** Where verdicts and kept graphs come from. */
export interface FeedbackStores {
  readonly alerts: Pick<AlertStore, 'feedback'>;
  readonly graphs: Pick<GraphStore, 'get' | 'list'>;
}

/** Every verdict from `since` on, epoch seconds, oldest first. */
export async function readVerdicts(
  alerts: FeedbackStores['alerts'],
  since: number,
): Promise<readonly Feedback[]> {
  const found = new Map<string, Feedback>();
  let [from, limit] = [since, VERDICTS];
  for (;;) {
    const page = await alerts.feedback(from, limit);
    for (const one of page) found.set(one.feedback_id, one);
    if (page.length < limit) return [...found.values()];
    const last = page.at(-1)?.at ?? from;
    if (last === from)
      limit *= 2; // so many of one moment
    else from = last;
  }
}

/** Every kept window that one of these verdicts may reach, each once. */
export async function reachableWindows(
  graphs: FeedbackStores['graphs'],
  verdicts: readonly Feedback[],
): Promise<readonly ReachableWindow[]> {
  const standing = standingOf(verdicts);
  const found = new Map<string, ReachableWindow>();
  const add = (windows: readonly ReachableWindow[]): void => {
    for (const one of windows) if (!found.has(one.inferenceId)) found.set(one.inferenceId, one);
  };
  for (const filter of endpointFilters(standing)) {
    const ids = (await listAll(graphs, filter)).map((one) => one.inferenceId);
    for await (const kept of keptGraphs(graphs, ids)) add([withProcesses(kept)]);
  }
  const judged = standing.flatMap((one) => one.inference_ids).filter((id) => !found.has(id));
  for await (const kept of keptGraphs(graphs, [...new Set(judged)])) add([withProcesses(kept)]);
  for (const filter of patternFilters(standing, found))
    add((await listAll(graphs, filter)).map((one) => ({ ...one, processes: [] })));
  return [...found.values()];
}

/** Kept graphs by their inference ids, a lot at a time; those that are not kept are not there. */
export async function* keptGraphs(
  graphs: Pick<GraphStore, 'get'>,
  ids: readonly string[],
): AsyncGenerator<KeptGraph> {
  for (let from = 0; from < ids.length; from += GRAPHS)
    yield* await graphs.get(ids.slice(from, from + GRAPHS));
}

function endpointFilters(verdicts: readonly Feedback[]): readonly KeptFilter[] {
  const filters = verdicts
    .filter((one) => one.scope === 'process')
    .map((one) => ({ tenantIds: [one.tenant_id], platform: one.platform, endpointId: one.endpoint_id }));
  return distinct(filters);
}

function patternFilters(
  verdicts: readonly Feedback[],
  found: ReadonlyMap<string, KeptWindow>,
): readonly KeptFilter[] {
  const filters = verdicts
    .filter((one) => one.scope === 'pattern')
    .flatMap((one) => one.inference_ids.flatMap((id) => found.get(id) ?? []))
    .filter((one) => one.pattern !== '')
    .map(({ tenantId, platform, pattern }) => ({ tenantIds: [tenantId], platform, pattern }));
  return distinct(filters);
}

function distinct(filters: readonly KeptFilter[]): readonly KeptFilter[] {
  return [...new Map(filters.map((one) => [JSON.stringify(one), one])).values()];
}

async function listAll(graphs: Pick<GraphStore, 'list'>, filter: KeptFilter): Promise<readonly KeptWindow[]> {
  const found: KeptWindow[] = [];
  for (;;) {
    const page = await graphs.list(filter, { limit: WINDOWS, offset: found.length });
    found.push(...page);
    if (page.length < WINDOWS) return found;
  }
}

function withProcesses({ bytes, ...window }: KeptGraph): ReachableWindow {
  const batch = decodeBatch(bytes);
  const processes = new Set<string>();
  for (const { nodesPerType, nodeOffset } of batch.graphs) {
    const count = nodesPerType[NODE_TYPES[batch.platform].indexOf('process')] ?? 0;
    for (let node = nodeOffset; node < nodeOffset + count; node++)
      processes.add(batch.nodeLabel(node).replace(/ \(\d+\)$/, '')); // a label is the name and the process id
  }
  return { ...window, processes: [...processes] };
}
