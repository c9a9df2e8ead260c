import type { Platform } from '../../contracts/event.ts';
import type { Capture } from '../../datasets/manifest.ts';
import { trainingSide } from '../../datasets/split.ts';
import type { Alteration } from '../alter-events.ts';
import { type CrossFitted, crossFit, judgeRows, sessionOf, TRAINED } from '../cross-fit.ts';
import type { ScorerName } from '../evaluation.ts';
import { finalUnit, seedOptions } from '../final-unit.ts';
import { type FoldPlan, idsOf, joinedRows, planFolds, scoreFolds, scoreUnit } from '../fold-plan.ts';
import type { Run } from '../open-run.ts';
import type { Unit } from '../run/unit.ts';
import { shuffledLabels } from '../shuffle-labels.ts';
import { type Judged, spreadOf, tableOf } from './table.ts';
import type { Altered, Part, TrainingReport } from './training-report.ts';

/** What making a part adds to a report. */
export type MadeParts = Partial<Pick<TrainingReport, Part>>;

/** A part before it is made: the work it takes and how to make it. */
export interface PartPlan {
  readonly units: readonly Unit[];
  make(): Promise<MadeParts>;
}

/** Laboratories that belong together and are held out together. */
const LAB_GROUPS: Readonly<Record<Platform, readonly string[]>> = {
  windows: ['shire', 'theshire'], // beginnings of names
  linux: [],
};

/** Trains on all other laboratories, with thresholds from their own cross-fit, and judges those held out. */
export function labOutPart(run: Run, seeds: readonly number[]): PartPlan | null {
  const groups = LAB_GROUPS[run.platform]
    .map((labs) => ({ labs, ...labSides(run.usable, labs) }))
    .filter(({ held, train }) => held.length > 0 && train.length > 0);
  if (groups.length === 0) return null;
  const optionsOf = (labs: string) => seedOptions(run, seeds, `without ${labs} `);
  return {
    units: groups.flatMap(({ labs, train }) =>
      optionsOf(labs).flatMap((one) => [
        ...planFolds(train, one).map(({ fit }) => fit),
        { ...finalUnit(run, [], one.recipe), train: idsOf(train) },
      ]),
    ),
    async make() {
      const parts = [];
      for (const { labs, held, train } of groups) {
        const crossFitted = await crossFit(train, optionsOf(labs), run.runner);
        parts.push({ labs: `${labs}*`, table: tableOf(await judgeOutside(run, crossFitted, train, held)) });
      }
      return { labOut: parts };
    },
  };
}

function labSides(captures: readonly Capture[], prefix: string) {
  const isHeld = (one: Capture): boolean => one.lab.startsWith(prefix);
  const marked = captures.map((one) => (isHeld(one) ? { ...one, heldBack: true } : one));
  const ids = new Set(trainingSide(marked).map((one) => one.id));
  return { held: captures.filter(isHeld), train: captures.filter((one) => ids.has(one.id)) };
}

/** Captures that are in no fold, judged by one fit per cross-fit on all of `train`, shown as the cross-fit says. */
async function judgeOutside(
  run: Run,
  crossFitted: readonly CrossFitted[],
  train: readonly Capture[],
  judge: readonly Capture[],
): Promise<readonly Judged[]> {
  const plans = crossFitted.map((one): FoldPlan => {
    const fit = {
      ...finalUnit(run, one.epochs, one.recipe),
      title: one.plans[0]?.fit.title.replace(/fold.*/, 'all that trains') ?? '',
      train: idsOf(train),
    };
    return { fold: 0, fit, judge, purged: 0 };
  });
  await run.runner.fit(plans.map((plan) => plan.fit));
  const rows = await scoreFolds(plans, 'none', run.runner);
  return rows.map((one, seed) => judgeRows('outside', one, [crossFitted[seed]?.calibrations ?? {}]));
}

/** What is held back and labelled, judged by the version that ships, each laboratory by itself. */
export function heldBackPart(run: Run, crossFitted: readonly CrossFitted[]): PartPlan | null {
  const judge = run.captures
    .filter(
      (one) =>
        one.heldBack &&
        (one.role === 'train and judge' || one.role === 'judge only') &&
        (one.attack === false || one.mark !== null),
    )
    .sort((a, b) => (a.from ?? 0) - (b.from ?? 0));
  if (judge.length === 0) return null;
  return {
    units: [],
    async make() {
      const heldBack = [];
      for (const lab of new Set(judge.map((one) => one.lab))) {
        const own = judge.filter((one) => one.lab === lab);
        const judged = await judgeOutside(run, crossFitted.slice(0, 1), run.usable, own);
        heldBack.push({ lab, table: tableOf(judged) });
      }
      return { heldBack };
    },
  };
}

