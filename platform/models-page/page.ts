import { TRAINED } from '../../train/cross-fit.ts';
import { SCORERS } from '../../train/evaluation.ts';
import { CHOSEN_HOW } from '../../train/recipes.ts';
import type { TechniqueRecall } from '../../train/report/details.ts';
import type { Table } from '../../train/report/table.ts';
import type { Part, TrainingReport } from '../../train/report/training-report.ts';
import {
  ablationTable,
  alertTable,
  alteredTable,
  dutyTable,
  orderTable,
  sensorTable,
  shortTable,
  techniqueTable,
} from './tables.ts';

/** The page on what models were measured to do, from the reports of their trainings. */
export function modelsPage(reports: readonly TrainingReport[]): string {
  return `${[
    '# Models',
    '<!-- Written by `logster models report`; change the reports or the code, not this page. -->',
    INTRODUCTION,
    ...reports.flatMap(platformSections),
    '## Measure and train yourself',
    COMMANDS,
  ].join('\n\n')}\n`;
}

const INTRODUCTION = `One model ships per platform. Its folder holds the version with its weights, a golden batch that an engine must reproduce before it
may serve, where it has them the trees that score beside the network (\`trees.json\`), the simple models it was measured against, and its card:
[models/windows/card.md](../models/windows/card.md), [models/linux/card.md](../models/linux/card.md).

\`hybrid\` is what is served, \`gat\` the network alone. \`logistic-share\` and the boosted trees are simple models trained on the same windows.
\`control-*\` know nothing of behaviour: event kinds, three volume numbers, the laboratory, the host name. **What a control nearly reaches
proves nothing.** Every figure is the mean over the seeds; the 95 % interval stands in brackets (runs drawn anew; for false alarms Poisson's), then
the range of the seeds. Thresholds come with the model, never from the windows it is judged on: one for 0.5 % of benign windows (shown as
0.7, the alert threshold) and one for 2 % (shown as 0.5). A run is found when one of its attack windows alerts; two views of one run count
once.`;

const COMMANDS = `\`\`\`sh
npm run logster -- evaluate --manifest MANIFEST.json            # any labelled captures, beside baselines and controls
npm run logster -- train --platform linux --manifest MANIFEST.json   # registers the new version as challenger
npm run logster -- train --platform linux --manifest MANIFEST.json --report linux.json   # every figure of this page
npm run logster -- train --platform linux --manifest MANIFEST.json --search 30 --budget 600   # tries recipes for ten hours
npm run logster -- models report windows.json linux.json        # writes this page and its pictures
\`\`\`

\`train\` gives the same bytes for the same data, code and seed on any number of processes. It keeps every finished fit, so the same command goes
on where it was stopped. It trains on captures whose licence allows it (MIT, Apache-2.0, CC0, own) and never on those held back.`;

function platformSections(report: TrainingReport): readonly string[] {
  const { platform, crossFit } = report;
  return [
    `## ${TITLES[platform]}`,
    originOf(report),
    CHOSEN_HOW[platform],
    '### By cluster',
    `Every capture is judged by models that saw nothing of its cluster, its run, or its machine within a window's time.`,
    orderTable(crossFit),
    alertTable(crossFit),
    dutyTable(crossFit),
    ...highSection(crossFit),
    "Pairs: how often the stretch after an attack's mark scores higher than the one before, on the attacked machine (`marked`) and on one that took no part (`unmarked`, should be near 0.5).",
    ...pictures(platform),
    ...partSections(report),
    '### By technique, at the alert threshold',
    techniqueTable(
      report.techniques,
      SCORERS.filter((name) => name in crossFit.scorers && !name.startsWith('control')),
    ),
    ...leftOut(report),
  ];
}

function highSection({ scorers }: Table): readonly string[] {
  if (scorers.hybrid?.seeds.foundHigh == null) return [];
  return [
    'HIGH: alerts shown as 0.85 or more. That is where one benign window a host and day lies, which is carried like the other two; false alarms are episodes a host and day.',
  ];
}

const TITLES = { windows: 'Windows', linux: 'Linux' } as const;

function originOf({ model, data, crossFit, seeds, folds, createdAt, recipe }: TrainingReport): string {
  return (
    `${model.name}, trained ${createdAt.slice(0, 10)} for ${counted(recipe.epochs, 'epoch', 'epochs')} on data ${model.data}: ${data.captures} captures of ${data.runs} runs from ` +
    `${counted(data.labs.length, 'laboratory', 'laboratories')} (${data.labs.join(', ')}), ${crossFit.windows.attack} attack and ${crossFit.windows.benign} benign windows of three ` +
    `minutes, ${crossFit.benignHostHours.toFixed(1)} benign host-hours, ${crossFit.runs.attack} runs with an attack. ${folds} folds, ` +
    `${counted(seeds.length, 'seed', 'seeds')}, ${data.purged} captures purged, ${data.heldBack} held back.`
  );
}

const counted = (count: number, one: string, many: string): string => `${count} ${count === 1 ? one : many}`;

