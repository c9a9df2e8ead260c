import type { TopLevelSpec } from 'vega-lite';
import type { TimelineView } from '../queries/timeline.ts';
import type { Thresholds } from './peak-over-time.ts';
import { CHART_HEIGHT, chartConfig, type Palette } from './theme.ts';

/** How the attack probabilities are distributed. Counts are drawn by their root, else the few attacks would vanish. */
export function probabilityDistribution(
  view: TimelineView,
  thresholds: Thresholds,
  palette: Palette,
): TopLevelSpec {
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: chartConfig(palette),
    height: CHART_HEIGHT,
    layer: [
      {
        data: {
          values: view.probabilities.filter((bin) => bin.windows > 0).map((bin) => ({ ...bin, floor: 0 })),
        },
        mark: { type: 'rect', x2Offset: -1 },
        encoding: {
          x: {
            field: 'from',
            type: 'quantitative',
            title: null,
            scale: { domain: [0, 1], nice: false },
            axis: { values: [0, 0.25, thresholds.attack, thresholds.alert, 1], format: '.2~f', grid: false },
          },
          x2: { field: 'to' },
          y: {
            field: 'floor',
            type: 'quantitative',
            title: null,
            scale: { type: 'sqrt', zero: true },
            axis: { tickCount: 4, format: '~s', domain: false, ticks: false },
          },
          y2: { field: 'windows' },
          color: {
            field: 'from',
            type: 'quantitative',
            scale: {
              type: 'threshold',
              domain: [thresholds.attack - 1e-6, thresholds.alert - 1e-6],
              range: [palette.benign, palette.warning, palette.attack],
            },
          },
          tooltip: [
            { field: 'from', format: '.2f', title: 'from' },
            { field: 'to', format: '.2f', title: 'to' },
            { field: 'windows', title: 'windows' },
          ],
        },
      },
      {
        data: { values: [{ at: thresholds.attack }, { at: thresholds.alert }] },
        mark: { type: 'rule', strokeDash: [3, 3], color: palette.muted },
        encoding: { x: { field: 'at', type: 'quantitative', scale: { domain: [0, 1], nice: false } } },
      },
    ],
  };
}
