import { finalUnit, seedOptions } from '../final-unit.ts';
import { planFolds, scoreUnit } from '../fold-plan.ts';
import type { Run } from '../open-run.ts';
import type { Unit } from '../run/unit.ts';
import { ablationUnits } from './ablations.ts';
import { ALTERED, labOutPart, shuffledPlans } from './parts.ts';
import { techniquePlans } from './technique-out.ts';
import type { Part } from './training-report.ts';

/** All units that a training and the parts of its report will take, so that its end can be foretold. */
export function plannedUnits(run: Run, seeds: readonly number[], parts: readonly Part[]): readonly Unit[] {
  const perSeed = seedOptions(run, seeds).map((one) => planFolds(run.usable, one));
  const [first = []] = perSeed;
  const plans = perSeed.flat();
  const recipe = first[0]?.fit.recipe;
  const ofPart = (part: Part): readonly Unit[] => {
    if (part === 'labOut') return labOutPart(run, seeds)?.units ?? [];
    if (part === 'ablations') return ablationUnits(run.platform, first);
    if (part === 'shuffled')
      return shuffledPlans(first, run.usable)
        .flat()
        .map((plan) => plan.fit);
    if (part === 'techniqueOut') return recipe ? techniquePlans(run, [], recipe).map((plan) => plan.fit) : [];
    if (part === 'heldBack' || (part === 'basicSensor' && run.platform !== 'windows')) return [];
    return plans.map((plan) => scoreUnit(plan, ALTERED[part]));
  };
  return [
    ...plans.flatMap((plan) => [plan.fit, scoreUnit(plan, 'none')]),
    ...(recipe ? [finalUnit(run, [], recipe)] : []),
    ...parts.flatMap(ofPart),
  ];
}
