import type { TopLevelSpec } from 'vega-lite';
import type { TimelineView } from '../queries/timeline.ts';
import { CHART_HEIGHT, chartConfig, type Palette, timeAxis } from './theme.ts';

/** The two probabilities that words on the page depend on. */
export interface Thresholds {
  readonly attack: number;
  readonly alert: number;
}

/** The highest attack probability of each step, with the lines from which on it is an attack and an alert. */
export function peakOverTime(view: TimelineView, thresholds: Thresholds, palette: Palette): TopLevelSpec {
  const rows = view.steps
    .filter((step) => step.max_attack_probability !== null)
    .map(({ at, max_attack_probability }) => ({
      at: (at + view.step_seconds / 2) * 1000,
      peak: max_attack_probability,
    }));
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: chartConfig(palette),
    height: CHART_HEIGHT,
    layer: [
      {
        data: {
          values: [
            { at: thresholds.attack, name: 'attack' },
            { at: thresholds.alert, name: 'alert' },
          ],
        },
        mark: { type: 'rule', strokeDash: [3, 3], color: palette.muted },
        encoding: { y: { field: 'at', type: 'quantitative', scale: { domain: [0, 1] } } },
      },
      {
        data: { values: rows },
        mark: { type: 'line', color: palette.muted, strokeWidth: 1, opacity: 0.6 },
        encoding: {
          x: { field: 'at', ...timeAxis(view) },
          y: { field: 'peak', type: 'quantitative', scale: { domain: [0, 1] } },
        },
      },
      {
        data: { values: rows },
        mark: { type: 'circle', size: 36, opacity: 1 },
        encoding: {
          x: { field: 'at', ...timeAxis(view) },
          y: {
            field: 'peak',
            type: 'quantitative',
            title: null,
            scale: { domain: [0, 1] },
            axis: {
              values: [0, thresholds.attack, thresholds.alert, 1],
              format: '.2~f',
              grid: false,
              domain: false,
              ticks: false,
            },
          },
          color: {
            field: 'peak',
            type: 'quantitative',
            scale: {
              type: 'threshold',
              domain: [thresholds.attack, thresholds.alert],
              range: [palette.benign, palette.warning, palette.attack],
            },
          },
          tooltip: [
            { field: 'at', type: 'temporal', format: '%Y-%m-%d %H:%M:%S', title: 'around' },
            { field: 'peak', format: '.3f', title: 'peak probability' },
          ],
        },
      },
    ],
  };
}