/** Parts that alter events, and how. */
export const ALTERED = { renamed: 'renamed', basicSensor: 'basic-sensor' } as const satisfies Partial<
  Record<Part, Alteration>
>;

/** The cross-fitted models on altered events of the captures that they did not see. */
export function alteredPart(
  run: Run,
  crossFitted: readonly CrossFitted[],
  part: keyof typeof ALTERED,
): PartPlan {
  const alteration = ALTERED[part];
  const plans = crossFitted.flatMap((one) => one.plans);
  return {
    units: plans.map((plan) => scoreUnit(plan, alteration)),
    async make() {
      const rows = await scoreFolds(plans, alteration, run.runner);
      const judged = crossFitted.map(({ byFold, folds }, seed) =>
        judgeRows(alteration, joinedRows(rows.slice(seed * folds, (seed + 1) * folds)), byFold),
      );
      return { [part]: { table: tableOf(judged), difference: differencesOf(judged, crossFitted) } };
    },
  };
}

function differencesOf(judged: readonly Judged[], plain: readonly Judged[]): Altered['difference'] {
  const areaOf = (one: Judged | undefined, name: ScorerName) => one?.evaluation.scorers[name]?.prAuc ?? null;
  const spreads = TRAINED.flatMap((name) => {
    const differences = judged.map((one, seed) => {
      const [altered, recorded] = [areaOf(one, name), areaOf(plain[seed], name)];
      return altered === null || recorded === null ? null : altered - recorded;
    });
    const spread = spreadOf(differences);
    return spread ? [[name, spread] as const] : [];
  });
  return Object.fromEntries(spreads);
}

/** Times that labels are shuffled. */
const SHUFFLES = 5;

/**
 * Cross-fits that learnt shuffled labels. Judged by the shuffled labels of the captures that they did not see, they can
 * only reach the share of attacks (Ojala and Garriga, "Permutation Tests for Studying Classifier Performance", JMLR 11,
 * 2010, test 1), unless what judges leaks into what trains. Judged by the true labels they show what the method thinks of
 * windows before it has learnt anything. Each shuffle is judged on every fold: a fold has so few sessions that chance
 * alone takes it anywhere.
 */
export function shuffledPart(run: Run, crossFitted: readonly CrossFitted[]): PartPlan | null {
  const [first] = crossFitted;
  if (!first) return null;
  const shuffles = shuffledPlans(first.plans, run.usable);
  const plans = shuffles.flat();
  return {
    units: plans.map((plan) => plan.fit),
    async make() {
      await run.runner.fit(plans.map((plan) => plan.fit));
      const rows = await scoreFolds(plans, 'none', run.runner);
      const read = await run.source.read(idsOf(run.usable), 'none');
      const judged = shuffles.map((one, shuffle) => {
        const own = joinedRows(rows.slice(shuffle * one.length, (shuffle + 1) * one.length));
        const { sessions } = shuffledLabels(read, shuffle + 1);
        const relabelled = own.rows.map((row) => ({
          ...row,
          label: sessions.get(sessionOf(row.capture, row.host)) ?? row.label,
        }));
        return {
          byShuffled: judgeRows('shuffled', { rows: relabelled, pairs: [] }, first.byFold),
          byTrue: judgeRows('shuffled', own, first.byFold),
          prevalence: relabelled.filter((row) => row.label === 'attack').length / relabelled.length,
        };
      });
      const table = (some: readonly Judged[]) => tableOf(some, { intervals: false });
      return {
        shuffled: {
          prevalence: judged.map((one) => one.prevalence),
          byShuffled: table(judged.map((one) => one.byShuffled)),
          byTrue: table(judged.map((one) => one.byTrue)),
        },
      };
    },
  };
}

/** The fits on shuffled labels, one list of folds per shuffle. */
export function shuffledPlans(
  plans: readonly FoldPlan[],
  captures: readonly Capture[],
): readonly (readonly FoldPlan[])[] {
  const among = idsOf(captures);
  return Array.from({ length: SHUFFLES }, (_, shuffle) =>
    plans.map((plan) => {
      const title = `shuffled labels ${shuffle + 1}/${SHUFFLES} fold ${plan.fold + 1}`;
      return { ...plan, fit: { ...plan.fit, title, shuffle: { seed: shuffle + 1, among } } };
    }),
  );
}
