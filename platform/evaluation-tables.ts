import type { Evaluation, OperatingPoint, PlatformEvaluation, ScorerFigures } from '../train/evaluation.ts';
import { table } from './table.ts';

/** An evaluation for people: one table per platform, every scorer beside the controls. */
export function evaluationTables({ platforms, captures, eventsPerCpuSecond }: Evaluation): string {
  const parts = Object.entries(platforms).map(([platform, figures]) => platformTable(platform, figures));
  const unread = captures.filter((capture) => capture.error !== null);
  const lines = captures.reduce((sum, capture) => sum + capture.lines, 0);
  const dead = captures.reduce((sum, capture) => sum + capture.dead, 0);
  const reading = `${captures.length} captures, ${lines} lines, ${dead} of no known shape, ${Math.round(eventsPerCpuSecond)} events per CPU-second`;
  const faults = unread.map(({ id, error }) => `  ${id}: ${error}`);
  return [
    ...parts,
    reading,
    ...(faults.length > 0 ? ['could not be read to their end:', ...faults] : []),
  ].join('\n\n');
}

function platformTable(platform: string, { model, windows, scorers }: PlatformEvaluation): string {
  const head = `${platform}, ${model}: ${windows.attack} attack, ${windows.benign} benign, ${windows.unknown} unlabelled windows`;
  const rows = Object.entries(scorers).map(([name, figures]) => [name, ...figuresOf(figures)]);
  const columns = [
    'scorer',
    'PR-AUC',
    'ROC-AUC',
    'captures found at 0.5 %',
    'benign alerted',
    'found at 2 %',
    'benign alerted',
    'pairs',
    'unmarked',
    'atomic',
  ];
  return `${head}\n${table(columns, rows)}`;
}

function figuresOf({ prAuc, rocAuc, points, pairs }: ScorerFigures): string[] {
  const [strict, loose] = points;
  return [
    figure(prAuc),
    figure(rocAuc),
    ...pointOf(strict),
    ...pointOf(loose),
    ...[pairs.marked, pairs.unmarked, pairs.atomic].map(({ n, higher }) =>
      higher === null ? '-' : `${figure(higher)} (${n})`,
    ),
  ];
}

function pointOf(point: OperatingPoint | undefined): [string, string] {
  if (!point) return ['-', '-'];
  const { captures, benignWindows } = point;
  return [`${captures.detected}/${captures.attack}`, `${benignWindows.alerted}/${benignWindows.total}`];
}

function figure(value: number | null): string {
  return value === null ? '-' : value.toFixed(3);
}