const pictures = (platform: string): readonly string[] =>
  ['scorers', 'reliability', 'curves'].map((name) => `![${ALT[name]}](models/${platform}-${name}.svg)`);
const ALT: Readonly<Record<string, string>> = {
  scorers: 'PR-AUC by scorer',
  reliability: 'What was said against what was',
  curves: 'Loss by epoch',
};

function partSections(report: TrainingReport): readonly string[] {
  const { heldBack, labOut, renamed, basicSensor, ablations, shuffled, techniqueOut, sensors } = report;
  const sections: string[] = [];
  if (labOut) {
    sections.push('### Laboratories held out', EXPLAINED.labOut);
    for (const { labs, table } of labOut) sections.push(`\`${labs}\`, ${sizeOf(table)}:`, shortTable(table));
  }
  if (heldBack) sections.push('### Held back', EXPLAINED.heldBack);
  for (const { lab, table } of heldBack ?? [])
    sections.push(`\`${lab}\`, ${sizeOf(table)}:`, shortTable(table), dutyTable(table));
  if (renamed) sections.push('### Everything renamed', EXPLAINED.renamed, alteredTable(renamed));
  if (basicSensor) sections.push('### A basic sensor', EXPLAINED.basicSensor, alteredTable(basicSensor));
  if (sensors)
    sections.push(
      '### auditd against eBPF',
      `The same ${sensors.attackRuns} attack runs seen by both sensors; scores compared over ${sensors.windows} windows of the same machine and time.`,
      sensorTable(sensors),
    );
  if (ablations) sections.push('### What each part is worth', EXPLAINED.ablations, ablationTable(ablations));
  if (shuffled) {
    const { prevalence, byShuffled, byTrue } = shuffled;
    const share = prevalence.reduce((sum, one) => sum + one, 0) / prevalence.length;
    sections.push(
      '### Shuffled labels',
      EXPLAINED.shuffled,
      `Judged by the shuffled labels (${share.toFixed(3)} of the windows are called attacks, mean of ${prevalence.length} shuffles):`,
      orderTable(byShuffled),
      'Judged by the true labels:',
      orderTable(byTrue),
    );
  }
  if (techniqueOut)
    sections.push(
      '### Techniques never trained on',
      `${EXPLAINED.techniqueOut} ${unseenLine(techniqueOut)}`,
      techniqueTable(
        techniqueOut,
        TRAINED.filter((name) => !name.startsWith('control')),
      ),
    );
  return sections;
}

/** The mean over techniques, of what is served. */
function unseenLine(techniques: readonly TechniqueRecall[]): string {
  const found = techniques.flatMap((one) => one.found.hybrid?.mean ?? []);
  const share = found.reduce((sum, one) => sum + one, 0) / Math.max(1, found.length);
  return `Over ${techniques.length} techniques the mean of what \`hybrid\` finds is ${(100 * share).toFixed(1)} %.`;
}

const EXPLAINED: Readonly<Record<Part, string>> = {
  labOut:
    'Whole laboratories are judged by models that saw nothing of them; thresholds come from the cross-fit of the others alone.',
  heldBack:
    'Recorded later and on no side of any fit, calibration or threshold; judged once, by the version that ships. How collections of sessions differ stands in [recording.md](recording.md).',
  renamed:
    'The same models on the same captures after programs, files, users and machines were given random names of the same shape. What falls here was learnt by heart.',
  basicSensor: "The same models on what Sysmon's ids 1, 3, 5 and 11 report alone.",
  ablations:
    'The cross-fitted models of the first seed on graphs from which one relation or one group of features was taken, without training anew: what falls is what they look at. Simple models count events beside the graph, and those stay.',
  shuffled:
    'Models that learnt labels shuffled among whole sessions of machines. Judged on the shuffled labels of captures that they did not see they can only guess: the mean should be near the share of windows that are called attacks (PR-AUC) and near 0.5 (ROC-AUC); more would be a leak between what trains and what judges (Ojala and Garriga, JMLR 11, 2010). Judged on the true labels they show what a method holds suspicious before it has learnt anything: models that see benign work laid over their examples take what is rare for an attack, and attacks are rarer in kind, so they may lie above the share of attacks without a leak. One shuffle may fall on either side by chance; the range shows how far the mean can be trusted.',
  techniqueOut:
    'A model per technique, of the first seed, trained on everything but the captures that show it, whatever else these show; the runs that do are judged at the alert threshold of the cross-fit. Most runs show several techniques, so that those left out with one are often left out with another.',
};

const sizeOf = ({ windows, runs, benignHostHours }: TrainingReport['crossFit']): string =>
  `${windows.attack} attack windows of ${runs.attack} runs, ${windows.benign} benign windows of ${runs.benign} runs (${benignHostHours.toFixed(1)} host-hours)`;

function leftOut({ omitted }: TrainingReport): readonly string[] {
  if (omitted.length === 0) return [];
  return [`Not measured for want of time: ${omitted.join(', ')}.`];
}
