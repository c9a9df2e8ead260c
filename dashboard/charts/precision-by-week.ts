import type { TopLevelSpec } from 'vega-lite';
import type { WeekOfVerdicts } from '../../contracts/drift.ts';
import { CHART_HEIGHT, chartConfig, type Palette } from './theme.ts';

const WEEK_SECONDS = 7 * 86_400;

/** Judged alerts of each week, those that were right below: the share of a bar that is filled is the precision. */
export function precisionByWeek(weeks: readonly WeekOfVerdicts[], palette: Palette): TopLevelSpec {
  const rows = weeks.flatMap(({ week, judged, right }) => {
    const at = { from: week * 1000, to: (week + WEEK_SECONDS) * 1000, precision: right / judged };
    return [
      { ...at, kind: 'right', alerts: right, low: 0, high: right },
      { ...at, kind: 'false alarm', alerts: judged - right, low: right, high: judged },
    ].filter((row) => row.alerts > 0);
  });
  const first = Math.min(...weeks.map(({ week }) => week)) * 1000;
  const last = (Math.max(...weeks.map(({ week }) => week)) + WEEK_SECONDS) * 1000;
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: chartConfig(palette),
    height: CHART_HEIGHT,
    data: { values: rows },
    mark: { type: 'rect', x2Offset: -3 },
    encoding: {
      x: {
        field: 'from',
        type: 'temporal',
        title: null,
        scale: { domainMin: first, domainMax: last, nice: false },
        axis: { grid: false, values: weeks.map(({ week }) => week * 1000), format: '%b %d' },
      },
      x2: { field: 'to' },
      y: {
        field: 'low',
        type: 'quantitative',
        title: null,
        scale: { zero: true },
        axis: { tickCount: 4, tickMinStep: 1, domain: false, ticks: false },
      },
      y2: { field: 'high' },
      color: {
        field: 'kind',
        type: 'nominal',
        scale: { domain: ['right', 'false alarm'], range: [palette.attack, palette.benign] },
      },
      tooltip: [
        { field: 'from', type: 'temporal', format: '%Y-%m-%d', title: 'week from' },
        { field: 'kind', title: 'verdict' },
        { field: 'alerts', title: 'alerts' },
        { field: 'precision', format: '.0%', title: 'precision' },
      ],
    },
  };
}
