import { setImmediate as letOthersRun } from 'node:timers/promises';
import type { ScoreJob } from '../contracts/batch.ts';
import { reasonOf } from '../contracts/errors.ts';
import { endpointKey, PLATFORMS, type Platform } from '../contracts/event.ts';
import { BATCH_LIMITS, type HeteroGraph } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import { RESULTS_TOPIC } from '../contracts/topics.ts';
import type { Bus } from '../ports/bus/bus.ts';
import type { Job, Queue } from '../ports/queue/queue.ts';
import type { State } from '../ports/state/state.ts';
import type { Clock, Telemetry } from '../ports/telemetry/telemetry.ts';
import { encodeBatch } from './batch.ts';
import { buildGraph } from './build-graph.ts';
import { fairTurns } from './fair-turns.ts';
import { featureSchema } from './features.ts';
import { allowListVersion, isIdle } from './prefilter.ts';
import type { ClosedWindow } from './window.ts';
import { failedResult, idleResult } from './window-result.ts';

export interface SenderNeeds {
  readonly bus: Bus;
  readonly queue: Queue<ScoreJob>;
  readonly state: State;
  readonly telemetry: Telemetry;
  readonly clock: Clock;
  /** Told when the queue is full (true) and when it has room again (false). */
  readonly onFull: (full: boolean) => void;
  readonly waitMs?: number;
  readonly batchTtlSeconds?: number;
}

/** Turns closed windows into score jobs, in fair order between tenants. */
export interface BatchSender {
  /** True when every one of them is in the queue or has its result on the bus; false when that will never be. */
  send(windows: readonly ClosedWindow[]): Promise<boolean>;
  /** Resolves when fewer windows wait than fit into memory, or when the sender closes. */
  room(): Promise<void>;
  readonly isFull: boolean;
  /** Rejects with what stopped it; resolves when it was closed. */
  readonly failed: Promise<void>;
  /** Lets go of what is still waiting: its checkpoint has not been passed, so it comes again. */
  close(): Promise<void>;
}

/** Four batches of windows: enough to fill one while another waits for the queue, a few hundred MB at the worst. */
const MAX_WAITING = 4 * BATCH_LIMITS.graphs;
/** What a graph takes of a batch, in edges: at least its place among the graphs. */
const PLACE_COST = BATCH_LIMITS.edges / BATCH_LIMITS.graphs;
/** A tenant's turn: eight ordinary graphs, so that thirty tenants have theirs within one batch. */
const QUANTUM = 8 * PLACE_COST;
/** Graphs built between two looks at what else there is to do: about 20 ms of ordinary ones. */
const GRAPHS_IN_A_ROW = 16;

interface Waiting {
  readonly closed: ClosedWindow;
  readonly since: number; // wall clock, epoch seconds
  readonly done: (safe: boolean) => void;
}

/** A batch in the making: its graphs, results that need no model, and what to tell when all is safe. */
interface Draft {
  readonly graphs: HeteroGraph[];
  readonly results: InferenceResult[];
  readonly members: Waiting[];
  edges: number;
}

/** Starts sending. */
export function batchSender(needs: SenderNeeds): BatchSender {
  const { clock, waitMs = BATCH_LIMITS.waitMs } = needs;
  const waiting = { windows: fairTurns<Waiting>(QUANTUM), linux: fairTurns<Waiting>(QUANTUM) };
  /** Graphs that were built but did not fit any more. */
  const left: Partial<Record<Platform, { readonly graph: HeteroGraph; readonly member: Waiting }>> = {};
  const oldest: Partial<Record<Platform, number>> = {};
  const roomWaiters: (() => void)[] = [];
  const unsettled = new Set<Waiting>();
  let wake = () => {};
  let closing = false;
  let stop = () => {};
  const stopped = new Promise<'stopped'>((resolve) => {
    stop = () => resolve('stopped');
  });
  const size = () => waiting.windows.size + waiting.linux.size;
  const version = allowListVersion();

  async function run(): Promise<void> {
    while (!closing) {
      const platform = await ripePlatform();
      if (platform === undefined) continue;
      const draft = await makeDraft(platform);
      const safe = await publishDraft(needs, platform, draft, stopped);
      for (const member of draft.members) {
        unsettled.delete(member);
        member.done(safe);
      }
      if (size() < MAX_WAITING) for (const go of roomWaiters.splice(0)) go();
    }
  }

  /** The platform whose batch is full or has waited long enough; undefined after a wait, to look again. */
  async function ripePlatform(): Promise<Platform | undefined> {
    const now = clock.now();
    const candidates = PLATFORMS.filter((platform) => waiting[platform].size > 0 || left[platform]).sort(
      (a, b) => (oldest[a] ?? now) - (oldest[b] ?? now),
    );
    const ripe = candidates.find(
      (platform) =>
        waiting[platform].size >= BATCH_LIMITS.graphs || (now - (oldest[platform] ?? now)) * 1000 >= waitMs,
    );
    if (ripe !== undefined) return ripe;
    const first = candidates[0];
    await new Promise<void>((resolve) => {
      const dueMs = first === undefined ? undefined : waitMs - (now - (oldest[first] ?? now)) * 1000;
      const cancel = dueMs === undefined ? undefined : clock.after(Math.max(1, dueMs), resolve);
      wake = () => {
        cancel?.();
        resolve();
      };
    });
    return undefined;
  }

  async function makeDraft(platform: Platform): Promise<Draft> {
    const draft: Draft = { graphs: [], results: [], members: [], edges: 0 };
    const carried = left[platform];
    delete left[platform];
    if (carried) addGraph(draft, carried.graph, carried.member);
    const turns = waiting[platform];
    for (let built = 1; draft.members.length < BATCH_LIMITS.graphs; built++) {
      const member = turns.next();
      if (!member) break;
      const graph = tryBuild(needs, member.closed);
      turns.charge(Math.max(PLACE_COST, typeof graph === 'string' ? 0 : graph.relation.length));
      const result = resultWithoutModel(member.closed, graph);
      if (result) {
        draft.results.push(result);
        draft.members.push(member);
      } else if (typeof graph !== 'string') {
        if (draft.graphs.length > 0 && draft.edges + graph.relation.length > BATCH_LIMITS.edges) {
          left[platform] = { graph, member };
          break;
        }
        addGraph(draft, graph, member);
      }
      if (built % GRAPHS_IN_A_ROW === 0) await letOthersRun();
    }
    const since = Math.min(...draft.members.map((member) => member.since));
    needs.telemetry.metrics.observe('batch_wait_ms', (clock.now() - since) * 1000, { platform });
    if (draft.members.length < BATCH_LIMITS.graphs && !left[platform]) delete oldest[platform]; // all are in it
    return draft;
  }

  /** The result of a window that goes to no model: one that failed, or one of idle daemons. */
  function resultWithoutModel(
    closed: ClosedWindow,
    graph: HeteroGraph | string,
  ): InferenceResult | undefined {
    const made = { version, scoredAt: clock.now() };
    if (typeof graph === 'string') return failedResult(closed, { ...made, error: graph });
    if (closed.window.platform !== 'linux' || !isIdle(closed.facts)) return undefined;
    needs.telemetry.metrics.count('prefiltered_total');
    return idleResult(graph, made);
  }

  const failed = run().finally(() => {
    closing = true;
    for (const member of unsettled) member.done(false);
    for (const go of roomWaiters.splice(0)) go();
  });
  failed.catch(() => undefined); // the stage hears of it through `failed`
  return {
    async send(windows) {
      const since = clock.now();
      const fates = windows.map(
        (closed) =>
          new Promise<boolean>((done) => {
            if (closing) return done(false);
            const { platform, tenantId } = closed.window;
            if (waiting[platform].size === 0 && !left[platform]) oldest[platform] = since;
            const member: Waiting = { closed, since, done };
            unsettled.add(member);
            waiting[platform].add(tenantId, member);
          }),
      );
      wake();
      return !(await Promise.all(fates)).includes(false);
    },
    room: async () => {
      if (size() < MAX_WAITING || closing) return;
      await new Promise<void>((resolve) => roomWaiters.push(resolve));
    },
    get isFull() {
      return size() >= MAX_WAITING;
    },
    failed,
    async close() {
      closing = true;
      stop();
      wake();
      await failed.catch(() => undefined);
    },
  };
}

