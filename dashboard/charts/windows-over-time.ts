import type { TopLevelSpec } from 'vega-lite';
import type { TimelineView } from '../queries/timeline.ts';
import { CHART_HEIGHT, chartConfig, type Palette, timeAxis } from './theme.ts';

/** Scored windows per step of time, stacked: attacks below, then errors, then benign ones. */
export function windowsOverTime(view: TimelineView, palette: Palette): TopLevelSpec {
  const rows = view.steps.flatMap(({ at, attacks, benign, errors }) => {
    const step = { from: at * 1000, to: (at + view.step_seconds) * 1000 };
    const failed = attacks + errors;
    return [
      { ...step, kind: 'attack', windows: attacks, low: 0, high: attacks },
      { ...step, kind: 'error', windows: errors, low: attacks, high: failed },
      { ...step, kind: 'benign', windows: benign, low: failed, high: failed + benign },
    ].filter((row) => row.windows > 0);
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: chartConfig(palette),
    height: CHART_HEIGHT,
    data: { values: rows },
    mark: { type: 'rect', x2Offset: -1, clip: true },
    encoding: {
      x: { field: 'from', ...timeAxis(view) },
      x2: { field: 'to' },
      y: {
        field: 'low',
        type: 'quantitative',
        title: null,
        scale: { zero: true },
        axis: { tickCount: 4, tickMinStep: 1, format: '~s', domain: false, ticks: false },
      },
      y2: { field: 'high' },
      color: {
        field: 'kind',
        type: 'nominal',
        scale: {
          domain: ['attack', 'error', 'benign'],
          range: [palette.attack, palette.error, palette.benign],
        },
      },
      tooltip: [
        { field: 'from', type: 'temporal', format: '%Y-%m-%d %H:%M:%S', title: 'from' },
        { field: 'kind', title: 'windows' },
        { field: 'windows', title: 'count' },
      ],
    },
  };
}
