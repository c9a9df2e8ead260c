import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import type { BackendSetting } from '../../serve/backend.ts';
import { type Pool, scorerPool } from '../../serve/pool.ts';
import { quantile } from '../metrics.ts';
import type { Latency } from './bless-report.ts';
import type { Candidate } from './candidate.ts';

/** Rounds in which both versions score the standard batch; the median of so many bears a busy machine. */
const ROUNDS = 21;
/** Graphs in the standard batch: what one tick of so many endpoints brings. */
const GRAPHS = 32;

/** A scorer process with both versions in it. */
export interface TriedScorer {
  /** Why the challenger cannot serve; null when it can. */
  readonly problem: string | null;
  /** Time per graph over a standard batch of these graphs, both versions in turns. */
  measure(graphs: readonly HeteroGraph[]): Promise<Latency>;
  close(): Promise<void>;
}

export interface ScorerNeeds {
  readonly champion: Candidate;
  readonly challenger: Candidate;
  readonly platform: Platform;
  /** Something to score: a version for other features is refused here, as it would be when it serves. */
  readonly probe: readonly HeteroGraph[];
  readonly scorer: { readonly script: string; readonly backend: BackendSetting };
}

/**
 * Loads both versions into a real scorer process, which checks hashes, network, features and the golden batch. A
 * challenger that it refuses is an answer; a champion that it refuses is thrown, for nothing can be compared then.
 */
export async function tryScorer({ champion, challenger, ...needs }: ScorerNeeds): Promise<TriedScorer> {
  const { platform, probe, scorer } = needs;
  const telemetry = recordedTelemetry();
  const settings = { backend: scorer.backend };
  const pool = await scorerPool({ scorers: 1, settings, script: scorer.script, telemetry });
  const serve = async ({ version, files }: Candidate, as: Role): Promise<string> => {
    const { backend } = await pool.load({ platform, name: version.name, version: as, files });
    await pool.score(requestOf(platform, as, probe, 'probe'));
    return backend;
  };
  try {
    const backend = await serve(champion, 'champion');
    const problem = challenger.damage ?? (await problemOf(serve(challenger, 'challenger')));
    return {
      problem,
      measure: (graphs) => measured(pool, { platform, backend, graphs: spread(graphs) }),
      close: () => pool.close(),
    };
  } catch (thrown) {
    await pool.close();
    throw thrown;
  }
}

type Role = 'champion' | 'challenger';

/** What a scorer says of a version that it cannot serve; everything else is thrown on. */
async function problemOf(serving: Promise<unknown>): Promise<string | null> {
  try {
    await serving;
    return null;
  } catch (thrown) {
    if (thrown instanceof LogsterError && ABOUT_MODEL.includes(thrown.code)) return reasonOf(thrown);
    throw thrown;
  }
}

const ABOUT_MODEL: readonly LogsterError['code'][] = [
  'model-invalid',
  'schema-mismatch',
  'resource-exhausted',
];

/** Milliseconds from handing a batch over to having every result; who begins changes from round to round. */
async function measured(
  pool: Pool,
  { platform, backend, graphs }: { platform: Platform; backend: string; graphs: readonly HeteroGraph[] },
): Promise<Latency> {
  const times = { champion: [] as number[], challenger: [] as number[] };
  for (let round = -1; round < ROUNDS; round++) {
    const order: readonly Role[] = round % 2 === 0 ? ['champion', 'challenger'] : ['challenger', 'champion'];
    for (const role of order) {
      const request = requestOf(platform, role, graphs, String(round));
      const start = performance.now();
      await pool.score(request);
      if (round >= 0) times[role].push((performance.now() - start) / graphs.length); // the first warms up
    }
  }
  const ratios = times.champion.map((one, round) => (times.challenger[round] ?? one) / one);
  const ratio = quantile(ratios, 0.5) ?? 1;
  return {
    backend,
    graphs: graphs.length,
    championMs: times.champion,
    challengerMs: times.challenger,
    ratio,
  };
}

/** A scorer remembers the scores of graphs by their content, so each round calls them differently. */
function requestOf(platform: Platform, version: string, graphs: readonly HeteroGraph[], round: string) {
  const renamed = graphs.map((graph) => ({ ...graph, contentHash: `${graph.contentHash}/${round}` }));
  return { platform, version, bytes: encodeBatch(platform, renamed), from: 0, to: graphs.length };
}

/** Graphs of every size, evenly. */
function spread(graphs: readonly HeteroGraph[]): readonly HeteroGraph[] {
  const bySize = [...graphs].sort((a, b) => a.source.length - b.source.length);
  const step = Math.max(1, bySize.length / GRAPHS);
  return Array.from(
    { length: Math.min(GRAPHS, bySize.length) },
    (_, n) => bySize[Math.floor(n * step)],
  ).filter((one) => one !== undefined);
}
