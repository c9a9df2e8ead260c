import { corrections } from '../datasets/corrections.ts';
import type { ModelManifest } from '../models/artifact.ts';
import { HIGH_PROBABILITY } from '../models/scaling.ts';
import { byKey } from './by-key.ts';
import type { PlatformEvaluation, ScorerFigures, ScorerName } from './evaluation.ts';
import { SCORERS } from './evaluation.ts';
import type { FeedbackWeight } from './feedback-examples.ts';
import { feedbackLines } from './feedback-section.ts';
import { TREES_PAIR_SHARE } from './fit-trees.ts';
import { falseAlarms, isAttack, isLabelled, type JudgedWindow, ratedBy } from './judge.ts';
import { bootstrapByGroup, prAuc } from './metrics.ts';
import { CHOSEN_HOW } from './recipes.ts';
import type { VersionParts } from './version.ts';

/** What the card of a version is written from. */
export interface CardParts extends VersionParts {
  readonly weights: FeedbackWeight;
}

/** The model card of a version as Markdown: what it learnt from, how good it is beside what, what it cannot see. */
export function modelCard(manifest: ModelManifest, parts: CardParts): string {
  const { evaluation, calibrations, windows, purged } = parts.crossFitted;
  const alert = calibrations.hybrid?.alert;
  return `${[
    `# ${manifest.name}`,
    `A heterogeneous graph attention network that gives a three-minute window of a ${manifest.platform} machine the probability of an attack. Made ${manifest.createdAt}; network ${manifest.architecture}, features ${manifest.featureSchema}, data ${manifest.data}, seed ${manifest.seed}.`,
    '## Learnt from',
    licenceTable(parts),
    `Three-minute windows: ${evaluation.windows.attack} attack, ${evaluation.windows.benign} benign; unknown ones are neither trained on nor judged. ${pairsLine(parts)} Recording preludes are cut, two views of one run stay together and count once. ${correctionsLine(parts)}`,
    verdictLines(parts),
    '## How good it is',
    `Every capture is judged by models that saw nothing of its cluster, its run, or its machine within a window's time (${parts.crossFitted.folds} folds, ${purged} captures purged); ${epochsLine(parts)}, and a fold's thresholds come from the benign windows of the others. **The version in this folder was then trained on all of these captures for ${parts.recipe.epochs} epochs: figures it gives on them again are not a measurement.** One seed.`,
    figuresTable(evaluation, windows),
    servedLine(parts),
    '`found` counts runs with an alert on an attack window, `alerted` benign windows, each at the threshold carried for that share of benign windows. `control-*` know only event kinds, three volume numbers, the laboratory, the host name: what a control nearly reaches proves nothing. Pairs: how often the stretch after the mark scores higher than the one before on the attacked machine (`marked`) and on one that took no part (`unmarked`, should be near 0.5).',
    alert
      ? `The alert threshold (shown as 0.7) is where 0.5 % of benign windows lie when sessions of machines are drawn anew: raw logit ${alert.value.toFixed(2)}, 95 % of draws between ${alert.low.toFixed(2)} and ${alert.high.toFixed(2)}. It rests on ${alert.deciders} of ${alert.hosts} sessions. 0.5 is shown where 2 % lie.`
      : '',
    highLine(parts),
    verdictLine(evaluation),
    CHOSEN_HOW[manifest.platform],
    falseAlarmLine(evaluation),
    '### By laboratory, at the alert threshold',
    labTable(evaluation),
    '## Attacks missed at the alert threshold',
    missedList(windows),
    '## Known blind spots',
    blindSpots(manifest.platform),
  ]
    .filter((part) => part !== '')
    .join('\n\n')}\n`;
}

/** Who learnt from the stretches around marks, and how much they counted. */
function pairsLine({ recipe: { pairShare, treeShare } }: VersionParts): string {
  const network = pairShare > 0 ? `with ${pairShare} of the windows' weight` : 'not by the network';
  const trees = treeShare > 0 ? `; ${TREES_PAIR_SHARE} of it for the trees` : '';
  return `Also the stretches of at most 60 s before and after each mark, and the same stretches of machines that took no part (${network}${trees}).`;
}

