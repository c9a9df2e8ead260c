import { type CrossFitOptions, typicalEpochs } from './cross-fit.ts';
import type { Recipe } from './fit.ts';
import { idsOf } from './fold-plan.ts';
import { modelName } from './load-model.ts';
import type { Run } from './open-run.ts';
import type { FitUnit } from './run/unit.ts';

/** How to cross-fit once per seed, with the same folds. */
export function seedOptions(run: Run, seeds: readonly number[], title = ''): readonly CrossFitOptions[] {
  const { platform, folds } = run;
  return seeds.map((seed) => ({
    platform,
    folds,
    recipe: { ...run.recipe, seed },
    name: `${modelName(platform)}@cross-fitted`,
    title: seeds.length > 1 ? `${title}seed ${seed}` : title.trim(),
  }));
}

/** The fit on everything that may train, for as long as the folds of a cross-fit found best. */
export function finalUnit({ platform, usable }: Run, epochs: readonly number[], recipe: Recipe): FitUnit {
  return {
    kind: 'fit',
    title: 'all captures',
    platform,
    recipe: epochs.length > 0 ? { ...recipe, epochs: typicalEpochs(epochs) } : recipe,
    train: idsOf(usable),
    choice: null,
    shuffle: null,
  };
}
