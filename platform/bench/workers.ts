import type { Arena } from './arena.ts';
import { type BackendName, type Contestant, startBackends } from './contestants.ts';
import type { GraphSet } from './graph-sets.ts';
import { passesFor, type Rounds } from './rounds.ts';

const BATCH = 16;

/**
 * Graphs per second on the clock of one process and of two side by side, by `one worker` and `two workers`. The
 * machine needs a core for each, with nothing else on it.
 */
export async function workerRounds(
  root: string,
  { ours, load }: Pick<Arena, 'ours' | 'load'>,
  { backend, set, rounds }: { backend: BackendName; set: GraphSet; rounds: number },
): Promise<Rounds> {
  const first = ours.find(({ name }) => name === backend);
  const { present } = await startBackends(root, [backend]);
  const [second] = present;
  const figures = { one: [] as number[], two: [] as number[] };
  if (first && second) {
    await load(set, [first, second]);
    const score = (one: Contestant, passes: number) =>
      one.ask({ do: 'score', set: set.name, batch: BATCH, passes });
    await score(first, 1);
    const passes = 2 * passesFor((await score(second, 1)).wallSeconds);
    for (let round = 0; round < rounds; round++) {
      const { graphs, wallSeconds } = await score(round % 2 === 0 ? first : second, 2 * passes);
      const both = await Promise.all([score(first, passes), score(second, passes)]);
      figures.one.push(graphs / wallSeconds);
      figures.two.push(graphs / Math.max(...both.map((timing) => timing.wallSeconds)));
    }
  }
  await second?.close();
  return new Map([
    ['one worker', figures.one],
    ['two workers', figures.two],
  ]);
}