function verdictLines({ version, weights }: CardParts): string {
  const feedback = version?.feedback ?? [];
  if (feedback.length === 0) return '';
  return `${feedbackLines(feedback, weights)}\n\nThey trained the network and the trees in every fold, and are judged in none: the figures below are of captures. Simple models count events, which no verdict keeps, and learnt from captures alone.`;
}

const TREES_LOOK_AT = {
  window:
    'the largest value of every feature per node type (names left out; trained with other work of the same laboratory laid over each window and node types hidden at random)',
  processes:
    'each process by itself with who started it, what it started and what it reached (names left out; the most suspicious processes decide)',
} as const;

/** What is served: the network, or how much trees count beside it. */
function servedLine({ recipe: { treeShare, treeRows } }: VersionParts): string {
  if (treeShare === 0) return '`hybrid` is what is served: here the network alone.';
  return `\`hybrid\` is what is served: the mean of two logits, ${treeShare} of it from boosted trees over ${TREES_LOOK_AT[treeRows]}, ${(1 - treeShare).toFixed(1)} from the network, which also gives the explanation.`;
}

/** How long the folds trained; where they differ it was chosen on a part of each training side. */
function epochsLine({ recipe, crossFitted: { epochs } }: VersionParts): string {
  return new Set(epochs).size === 1
    ? `each fold trains for ${recipe.epochs} epochs`
    : `how long to train is chosen inside the training side (${epochs.join(', ')} epochs)`;
}

/** Labels that were changed after reading the events: whoever judges the figures must know. */
function correctionsLine({ read }: VersionParts): string {
  const used = corrections().filter((one) => read.some(({ capture }) => capture.id === one.capture));
  if (used.length === 0) return '';
  const hosts = used.map(({ capture, host, because }) => `${host} of ${capture} (${because})`);
  return `Corrected to unknown, because their events show a part in the attack: ${hosts.join('; ')}.`;
}

function licenceTable({ read }: VersionParts): string {
  const rows = new Map<string, { captures: number; attack: number; runs: Set<string> }>();
  for (const { capture } of read) {
    const row = rows.get(capture.licence) ?? { captures: 0, attack: 0, runs: new Set() };
    row.captures++;
    if (capture.attack !== false) row.attack++;
    row.runs.add(capture.run);
    rows.set(capture.licence, row);
  }
  const lines = [...rows].map(
    ([licence, { captures, attack, runs }]) =>
      `| ${licence} | ${captures} | ${runs.size} | ${attack} | ${captures - attack} |`,
  );
  return ['| licence | captures | runs | attack | benign |', '|---|---|---|---|---|', ...lines].join('\n');
}

function figuresTable({ scorers }: PlatformEvaluation, windows: readonly JudgedWindow[]): string {
  const lines = SCORERS.flatMap((name) => {
    const figures = scorers[name];
    return figures ? [figureRow(name, figures, windows)] : [];
  });
  return [
    '| scorer | PR-AUC (95 %, by run) | ROC-AUC | found at 0.5 % | alerted | found at 2 % | alerted | pairs marked | unmarked | Brier |',
    '|---|---|---|---|---|---|---|---|---|---|',
    ...lines,
  ].join('\n');
}

function figureRow(name: ScorerName, figures: ScorerFigures, windows: readonly JudgedWindow[]): string {
  const groups = [...byKey(windows.filter(isLabelled), (one) => one.capture.run).values()];
  const interval = bootstrapByGroup(
    groups.map((group) => ratedBy(name, group)),
    prAuc,
    { rounds: 200 },
  );
  const points = figures.points.flatMap(({ runs, benignWindows }) => [
    `${runs.detected}/${runs.attack}`,
    `${benignWindows.alerted}/${benignWindows.total}`,
  ]);
  const pairs = [figures.pairs.marked, figures.pairs.unmarked].map(
    ({ n, higher }) => `${number(higher)} (${n})`,
  );
  const area = interval
    ? `${number(interval.value)} (${number(interval.low)}–${number(interval.high)})`
    : '–';
  return `| ${[name, area, number(figures.rocAuc), ...points, ...pairs, number(figures.brier)].join(' | ')} |`;
}