function addGraph(draft: Draft, graph: HeteroGraph, member: Waiting): void {
  draft.graphs.push(graph);
  draft.members.push(member);
  draft.edges += graph.relation.length;
}

/** The window's graph, or why there is none: one bad window must not stop the others. */
function tryBuild({ telemetry }: SenderNeeds, { window, panes }: ClosedWindow): HeteroGraph | string {
  const { platform } = window;
  try {
    const graph = buildGraph(window, panes);
    telemetry.metrics.count('windows_built_total', { platform });
    telemetry.metrics.observe('graph_nodes', graph.labels.length, { platform });
    telemetry.metrics.observe('graph_edges', graph.relation.length, { platform });
    return graph;
  } catch (thrown) {
    telemetry.metrics.count('windows_failed_total', { platform });
    telemetry.log.error('could not build a graph', { ...window, reason: reasonOf(thrown) });
    return reasonOf(thrown);
  }
}

/** True once everything of the draft is safe; false when the sender was stopped before that. */
async function publishDraft(
  needs: SenderNeeds,
  platform: Platform,
  draft: Draft,
  stopped: Promise<'stopped'>,
): Promise<boolean> {
  if (draft.results.length > 0) {
    await needs.bus.publish(
      RESULTS_TOPIC,
      draft.results.map((result) => ({
        key: endpointKey(result.tenant_id, result.endpoint_id),
        value: Buffer.from(JSON.stringify(result)),
      })),
    );
  }
  if (draft.graphs.length === 0) return true;
  const job = await storeBatch(needs, platform, draft);
  while ((await needs.queue.add(job)) === 'full') {
    needs.onFull(true);
    if ((await Promise.race([needs.queue.room(), stopped])) === 'stopped') return false;
    needs.onFull(false);
  }
  needs.telemetry.metrics.observe('batch_size', draft.graphs.length, { platform });
  return true;
}

/** Stores the bytes, before the job that refers to them. A batch of the same windows has the same id again. */
async function storeBatch(
  needs: SenderNeeds,
  platform: Platform,
  { graphs, edges }: Draft,
): Promise<Job<ScoreJob>> {
  const { state, clock, batchTtlSeconds = 86_400 } = needs; // a day: longer than any queue should stand still
  const batchId = idOf('batch', ...graphs.map((graph) => graph.windowId));
  const bytes = encodeBatch(platform, graphs);
  const tenants = [...new Set(graphs.map((graph) => graph.window.tenantId))];
  const data: ScoreJob = {
    batch_id: batchId,
    platform,
    key: `batch/${batchId}`,
    feature_schema: featureSchema(platform),
    tenants,
    graphs: graphs.length,
    nodes: graphs.reduce((sum, graph) => sum + graph.labels.length, 0),
    edges,
    bytes: bytes.length,
    created_at: clock.now(),
  };
  await state.set(data.key, bytes, batchTtlSeconds);
  const [onlyTenant = '*'] = tenants.length === 1 ? tenants : [];
  return { id: batchId, tenant: onlyTenant, sizeBytes: bytes.length, data };
}
