import { SCORERS, type ScorerName } from '../../train/evaluation.ts';
import type { SensorAgreement, TechniqueRecall } from '../../train/report/details.ts';
import type { Figure, ScorerSummary, Spread, Table } from '../../train/report/table.ts';
import type { AblationEffect, Altered } from '../../train/report/training-report.ts';

/** A Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n');
}

/** A column of a table of scorers: what it is called, which figure it shows and how. */
type Column = readonly [title: string, figure: Figure, show: (value: number) => string];

const decimal = (value: number): string => value.toFixed(3);
const percent = (value: number): string => `${(100 * value).toFixed(1)} %`;
const rate = (value: number): string => value.toFixed(1);
const seconds = (value: number): string => `${value.toFixed(0)} s`;

const ORDER: readonly Column[] = [
  ['PR-AUC', 'prAuc', decimal],
  ['ROC-AUC', 'rocAuc', decimal],
  ['Brier', 'brier', decimal],
];
const ALERTS: readonly Column[] = [
  ['runs found at 0.5 %', 'foundAlert', percent],
  ['benign alerted', 'alertedAlert', percent],
  ['runs found at 2 %', 'foundAttack', percent],
  ['benign alerted', 'alertedAttack', percent],
];
const ALARMS: Column = ['false alarms a host and day', 'falseAlarmsPerHostDay', rate];
const DELAYS: readonly Column[] = [
  ['first alert, median', 'firstAlertP50', seconds],
  ['95 %', 'firstAlertP95', seconds],
];
const HIGH: readonly Column[] = [
  ['runs found HIGH', 'foundHigh', percent],
  ['false alarms HIGH', 'falseAlarmsHigh', rate],
];
const PAIRS: readonly Column[] = [
  ['pairs marked', 'pairsMarked', decimal],
  ['unmarked', 'pairsUnmarked', decimal],
];

/** How well scorers tell windows apart. */
export const orderTable = (table: Table): string => scorerTable(table, ORDER);
/** What they find and at which price, at the thresholds that come with the model. */
export const alertTable = (table: Table): string => scorerTable(table, ALERTS);
/** What an analyst would have to bear. */
export function dutyTable(table: Table): string {
  const high = table.scorers.hybrid?.seeds.foundHigh == null ? [] : HIGH;
  return scorerTable(table, [ALARMS, ...high, ...DELAYS, ...PAIRS]);
}
/** Order and alerts, for controls. */
export const shortTable = (table: Table): string => scorerTable(table, [...ORDER.slice(0, 2), ...ALERTS]);

function scorerTable(table: Table, columns: readonly Column[]): string {
  const rows = scorersOf(table.scorers).map(([name, summary]) => [
    name,
    ...columns.map(([, figure, show]) => cell(summary, figure, show)),
  ]);
  return markdownTable(['scorer', ...columns.map(([title]) => title)], rows);
}

/** Mean over seeds, then the 95 % interval in brackets, then the range of the seeds where there are several. */
function cell({ seeds, interval }: ScorerSummary, figure: Figure, show: (value: number) => string): string {
  const spread = seeds[figure];
  if (spread === null) return '–';
  const bounds = interval[figure];
  const range = spread.low === spread.high ? '' : `; ${show(spread.low)} to ${show(spread.high)}`;
  return `${show(spread.mean)}${bounds ? ` (${show(bounds.low)}–${show(bounds.high)})` : ''}${range}`;
}

/** PR-AUC on altered events beside what they changed. */
export function alteredTable({ table, difference }: Altered): string {
  const rows = scorersOf(table.scorers).map(([name, summary]) => [
    name,
    cell(summary, 'prAuc', decimal),
    spreadText(difference[name], signed),
    cell(summary, 'foundAlert', percent),
    cell(summary, 'alertedAlert', percent),
  ]);
  return markdownTable(['scorer', 'PR-AUC', 'change', 'runs found at 0.5 %', 'benign alerted'], rows);
}

/** What scorers lose without one thing; the network and what is served. */
export function ablationTable(ablations: readonly AblationEffect[]): string {
  const names = ['gat', 'hybrid'] as const;
  const points = (value: number | undefined): string => (value === undefined ? '–' : signedPoints(value));
  const rows = ablations.map(({ title, prAuc, found }) => [
    title,
    ...names.map((name) => (prAuc[name] === undefined ? '–' : signed(prAuc[name]))),
    ...names.map((name) => points(found[name])),
  ]);
  const head = [
    ...names.map((name) => `${name}: PR-AUC`),
    ...names.map((name) => `${name}: runs found at 0.5 %`),
  ];
  return markdownTable(['without', ...head], rows);
}

/** How far two sensors agree. */
export function sensorTable({ scorers }: SensorAgreement): string {
  const rows = scorersOf(scorers).map(([name, { both, onlyAuditd, onlyEbpf, correlation }]) => [
    name,
    ...[both, onlyAuditd, onlyEbpf].map((one) => spreadText(one, percent)),
    spreadText(correlation, decimal),
  ]);
  return markdownTable(['scorer', 'both find', 'auditd alone', 'eBPF alone', 'correlation of scores'], rows);
}

/** Recall per technique for some scorers. */
export function techniqueTable(techniques: readonly TechniqueRecall[], names: readonly ScorerName[]): string {
  const rows = techniques.map(({ technique, runs, found }) => [
    technique,
    String(runs),
    ...names.map((name) => spreadText(found[name], percent)),
  ]);
  return markdownTable(['technique', 'runs', ...names], rows);
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${value.toFixed(3)}`;

const signedPoints = (value: number): string => `${value > 0 ? '+' : ''}${(100 * value).toFixed(1)} points`;

function spreadText(spread: Spread | null | undefined, show: (value: number) => string): string {
  if (!spread) return '–';
  const range = spread.low === spread.high ? '' : `; ${show(spread.low)} to ${show(spread.high)}`;
  return `${show(spread.mean)}${range}`;
}

function scorersOf<T>(
  scorers: Readonly<Partial<Record<ScorerName, T>>>,
): readonly (readonly [ScorerName, T])[] {
  return SCORERS.flatMap((name) => {
    const one = scorers[name];
    return one === undefined ? [] : [[name, one] as const];
  });
}
