import type { Platform } from '../contracts/event.ts';
import { type Evaluation, SCORERS } from './evaluation.ts';

/**
 * The part of a model card that says what `logster evaluate` gives on the manifest a version was trained on:
 * most of it is no measurement, the pairs of captures that never train are.
 */
export function evaluationSection(platform: Platform, { platforms, captures }: Evaluation): string {
  const judged = platforms[platform];
  if (!judged) return '';
  const rows = SCORERS.flatMap((name) => {
    const figures = judged.scorers[name];
    if (!figures) return [];
    const points = figures.points.flatMap(({ runs, benignWindows }) => [
      `${runs.detected}/${runs.attack}`,
      `${benignWindows.alerted}/${benignWindows.total}`,
    ]);
    const pairs = [figures.pairs.marked, figures.pairs.unmarked, figures.pairs.atomic].map(
      ({ n, higher }) => `${number(higher)} (${n})`,
    );
    return [`| ${[name, number(figures.prAuc), number(figures.rocAuc), ...points, ...pairs].join(' | ')} |`];
  });
  const sum = (count: (one: Evaluation['captures'][number]) => number): number =>
    captures.reduce((total, one) => total + count(one), 0);
  const dropped = sum((one) => Object.values(one.dropped).reduce((total, count) => total + count, 0));
  const unread = captures.filter((one) => one.error !== null).length;
  return `${[
    '## Captures that trained nothing',
    'What `logster evaluate` gives with this version, at the thresholds it carries, on captures that it has not learnt from: those whose licence or role lets them only judge, and the pairs of captures that serve for pairs alone. Those held back by time are in docs/models.md. `sigma` are the rules; whoever wrote them knew the techniques.',
    [
      '| scorer | PR-AUC | ROC-AUC | found at 0.5 % | alerted | found at 2 % | alerted | pairs marked | unmarked | atomic |',
      '|---|---|---|---|---|---|---|---|---|---|',
      ...rows,
    ].join('\n'),
    `${captures.length} captures, ${sum((one) => one.lines)} lines, ${sum((one) => one.events)} events, ${dropped} dropped for a named reason, ${sum((one) => one.dead)} lines no parser knew, ${unread} captures that could not be read to their end.`,
  ].join('\n\n')}\n`;
}

const number = (value: number | null): string => (value === null ? '–' : value.toFixed(3));
