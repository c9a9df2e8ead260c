import { ALERT_PROBABILITY } from '../../models/scaling.ts';
import { byKey } from '../by-key.ts';
import { bootstrapByGroup, type Interval, mean, quantile } from '../metrics.ts';
import { seededRandom } from '../random.ts';
import { type Compared, GATE_FIGURES, type GateFigure, SLICE_KINDS, type Slice } from './bless-report.ts';
import type { JudgedPair } from './judge-windows.ts';
import { type Counts, type GateFigures, ratingsOf } from './ratings.ts';

/** Draws of whole runs: enough for two digits of an interval's ends. */
const ROUNDS = 1000;

/** Both versions on the same windows. */
export interface Comparison {
  readonly figures: Readonly<Record<GateFigure, Compared>>;
  /** The scores above which each alerts at one false alarm per host and day; 0 where every window may. */
  readonly operatingPoints: { readonly champion: number; readonly challenger: number };
  readonly slices: readonly Slice[];
}

/**
 * Compares two versions. Each difference has a paired 95 % interval: whole runs are drawn anew with replacement, the
 * same ones for both, and every figure is made again of the draw, its operating point too.
 */
export function compareVersions(windows: readonly JudgedPair[]): Comparison {
  const runs = new Map<string, number>();
  for (const { capture } of windows) if (!runs.has(capture.run)) runs.set(capture.run, runs.size);
  const rated = (score: 'champion' | 'challenger') =>
    ratingsOf(
      windows.map(({ capture, host, end, attack, ...scores }) => ({
        run: runs.get(capture.run) ?? 0,
        machine: `${capture.id} ${host}`,
        end,
        attack,
        score: scores[score],
      })),
    );
  const [champion, challenger] = [rated('champion'), rated('challenger')];
  const once = new Float64Array(runs.size).fill(1);
  const differences = drawn(runs.size, (counts) => [champion.figures(counts), challenger.figures(counts)]);
  const [first, second] = [champion.figures(once), challenger.figures(once)];
  return {
    figures: Object.fromEntries(
      GATE_FIGURES.map((name) => [name, compared(first[name], second[name], differences[name])]),
    ) as Record<GateFigure, Compared>,
    operatingPoints: {
      champion: Math.max(0, champion.operatingPoint(once)),
      challenger: Math.max(0, challenger.operatingPoint(once)),
    },
    slices: SLICE_KINDS.flatMap((by) => slicesBy(by, windows)),
  };
}

function drawn(
  runs: number,
  figures: (counts: Counts) => readonly [GateFigures, GateFigures],
): Readonly<Record<GateFigure, readonly number[]>> {
  const random = seededRandom(1);
  const differences = Object.fromEntries(GATE_FIGURES.map((name) => [name, [] as number[]])) as Record<
    GateFigure,
    number[]
  >;
  for (let round = 0; round < ROUNDS; round++) {
    const counts = new Float64Array(runs);
    for (let draw = 0; draw < runs; draw++) {
      const run = Math.floor(random() * runs);
      counts[run] = (counts[run] ?? 0) + 1;
    }
    const [champion, challenger] = figures(counts);
    for (const name of GATE_FIGURES) {
      const [before, now] = [champion[name], challenger[name]];
      if (before !== null && now !== null) differences[name].push(now - before);
    }
  }
  return differences;
}

function compared(
  champion: number | null,
  challenger: number | null,
  differences: readonly number[],
): Compared {
  if (champion === null || challenger === null) return { champion, challenger, difference: null };
  const value = challenger - champion;
  const [low, high] = [quantile(differences, 0.025) ?? value, quantile(differences, 0.975) ?? value];
  return { champion, challenger, difference: { value, low, high } };
}

/** What a window belongs to, for a slice. */
const PARTS_OF = {
  technique: ({ capture }: JudgedPair) => capture.techniques,
  sensor: ({ capture }: JudgedPair) => [capture.source],
  lab: ({ capture }: JudgedPair) => [capture.lab],
} as const;

/** Recall as shown of every part, its attacks grouped by run; a run that two sensors saw is in both parts. */
function slicesBy(by: Slice['by'], windows: readonly JudgedPair[]): readonly Slice[] {
  const parts = new Map<string, JudgedPair[]>();
  for (const window of windows.filter((one) => one.attack))
    for (const of of new Set(PARTS_OF[by](window))) parts.set(of, [...(parts.get(of) ?? []), window]);
  return [...parts].sort(([a], [b]) => a.localeCompare(b)).map(([of, part]) => sliceOf(by, of, part));
}

function sliceOf(by: Slice['by'], of: string, part: readonly JudgedPair[]): Slice {
  const runs = [...byKey(part, (one) => one.capture.run).values()].map((group) => ({
    champion: group.some((one) => one.champion >= ALERT_PROBABILITY) ? 1 : 0,
    challenger: group.some((one) => one.challenger >= ALERT_PROBABILITY) ? 1 : 0,
  }));
  const difference: Interval | null = bootstrapByGroup(
    runs.map((run) => [run.challenger - run.champion]),
    mean,
    { rounds: ROUNDS },
  );
  return {
    by,
    of,
    runs: runs.length,
    champion: mean(runs.map((one) => one.champion)),
    challenger: mean(runs.map((one) => one.challenger)),
    difference,
  };
}
