import type { Clock } from '../../ports/telemetry/telemetry.ts';
import { type CrossFitted, TRAINED } from '../cross-fit.ts';
import type { Run } from '../open-run.ts';
import type { Unit } from '../run/unit.ts';
import type { TrainedVersion } from '../version.ts';
import { ablationsPart } from './ablations.ts';
import { reliability, sensorAgreement, techniqueRecall } from './details.ts';
import {
  alteredPart,
  heldBackPart,
  labOutPart,
  type MadeParts,
  type PartPlan,
  shuffledPart,
} from './parts.ts';
import { tableOf } from './table.ts';
import { techniqueOutPart } from './technique-out.ts';
import { PARTS, type Part, type TrainingReport } from './training-report.ts';

/** What a report is made from. */
export interface ReportNeeds {
  readonly run: Run;
  readonly seeds: readonly number[];
  readonly crossFitted: readonly CrossFitted[]; // one per seed
  readonly version: TrainedVersion; // of the first seed
  readonly parts: readonly Part[]; // none: only what cross-fitting shows
  readonly deadline: number | null; // epoch seconds; what cannot be finished by then is left out
  readonly clock: Clock;
  readonly report: (line: string) => void;
}

/** Makes the report of a training, part by part; once a part has no time left, later ones are left out too. */
export async function makeReport(needs: ReportNeeds): Promise<TrainingReport> {
  let made: MadeParts = {};
  const notApplicable: Part[] = [];
  const omitted: Part[] = [];
  for (const part of PARTS.filter((one) => needs.parts.includes(one))) {
    const plan = planOf(part, needs);
    if (plan === null) notApplicable.push(part);
    else if (omitted.length > 0 || !(await hasTime(plan.units, needs))) omitted.push(part);
    else {
      needs.report(`report: ${part}`);
      made = { ...made, ...(await plan.make()) };
    }
  }
  if (omitted.length > 0) needs.report(`left out for want of time: ${omitted.join(', ')}`);
  return { ...shownByCrossFit(needs), ...made, notApplicable, omitted };
}

function planOf(part: Part, { run, seeds, crossFitted }: ReportNeeds): PartPlan | null {
  switch (part) {
    case 'heldBack':
      return heldBackPart(run, crossFitted);
    case 'labOut':
      return labOutPart(run, seeds);
    case 'renamed':
      return alteredPart(run, crossFitted, 'renamed');
    case 'basicSensor':
      return run.platform === 'windows' ? alteredPart(run, crossFitted, 'basicSensor') : null;
    case 'ablations':
      return ablationsPart(run, crossFitted);
    case 'shuffled':
      return shuffledPart(run, crossFitted);
    case 'techniqueOut':
      return techniqueOutPart(run, crossFitted);
  }
}

async function hasTime(units: readonly Unit[], { run, deadline, clock }: ReportNeeds): Promise<boolean> {
  if (deadline === null) return true;
  const seconds = run.progress.secondsFor(await run.runner.costLeft(units)) ?? 0;
  return clock.now() + seconds <= deadline;
}

function shownByCrossFit(needs: ReportNeeds): Omit<TrainingReport, Part | 'notApplicable' | 'omitted'> {
  const { run, seeds, crossFitted, version } = needs;
  const { usable, captures } = run;
  return {
    platform: run.platform,
    createdAt: run.createdAt,
    model: {
      name: version.name,
      data: version.tags.data ?? '',
      featureSchema: version.tags.featureSchema ?? '',
    },
    seeds,
    folds: run.folds,
    recipe: run.recipe,
    data: {
      captures: usable.length,
      runs: new Set(usable.map((one) => one.run)).size,
      labs: [...new Set(usable.map((one) => one.lab))].sort(),
      heldBack: captures.filter((one) => one.heldBack).length,
      purged: crossFitted[0]?.purged ?? 0,
    },
    crossFit: tableOf(crossFitted),
    techniques: techniqueRecall(crossFitted, TRAINED),
    reliability: Object.fromEntries(TRAINED.map((name) => [name, reliability(crossFitted, name)])),
    curves: crossFitted.flatMap(({ curves }, place) =>
      curves.map((epochs, fold) => ({ seed: seeds[place] ?? 0, fold: fold + 1, epochs })),
    ),
    sensors: sensorAgreement(crossFitted, TRAINED),
  };
}
