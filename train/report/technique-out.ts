import { trainingSide } from '../../datasets/split.ts';
import { type CrossFitted, judgeRows, TRAINED } from '../cross-fit.ts';
import { finalUnit } from '../final-unit.ts';
import type { Recipe } from '../fit.ts';
import { type FoldPlan, idsOf, scoreFolds } from '../fold-plan.ts';
import type { Run } from '../open-run.ts';
import { techniqueRecall } from './details.ts';
import type { PartPlan } from './parts.ts';

/** A training without one technique, and the captures that show it. */
interface TechniquePlan extends FoldPlan {
  readonly technique: string;
}

/**
 * Trains once per technique on everything but the captures that show it, whatever else these show, and judges the
 * attacks in those by the thresholds of the cross-fit: what a model makes of a technique that it has never seen.
 */
export function techniqueOutPart(run: Run, [first]: readonly CrossFitted[]): PartPlan | null {
  if (!first) return null;
  const plans = techniquePlans(run, first.epochs, first.recipe);
  if (plans.length === 0) return null;
  return {
    units: plans.map((plan) => plan.fit),
    async make() {
      await run.runner.fit(plans.map((plan) => plan.fit));
      const rows = await scoreFolds(plans, 'none', run.runner);
      const techniqueOut = plans.flatMap(({ technique }, place) => {
        const judged = judgeRows('without', rows[place] ?? { rows: [], pairs: [] }, [first.calibrations]);
        return techniqueRecall([judged], TRAINED).filter((one) => one.technique === technique);
      });
      return { techniqueOut: techniqueOut.sort((a, b) => b.runs - a.runs) };
    },
  };
}

/** The trainings of the part; techniques without which no attack is left to learn from have none. */
export function techniquePlans(
  run: Run,
  epochs: readonly number[],
  recipe: Recipe,
): readonly TechniquePlan[] {
  const attacks = run.usable.filter((one) => one.attack !== false && one.mark !== null);
  const techniques = [...new Set(attacks.flatMap((one) => one.techniques))].sort();
  return techniques.flatMap((technique) => {
    const judge = attacks.filter((one) => one.techniques.includes(technique));
    const out = new Set(idsOf(judge));
    const train = trainingSide(run.usable.map((one) => (out.has(one.id) ? { ...one, heldBack: true } : one)));
    if (!train.some((one) => one.attack !== false)) return [];
    const fit = { ...finalUnit(run, epochs, recipe), title: `without ${technique}`, train: idsOf(train) };
    const purged = run.usable.length - judge.length - train.length;
    return [{ technique, fold: 0, fit, judge, purged }];
  });
}
