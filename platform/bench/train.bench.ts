import type { BenchResult } from '../../contracts/bench.ts';
import { LogsterError } from '../../contracts/errors.ts';
import { openArena, sayOnStderr } from './arena.ts';
import type { Contestant } from './contestants.ts';
import { syntheticSet } from './graph-sets.ts';
import { inTurns, ROUNDS, rowsOf } from './rounds.ts';
import { TRAINING } from './trainers.ts';

const BATCH = 64;
const BATCHES = 4;
/** tfjs would need a minute for a whole step; what a step takes is proportional to its graphs. */
const SLOW_BATCH = 4;
const SETTINGS = { learningRate: 1e-3, weightDecay: 1e-2, clipNorm: 1 } as const;
/** First losses may differ by this much: after each step float32 sums in another order have gone through AdamW. */
const TOLERANCE = 1e-4;

/**
 * CPU milliseconds of a training step (forward, backward, gradient clipping, AdamW) of 64 made-up graphs without
 * dropout, of everything that trains here beside PyTorch. The first four losses must agree.
 */
export async function benchTrain(root: string): Promise<readonly BenchResult[]> {
  const say = sayOnStderr;
  const forms = ['geometric', 'geometric-compiled', 'fused', 'fused-compiled'] as const;
  const arena = await openArena(root, forms, say);
  try {
    await arena.load(syntheticSet(BATCH * BATCHES));
    const ours = arena.ours.filter(({ name, slow }) => TRAINING.some((one) => one === name) && !slow);
    const contestants = [...ours, ...arena.peers];
    say('the first four steps of everyone, which warm up and must agree …');
    await checkLosses(contestants.filter(({ slow }) => !slow));
    say(`${ROUNDS} rounds of ${BATCHES} steps …`);
    const rounds = await inTurns(contestants, stepMs);
    const peers = arena.peers.map(({ name }) => name);
    const of = { unit: 'CPU ms', lessIsBetter: true };
    return ours.flatMap(({ name }) =>
      rowsOf(rounds, name, peers, { name: `${name}, training step, batch ${BATCH}`, ...of }),
    );
  } finally {
    await arena.close();
  }
}

async function stepMs(contestant: Contestant): Promise<number> {
  const [batch, steps] = contestant.slow ? [SLOW_BATCH, 1] : [BATCH, BATCHES];
  const { cpuSeconds } = await contestant.ask({ do: 'train', set: 'synthetic', batch, steps, ...SETTINGS });
  return ((cpuSeconds * 1000) / steps) * (BATCH / batch);
}

async function checkLosses(contestants: readonly Contestant[]): Promise<void> {
  const answers = await Promise.all(
    contestants.map(async (one) => {
      const question = { do: 'train', set: 'synthetic', batch: BATCH, steps: 4, ...SETTINGS } as const;
      return { name: one.name, losses: (await one.ask(question)).losses };
    }),
  );
  const [first] = answers;
  for (const { name, losses } of answers) {
    const off = Math.max(...losses.map((loss, step) => Math.abs(loss - (first?.losses[step] ?? Number.NaN))));
    if (off <= TOLERANCE) continue;
    const message = `${name} and ${first?.name} do not train alike: the first losses are ${losses.join(', ')} and ${first?.losses.join(', ')}`;
    throw new LogsterError('model-invalid', message);
  }
}
