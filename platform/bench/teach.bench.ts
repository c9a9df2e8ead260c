import { teachingOrder } from '../../alerting/teaching-order.ts';
import type { BenchResult } from '../../contracts/bench.ts';
import { ALERT_PROBABILITY } from '../../models/scaling.ts';
import { byKey } from '../../train/by-key.ts';
import { seededRandom, shuffled } from '../../train/random.ts';
import { table } from '../table.ts';
import { sayOnStderr as say } from './arena.ts';
import { earlyMaterial, type Material, RECORDED, shippedMaterial } from './teach-material.ts';
import type { StreamWindow } from './teach-stream.ts';
import { type Outcome, outcomeOf, taught } from './teach-tune.ts';

const VERDICTS = 50;
/** Each divides the stream anew. */
const SPLITS = [1, 2, 3];
/** Random choices for each division. */
const DRAWS = 2;

/** Chooses among the windows that were seen; only those that were kept can be judged in the product. */
type Choose = (seen: readonly StreamWindow[], seed: number) => readonly StreamWindow[];

const keptOf = (seen: readonly StreamWindow[]): readonly StreamWindow[] => seen.filter((one) => one.kept);
const drawn = (from: readonly StreamWindow[], seed: number): readonly StreamWindow[] =>
  shuffled(from, seededRandom(seed)).slice(0, VERDICTS);

/** Who chooses the windows that are judged. */
const CHOICES: Readonly<Record<string, Choose>> = {
  'teaching order': (seen) => {
    const candidates = keptOf(seen);
    const byId = new Map(candidates.map((one) => [one.scored.inferenceId, one]));
    const lessons = teachingOrder(
      candidates.map((one) => one.scored),
      [],
      { limit: VERDICTS },
    );
    return lessons.flatMap(({ window }) => byId.get(window.inferenceId) ?? []);
  },
  'highest score': (seen) =>
    keptOf(seen)
      .toSorted((a, b) => b.scored.attackProb - a.scored.attackProb)
      .slice(0, VERDICTS),
  'random of those kept': (seen, seed) => drawn(keptOf(seen), seed),
  'random of all': drawn,
};

/** One fine-tuning: what was chosen, and the second half before and after. */
interface Trial {
  readonly choice: string;
  readonly chosen: readonly StreamWindow[];
  readonly before: Outcome;
  readonly after: Outcome;
}

/**
 * What the first 50 verdicts are worth by who chooses the windows: false alarms on the half of a stream of benign
 * activity that nobody was asked about, and attacks found, before and after fine-tuning with the verdicts.
 */
export async function benchTeach(root: string): Promise<readonly BenchResult[]> {
  const rows: BenchResult[] = [];
  for (const materialOf of [earlyMaterial, shippedMaterial]) {
    const material = await materialOf(root);
    printStream(material);
    rows.push(...(await rowsOf(material)));
  }
  return rows;
}

const isAlarm = ({ scored }: StreamWindow): boolean => scored.attackProb >= ALERT_PROBABILITY;

function printStream({ name, stream }: Material): void {
  const rows = [...byKey(stream, (one) => one.kind)].map(([kind, own]) => [
    kind,
    new Set(own.map((one) => one.run)).size,
    own.length,
    own.filter((one) => one.kept).length,
    own.filter(isAlarm).length,
    new Set(own.filter(isAlarm).map((one) => one.scored.pattern)).size,
  ]);
  const head = [`${name}: benign activity`, 'runs', 'windows', 'kept', 'alarms', 'patterns of alarms'];
  process.stdout.write(`${table(head, rows)}\n\n`);
}

/** All trials on one stream, told and summed up. */
async function rowsOf(material: Material): Promise<readonly BenchResult[]> {
  const { name } = material;
  const trials: Trial[] = [];
  for (const split of SPLITS) {
    const [first, second] = halvesOf(material.stream, split);
    const before = await outcomeOf(material.champion.model, second, material.attacks);
    say(
      `${name}, division ${split}: ${keptOf(first).length} of ${first.length} windows kept, ${before.alarms} alarms in the rest`,
    );
    for (const [choice, choose] of Object.entries(CHOICES))
      for (let draw = 0; draw < (choice.startsWith('random') ? DRAWS : 1); draw++) {
        const chosen = choose(first, 10 * split + draw);
        const model = await taught(material.champion, material.corpus, chosen, split);
        const after = await outcomeOf(model, second, material.attacks);
        trials.push({ choice, chosen, before, after });
        say(`${choice}: ${told(after)}, before ${told(before)}`);
      }
  }
  printTrials(name, trials);
  printRemaining(
    name,
    trials.filter((one) => one.choice === 'teaching order'),
  );
  return resultsOf(name, trials);
}

