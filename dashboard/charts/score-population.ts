import type { TopLevelSpec } from 'vega-lite';
import type { Population } from '../../contracts/drift.ts';
import type { Thresholds } from './peak-over-time.ts';
import { CHART_HEIGHT, chartConfig, type Palette } from './theme.ts';

/** Shown scores now as bars, those that the model learnt from as steps; both by their root, so that few are seen. */
export function scorePopulation(
  { edges, reference, now }: Population,
  thresholds: Thresholds,
  palette: Palette,
): TopLevelSpec {
  // bin 0 holds scores of exactly 0, which belong to the first
  const sides = [0, ...edges, 1];
  const rows = sides.slice(0, -1).map((from, bin) => ({
    ...{ from, to: sides[bin + 1] ?? 1, floor: 0 },
    now: (now[bin + 1] ?? 0) + (bin === 0 ? (now[0] ?? 0) : 0),
    learnt: (reference[bin + 1] ?? 0) + (bin === 0 ? (reference[0] ?? 0) : 0),
  }));
  const x = {
    field: 'from',
    type: 'quantitative' as const,
    title: null,
    scale: { domain: [0, 1], nice: false },
    axis: { values: [0, 0.25, thresholds.attack, thresholds.alert, 1], format: '.2~f', grid: false },
  };
  const y = {
    type: 'quantitative' as const,
    title: null,
    scale: { type: 'sqrt' as const, zero: true },
    axis: { tickCount: 4, format: '.0%', domain: false, ticks: false },
  };
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    config: chartConfig(palette),
    height: CHART_HEIGHT,
    data: { values: rows },
    layer: [
      {
        mark: { type: 'rect', x2Offset: -1, color: palette.benign },
        encoding: {
          x,
          x2: { field: 'to' },
          y: { field: 'floor', ...y },
          y2: { field: 'now' },
          tooltip: [
            { field: 'from', format: '.2f', title: 'from' },
            { field: 'to', format: '.2f', title: 'to' },
            { field: 'now', format: '.2%', title: 'now' },
            { field: 'learnt', format: '.2%', title: 'learnt from' },
          ],
        },
      },
      {
        mark: { type: 'rule', strokeWidth: 2, color: palette.text },
        encoding: { x, x2: { field: 'to' }, y: { field: 'learnt', ...y } },
      },
    ],
  };
}
