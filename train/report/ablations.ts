import type { Platform } from '../../contracts/event.ts';
import { ablationsOf, ablationTitle } from '../ablate.ts';
import { type CrossFitted, judgeRows, TRAINED } from '../cross-fit.ts';
import type { PlatformEvaluation, ScorerFigures, ScorerName } from '../evaluation.ts';
import { type FoldPlan, joinedRows, rowsOf, scoreUnit } from '../fold-plan.ts';
import type { Run } from '../open-run.ts';
import type { ScoreUnit } from '../run/unit.ts';
import type { PartPlan } from './parts.ts';
import type { AblationEffect } from './training-report.ts';

type Scorers = PlatformEvaluation['scorers'];

/** The first seed's cross-fitted models on graphs that lack a relation or a group of features. */
export function ablationsPart(run: Run, crossFitted: readonly CrossFitted[]): PartPlan | null {
  const [first] = crossFitted;
  if (!first) return null;
  const { platform, runner } = run;
  return {
    units: ablationUnits(platform, first.plans),
    async make() {
      const ablations: AblationEffect[] = [];
      for (const ablation of ablationsOf(platform)) {
        const scored = await runner.score(first.plans.map((plan) => scoreUnit(plan, 'none', ablation)));
        const rows = first.plans.map((plan, at) => rowsOf(scored[at] ?? [], plan.judge, plan.fold));
        const { evaluation } = judgeRows('ablated', joinedRows(rows), first.byFold);
        const change = (of: (figures: ScorerFigures) => number | null) =>
          changes(evaluation.scorers, first.evaluation.scorers, of);
        ablations.push({
          title: ablationTitle(platform, ablation),
          prAuc: change(({ prAuc }) => prAuc),
          found: change(({ points: [alert] }) => (alert ? alert.runs.detected / alert.runs.attack : null)),
        });
      }
      return { ablations };
    },
  };
}

/** Scorings that tell what each thing in a graph is worth. */
export function ablationUnits(platform: Platform, plans: readonly FoldPlan[]): readonly ScoreUnit[] {
  return ablationsOf(platform).flatMap((one) => plans.map((plan) => scoreUnit(plan, 'none', one)));
}

/** One figure of every trained scorer less what it was before. */
function changes(
  after: Scorers,
  before: Scorers,
  of: (figures: ScorerFigures) => number | null,
): AblationEffect['prAuc'] {
  const one = (scorers: Scorers, name: ScorerName): number | null => {
    const figures = scorers[name];
    return figures ? of(figures) : null;
  };
  return Object.fromEntries(
    TRAINED.flatMap((name) => {
      const [now, then] = [one(after, name), one(before, name)];
      return now === null || then === null ? [] : [[name, now - then] as const];
    }),
  );
}