const told = ({ alarms, episodes, runsFound, attacksAlerted }: Outcome): string =>
  `${alarms} alarms in ${episodes} episodes, ${runsFound} attack runs and ${attacksAlerted} windows found`;

/** Whole runs on either side, each kind of activity divided evenly by chance. */
function halvesOf(
  stream: readonly StreamWindow[],
  seed: number,
): readonly [readonly StreamWindow[], readonly StreamWindow[]] {
  const random = seededRandom(seed);
  const first = new Set<string>();
  for (const own of byKey(stream, (one) => one.kind).values()) {
    const runs = shuffled([...new Set(own.map((one) => one.run))], random);
    for (const run of runs.slice(0, runs.length >> 1)) first.add(run);
  }
  return [stream.filter((one) => first.has(one.run)), stream.filter((one) => !first.has(one.run))];
}

/** What a trial is judged by; falls are positive. */
const FIGURES: Readonly<Record<string, (one: Trial) => number>> = {
  'false alarms cut, %': ({ before, after }) => cut(before.alarms, after.alarms),
  'recorded ones cut, %': ({ before, after }) => cut(recordedOf(before), recordedOf(after)),
  'episodes cut, %': ({ before, after }) => cut(before.episodes, after.episodes),
  'attack runs lost, points': ({ before, after }) => points(before.runsFound - after.runsFound, before.runs),
  'attack windows lost, points': ({ before, after }) =>
    points(before.attacksAlerted - after.attacksAlerted, before.attacks),
  'patterns judged': ({ chosen }) => new Set(chosen.map((one) => one.scored.pattern)).size,
};

const recordedOf = ({ alarming }: Outcome): number => alarming.filter((one) => one.kind === RECORDED).length;
const points = (part: number, of: number): number => (of === 0 ? 0 : (100 * part) / of);
const cut = (before: number, after: number): number => points(before - after, before);
const meanOf = (values: readonly number[]): number =>
  values.reduce((sum, one) => sum + one, 0) / Math.max(1, values.length);

function printTrials(name: string, trials: readonly Trial[]): void {
  const rows = [...byKey(trials, (one) => one.choice)].map(([choice, own]) => [
    choice,
    own.length,
    ...Object.values(FIGURES).map((figure) => {
      const values = own.map(figure);
      const [low, high] = [Math.min(...values), Math.max(...values)];
      return `${meanOf(values).toFixed(1)} (${low.toFixed(1)} to ${high.toFixed(1)})`;
    }),
  ]);
  process.stdout.write(`${table([name, 'trials', ...Object.keys(FIGURES)], rows)}\n\n`);
}

/** Alarms of the second halves by kind, with those that the verdicts left. */
function printRemaining(name: string, trials: readonly Trial[]): void {
  const count = (outcomes: readonly Outcome[], kind: string): number =>
    outcomes.flatMap((one) => one.alarming).filter((one) => one.kind === kind).length;
  const [before, after] = [trials.map((one) => one.before), trials.map((one) => one.after)];
  const kinds = new Set([...before, ...after].flatMap((one) => one.alarming).map((one) => one.kind));
  const rows = [...kinds].map((kind) => [
    kind,
    trials.flatMap((one) => one.chosen).filter((one) => one.kind === kind).length,
    count(before, kind),
    count(after, kind),
  ]);
  const head = [`${name}, teaching order`, 'judged', 'alarms before', 'after'];
  process.stdout.write(`${table(head, rows)}\n\n`);
}

function resultsOf(name: string, trials: readonly Trial[]): readonly BenchResult[] {
  const byChoice = byKey(trials, (one) => one.choice);
  const ours = byChoice.get('teaching order') ?? [];
  const peers = [...byChoice].filter(([choice]) => choice !== 'teaching order');
  return peers.flatMap(([peer, theirs]) =>
    Object.entries(FIGURES).flatMap(([figure, of]) => {
      const [own, peerValue] = [meanOf(ours.map(of)), meanOf(theirs.map(of))];
      return figure.includes('cut')
        ? [{ name: `${name}: ${figure}`, unit: '%', ours: own, peer, peerValue, ratio: own / peerValue }]
        : [];
    }),
  );
}
