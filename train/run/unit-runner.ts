import type { Trained } from '../fit-all.ts';
import type { Progress } from '../progress.ts';
import type { Executor } from './executor.ts';
import type { RunFolder } from './run-folder.ts';
import {
  costOf,
  decodeTrained,
  type FitUnit,
  keyOfUnit,
  type ScoredCapture,
  type ScoreUnit,
  type Unit,
} from './unit.ts';

/** Epochs between two lines about one fit. */
const EVERY = 5;

/** Finishes units. What a former call, also of another process, has finished is read back. */
export interface UnitRunner {
  fit(units: readonly FitUnit[]): Promise<readonly Trained[]>;
  score(units: readonly ScoreUnit[]): Promise<readonly (readonly ScoredCapture[])[]>;
  /** Counts units in what progress foretells before they are asked for. */
  announce(units: readonly Unit[]): Promise<void>;
  /** Work that is left in units, in epochs. */
  costLeft(units: readonly Unit[]): Promise<number>;
}

/** Runs units on executors, as many at a time as there are; equal units are run once. */
export function unitRunner({
  folder,
  executors,
  progress,
}: {
  readonly folder: RunFolder;
  readonly executors: readonly Executor[];
  readonly progress: Progress;
}): UnitRunner {
  const open = async (units: readonly Unit[]): Promise<readonly Unit[]> => {
    const left = new Map<string, Unit>();
    for (const unit of units) {
      const key = keyOfUnit(unit);
      if (!left.has(key) && (await folder.read(key)) === null) left.set(key, unit);
    }
    return [...left.values()];
  };
  const announced = new Set<string>();
  const announce = async (units: readonly Unit[]): Promise<readonly Unit[]> => {
    const left = await open(units);
    for (const unit of left) if (!announced.has(keyOfUnit(unit))) progress.plan(costOf(unit));
    for (const unit of left) announced.add(keyOfUnit(unit));
    return left;
  };
  const finish = async (units: readonly Unit[]): Promise<readonly string[]> => {
    const left = await announce(units);
    const queue = left.values();
    let stopped = false;
    const work = async (executor: Executor): Promise<void> => {
      for (const unit of queue) {
        if (stopped) return;
        await runOne(executor, unit, progress).catch((cause: unknown) => {
          stopped = true;
          throw cause;
        });
      }
    };
    // all are waited for, so that none goes on behind a failure
    const ends = await Promise.allSettled(executors.map(work));
    const failed = ends.find((end) => end.status === 'rejected');
    if (failed) throw failed.reason;
    return Promise.all(units.map(async (unit) => (await folder.read(keyOfUnit(unit))) ?? ''));
  };
  return {
    fit: async (units) => (await finish(units)).map(decodeTrained),
    score: async (units) => (await finish(units)).map((text) => JSON.parse(text) as readonly ScoredCapture[]),
    announce: async (units) => {
      await announce(units);
    },
    costLeft: async (units) => (await open(units)).reduce((sum, unit) => sum + costOf(unit), 0),
  };
}

async function runOne(executor: Executor, unit: Unit, progress: Progress): Promise<void> {
  let counted = 0;
  await executor.run(unit, (epoch, loss) => {
    if (counted >= costOf(unit) - 1) return;
    counted++;
    progress.done(
      1,
      epoch % EVERY === 0 ? `${unit.title}: epoch ${epoch}, loss ${loss.toFixed(3)}` : undefined,
    );
  });
  progress.done(costOf(unit) - counted, unit.kind === 'fit' ? `${unit.title}: done` : undefined);
}
