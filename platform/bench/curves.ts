import { CAPS } from '../../contracts/graph.ts';
import { syntheticBatch, syntheticModel } from '../../models/synthetic.ts';
import { type Arena, checkAgreement, type Say } from './arena.ts';
import type { Contestant } from './contestants.ts';
import { exchangeOf, type GraphSet, syntheticSet } from './graph-sets.ts';
import type { CaseOf } from './protocol.ts';
import { inTurns, median, passesFor } from './rounds.ts';
import { workerRounds } from './workers.ts';

/** One measured point of a curve. */
export interface Point {
  readonly contestant: string;
  readonly at: number;
  readonly value: number;
}

const BATCHES = [1, 2, 4, 8, 16, 32, 64, 128, 256];
const NODES = [20, 50, 100, 200, 500, 1000, 2000, 5000];
const SHARES = [0.35, 0.35, 0.05, 0.15, 0.1];
/** Graphs of one size together have about so many nodes, so that a pass takes long enough for the clock. */
const NODES_TOGETHER = 10_000;
const SEED = 11;
const ROUNDS = 5;
const MICRO = 1e6;

/** CPU microseconds per graph by batch size, on made-up graphs. */
export async function curveOverBatches(arena: Arena, say: Say): Promise<readonly Point[]> {
  const set = syntheticSet(BATCHES.at(-1) ?? 1);
  await arena.load(set);
  const points: Point[] = [];
  for (const batch of BATCHES) {
    say(`batches of ${batch} …`);
    points.push(...(await pointsAt(arena, batch, { set: set.name, batch })));
  }
  return points;
}

/** CPU microseconds per graph by its number of nodes, graph by graph, twice as many edges as nodes up to the cap. */
export async function curveOverNodes(arena: Arena, say: Say): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const nodes of NODES) {
    say(`graphs of ${nodes} nodes …`);
    const set = setOfNodes(nodes);
    await arena.load(set);
    points.push(...(await pointsAt(arena, nodes, { set: set.name, batch: 1 })));
  }
  return points;
}

/** Graphs per second on the clock by number of worker processes. */
export async function curveOverWorkers(root: string, arena: Arena, say: Say): Promise<readonly Point[]> {
  const points: Point[] = [];
  for (const backend of ['wasm', 'native'] as const) {
    if (!arena.ours.some(({ name }) => name === backend)) continue;
    say(`one and two workers of ${backend} …`);
    const rounds = await workerRounds(root, arena, { backend, set: syntheticSet(256), rounds: ROUNDS });
    ['one worker', 'two workers'].forEach((name, i) => {
      points.push({ contestant: backend, at: i + 1, value: median(rounds.get(name) ?? []) });
    });
  }
  return points;
}

async function pointsAt({ ours, peers }: Arena, at: number, of: CaseOf): Promise<readonly Point[]> {
  const contestants = [...peers, ...ours].filter(({ slow }) => !slow);
  await checkAgreement(contestants, of);
  const passes = new Map<string, number>();
  for (const one of contestants) passes.set(one.name, await passesOf(one, of));
  const rounds = await inTurns(
    contestants,
    async (one) => {
      const { cpuSeconds, graphs } = await one.ask({ do: 'score', passes: passes.get(one.name) ?? 1, ...of });
      return (cpuSeconds / graphs) * MICRO;
    },
    ROUNDS,
  );
  return contestants.map(({ name }) => ({ contestant: name, at, value: median(rounds.get(name) ?? []) }));
}

async function passesOf(contestant: Contestant, of: CaseOf): Promise<number> {
  return passesFor((await contestant.ask({ do: 'score', passes: 1, ...of })).wallSeconds);
}

function setOfNodes(nodes: number): GraphSet {
  const nodesPerType = SHARES.map((share) => Math.round(share * nodes));
  const size = { nodesPerType, edges: Math.min(2 * nodes, CAPS.edges) };
  const graphs = Math.max(1, Math.round(NODES_TOGETHER / nodes));
  const batch = syntheticBatch('linux', Array<typeof size>(graphs).fill(size), SEED);
  return { name: `${nodes} nodes`, exchanges: [exchangeOf(batch, syntheticModel('linux', SEED).parameters)] };
}