/** Says plainly where something simpler does as well: the network has to earn its place. */
function verdictLine({ scorers }: PlatformEvaluation): string {
  const own = scorers.hybrid?.prAuc ?? 0;
  const better = SCORERS.filter((name) => name !== 'hybrid' && (scorers[name]?.prAuc ?? 0) >= own);
  return better.length === 0
    ? 'By PR-AUC what is served (`hybrid`) is ahead of every other scorer.'
    : `**By PR-AUC these are at least as good as what is served (hybrid): ${better.join(', ')}.** See the intervals.`;
}

/** What HIGH stands for. */
function highLine({ crossFitted: { calibrations, windows } }: VersionParts): string {
  const high = calibrations.hybrid?.high;
  if (!high)
    return 'An alert is HIGH from 0.85 on, which stands for no rate here: there is less than a host-day of benign windows.';
  const alarms = falseAlarms('hybrid', windows, HIGH_PROBABILITY);
  const measured = alarms
    ? ` In the folds it gave ${alarms.value.toFixed(1)} episodes a host and day (95 % ${alarms.low.toFixed(1)}–${alarms.high.toFixed(1)}).`
    : '';
  return `An alert is HIGH from 0.85 on, which is shown where one benign window a host and day lies: raw logit ${high.value.toFixed(2)} (95 % of draws ${high.low.toFixed(2)}–${high.high.toFixed(2)}), on which ${high.deciders} of ${high.hosts} sessions decide.${measured}`;
}

function falseAlarmLine({ scorers }: PlatformEvaluation): string {
  const shown = scorers.hybrid;
  const alarms = shown?.falseAlarmsPerHostDay;
  const hours = shown?.points[0]?.benignWindows.hostHours ?? 0;
  if (!alarms) return '';
  return `False alarms: ${alarms.value.toFixed(1)} episodes per host and day (95 % ${alarms.low.toFixed(1)}–${alarms.high.toFixed(1)}) over ${hours.toFixed(1)} benign host-hours of laboratory machines. So little time cannot show what a real fleet would see.`;
}

function labTable({ labs }: PlatformEvaluation): string {
  const lines = Object.entries(labs).map(([lab, scorers]) => {
    const shown = scorers.hybrid;
    const found = `${shown?.captures.detected ?? 0}/${shown?.captures.attack ?? 0}`;
    const alerted = `${shown?.benignWindows.alerted ?? 0}/${shown?.benignWindows.total ?? 0}`;
    return `| ${lab} | ${number(shown?.prAuc ?? null)} | ${found} | ${alerted} |`;
  });
  return ['| lab | PR-AUC | captures found | benign windows alerted |', '|---|---|---|---|', ...lines].join(
    '\n',
  );
}

function missedList(windows: readonly JudgedWindow[]): string {
  const attacks = [...byKey(windows.filter(isAttack), (one) => one.capture.id).values()];
  const missed = attacks.filter((group) => !group.some((one) => (one.scores.hybrid ?? 0) >= 0.7));
  const names = missed.map((group) => {
    const highest = Math.max(...group.map((one) => one.scores.hybrid ?? 0));
    return `- ${group[0]?.capture.id} (highest ${highest.toFixed(2)})`;
  });
  return names.length > 0 ? names.sort().join('\n') : 'None.';
}

function blindSpots(platform: ModelManifest['platform']): string {
  const both = ['- Folds are by cluster, not by laboratory: on a laboratory never seen, expect less.'];
  const own = {
    windows: [
      '- Benign examples are few, from laboratories, and mostly idle: a busy ordinary machine is the likeliest false alarm.',
      '- Attack marks are lower bounds from command lines; an attack without a new process has hardly been seen.',
      '- Captures with process events alone (a default sensor configuration) did not train it; they serve for the atomic pairs.',
    ],
    linux: [
      '- Ordinary work is scripted from a fixed set of activities; what people do beside them was never seen and may well alarm: docs/models.md shows how much more of it costs (`later-sessions`).',
      '- All examples were recorded on one kind of machine; attacks are emulations of seconds to a few minutes, without a way out of the machine.',
      '- Attacks that are quiet beside ordinary work (log wiping, preloaded libraries, mining, encrypting files) are the hardest.',
    ],
  }[platform];
  return [...own, ...both].join('\n');
}

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
