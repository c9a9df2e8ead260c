import type { BenchResult } from '../../contracts/bench.ts';
import { type Arena, checkAgreement, openArena, type Say, sayOnStderr } from './arena.ts';
import type { Contestant } from './contestants.ts';
import { capturesManifest, type GraphSet, realSet, sizesOf, syntheticSet } from './graph-sets.ts';
import type { CaseOf } from './protocol.ts';
import { inTurns, passesFor, ROUNDS, rowsOf } from './rounds.ts';
import { sharesOf } from './shares.ts';
import { workerRounds } from './workers.ts';

const BATCHES = [1, 16, 64];
const GRAPHS = 256;
/** A slow contestant needs about a second for these. */
const FEW_GRAPHS = 8;
const UNIT = 'graphs/CPU-second';

/**
 * Graphs per CPU-second of every backend beside PyTorch, each contestant a process of its own on one thread. Ours
 * include the making of messages from edges and the scores that explain a result; peers get their messages ready
 * and give probabilities alone.
 */
export async function benchScore(root: string): Promise<readonly BenchResult[]> {
  const say = sayOnStderr;
  const sets = [syntheticSet(GRAPHS), await realSet(root, capturesManifest(root))];
  for (const set of sets) process.stdout.write(`${describe(set)}\n`);
  const arena = await openArena(root, ['geometric', 'geometric-compiled', 'fused-compiled'], say);
  try {
    for (const set of sets) await arena.load(set);
    const results: BenchResult[] = [];
    for (const { name: set } of sets) {
      for (const batch of BATCHES) results.push(...(await measure(arena, { set, batch }, say)));
    }
    return [...results, ...(await measureSlow(arena, say)), ...(await twoWorkers(root, arena, say))];
  } finally {
    await arena.close();
  }
}

function describe(set: GraphSet): string {
  const { graphs, text } = sizesOf(set);
  const { rows, zeros } = sharesOf(set);
  const percent = (share: number) => `${Math.round(share * 100)} %`;
  return `${set.name}: ${graphs} graphs; ${text}; a layer multiplies ${percent(rows)} of the rows, ${percent(zeros)} of the features are 0`;
}

/** One case: everyone agrees first, which warms them up, then takes turns. */
async function measure({ ours, peers }: Arena, of: CaseOf, say: Say): Promise<readonly BenchResult[]> {
  const quick = ours.filter(({ slow }) => !slow);
  const name = `${of.set}, batch ${of.batch}`;
  say(`${name}: checking that all agree …`);
  await checkAgreement([...peers, ...quick], { ...of, ...(peers.some(({ slow }) => slow) && FEW) });
  return compare(quick, peers, name, (one) => ({ ...of, ...(one.slow && FEW) }), say);
}

/** What is slow gets a few graphs, one by one, and so does everyone it is compared with. */
async function measureSlow({ ours, peers }: Arena, say: Say): Promise<readonly BenchResult[]> {
  const slow = ours.filter((one) => one.slow);
  if (slow.length === 0) return [];
  const of = { set: 'synthetic', batch: 1, ...FEW };
  await checkAgreement([...peers, ...slow], of);
  return compare(slow, peers, `synthetic, batch 1, ${FEW_GRAPHS} graphs`, () => of, say);
}

const FEW = { graphs: FEW_GRAPHS };

async function compare(
  ours: readonly Contestant[],
  peers: readonly Contestant[],
  name: string,
  caseOf: (contestant: Contestant) => CaseOf,
  say: Say,
): Promise<readonly BenchResult[]> {
  const passes = new Map<string, number>();
  for (const one of [...ours, ...peers]) {
    const { wallSeconds } = await one.ask({ do: 'score', passes: 1, ...caseOf(one) });
    passes.set(one.name, passesFor(wallSeconds));
  }
  say(`${name}: ${ROUNDS} rounds …`);
  const rounds = await inTurns([...ours, ...peers], async (one) => {
    const question = { do: 'score', passes: passes.get(one.name) ?? 1, ...caseOf(one) } as const;
    const { graphs, cpuSeconds } = await one.ask(question);
    return graphs / cpuSeconds;
  });
  const names = peers.map((peer) => peer.name);
  return ours.flatMap((one) => rowsOf(rounds, one.name, names, { name: `${one.name}, ${name}`, unit: UNIT }));
}

/** Two processes against one, on the clock. */
async function twoWorkers(root: string, arena: Arena, say: Say): Promise<readonly BenchResult[]> {
  say(`two workers: ${ROUNDS} rounds …`);
  const rounds = await workerRounds(root, arena, {
    backend: 'wasm',
    set: syntheticSet(GRAPHS),
    rounds: ROUNDS,
  });
  const name = 'wasm, synthetic, batch 16, two workers';
  return rowsOf(rounds, 'two workers', ['one worker'], { name, unit: 'graphs/second on the clock' });
}
