import type { Config } from 'vega-lite';
import type { TimelineView } from '../queries/timeline.ts';

/** Colours that a chart needs; the page reads them from its style sheet, so that light and dark agree. */
export interface Palette {
  readonly text: string;
  readonly muted: string;
  readonly line: string;
  readonly attack: string;
  readonly benign: string;
  readonly error: string;
  readonly warning: string;
}

/** How every chart looks. `aria` is off: the page describes a chart in words and gives its figures as a table. */
export function chartConfig({ text, muted, line }: Palette): Config {
  const font = 'system-ui, -apple-system, "Segoe UI", Roboto, "Noto Sans", sans-serif';
  return {
    aria: false,
    background: 'transparent',
    font,
    view: { stroke: null },
    axis: {
      labelColor: muted,
      titleColor: muted,
      labelFontSize: 11,
      titleFontSize: 11,
      titleFontWeight: 'normal',
      gridColor: line,
      domainColor: line,
      tickColor: line,
      labelOverlap: true,
    },
    text: { color: text, fontSize: 11 },
    legend: { disable: true },
  };
}

/** Pixels: three charts in a row line up, and a low screen still shows what is below them. */
export const CHART_HEIGHT = 200;

const DAY_SECONDS = 86_400;

/** The axis of time, the same for every layer of a chart, in as much detail as its span needs. */
export function timeAxis({ from, to }: Pick<TimelineView, 'from' | 'to'>) {
  const span = to - from;
  const format = span <= 2 * DAY_SECONDS ? '%H:%M' : span <= 300 * DAY_SECONDS ? '%b %d' : '%Y-%m';
  // not `domain`, which Vega-Lite reads one way for the beginning of a mark and another for its end
  const scale = { domainMin: from * 1000, domainMax: to * 1000, nice: false };
  return { type: 'temporal' as const, title: null, scale, axis: { grid: false, tickCount: 6, format } };
}
