import { ALERT_PROBABILITY } from '../../../models/scaling.ts';
import { quantile } from '../../metrics.ts';
import type { BlessReport, Latency, Shown, Slice } from '../bless-report.ts';
import { COLOURS, dot, escaped, line, path, picture, placesIn, text } from './svg.ts';

type Both = NonNullable<BlessReport['shown']>;
const VERSIONS = ['champion', 'challenger'] as const;

const SHARES = [0, 0.2, 0.4, 0.6, 0.8, 1];

/** Precision over recall of both versions, over windows. */
export function curvesPicture(shown: Both): string {
  const frame = {
    ...{ width: 340, height: 260 },
    x: { from: 0, to: 1, ticks: SHARES, label: 'recall' },
    y: { from: 0, to: 1, ticks: SHARES, label: 'precision' },
  };
  const at = placesIn(frame);
  const curves = VERSIONS.map((who) => {
    const points = curveOf(shown[who]).map(([recall, precision]) => [at.x(recall), at.y(precision)] as const);
    return path(points, COLOURS[who], { dashed: who === 'champion' });
  });
  return picture(frame, 'Precision over recall of both versions', curves);
}

/** Recall and precision as the threshold falls; equal scores are one step. */
function curveOf({ attack, benign }: Shown): readonly (readonly [number, number])[] {
  const falling = [
    ...attack.map((score) => ({ score, hit: 1 })),
    ...benign.map((score) => ({ score, hit: 0 })),
  ].sort((a, b) => b.score - a.score);
  const points: [number, number][] = [];
  let hits = 0;
  falling.forEach(({ score, hit }, place) => {
    hits += hit;
    if (falling[place + 1]?.score !== score)
      points.push([hits / Math.max(1, attack.length), hits / (place + 1)]);
  });
  const [first] = points;
  return first ? [[0, first[1]], ...points] : [];
}

const BINS = 20;

/** How many windows got which score, on a logarithmic axis: most benign ones lie near 0. */
export function histogramPicture(shown: Both, kind: keyof Shown): string {
  const heights = VERSIONS.map((who) => [who, counted(shown[who][kind])] as const);
  const most = Math.max(1, ...heights.flatMap(([, counts]) => counts));
  const ticks = [0, 1, 10, 100, 1000, 10_000].filter((count) => count <= 2 * most);
  const tall = Math.max(...ticks, most);
  const frame = {
    ...{ width: 340, height: 160 },
    x: { from: 0, to: 1, ticks: SHARES, label: 'shown probability' },
    y: { from: 0, to: loudness(tall), ticks: ticks.map(loudness), label: `${kind} windows`, show: countAt },
  };
  const at = placesIn(frame);
  const steps = heights.map(([who, counts]) =>
    path(
      counts.flatMap((count, bin) =>
        [bin, bin + 1].map((edge) => [at.x(edge / BINS), at.y(loudness(count))] as const),
      ),
      COLOURS[who],
      { dashed: who === 'champion' },
    ),
  );
  const threshold = line([at.x(ALERT_PROBABILITY), 0, at.x(ALERT_PROBABILITY), frame.height], COLOURS.limit);
  return picture(frame, `Scores of ${kind} windows by both versions`, [...steps, threshold]);
}

const loudness = (count: number): number => Math.log10(1 + count);
const countAt = (height: number): string => String(Math.round(10 ** height - 1));

function counted(scores: readonly number[]): readonly number[] {
  const counts = new Array<number>(BINS).fill(0);
  for (const score of scores) {
    const bin = Math.min(BINS - 1, Math.floor(score * BINS));
    counts[bin] = (counts[bin] ?? 0) + 1;
  }
  return counts;
}

const ROW = 20;
/** Room for the name of a slice on the left and its figures on the right, pixels. */
const NAME_WIDTH = 190;
const FIGURES_WIDTH = 150;

/** What each slice wins or loses, with its interval; the limit as a line. Slices too small to refuse are pale. */
export function slicesPicture(slices: readonly Slice[], limits: BlessReport['limits']): string {
  const frame = {
    ...{ width: 320, height: Math.max(1, slices.length) * ROW },
    x: {
      from: -1,
      to: 1,
      ticks: [-1, -0.5, 0, 0.5, 1],
      label: 'difference in recall of runs, as shown',
      show: signed,
    },
    y: { from: 0, to: 1, ticks: [], label: '' },
  };
  const at = placesIn(frame);
  const rows = slices.map((one, row) => {
    const y = (row + 0.5) * ROW;
    const { value, low, high } = one.difference ?? { value: 0, low: 0, high: 0 };
    const counts = one.runs >= limits.sliceRuns;
    const colour = counts && value < -limits.sliceLoss ? COLOURS.limit : COLOURS.challenger;
    const marks = [
      text([-10, y + 4], escaped(`${one.by} ${one.of}`), 'end'),
      line([at.x(low), y, at.x(high), y], colour, 2),
      dot([at.x(value), y], colour),
      text(
        [frame.width + 12, y + 4],
        `${percent(one.champion)} → ${percent(one.challenger)}, ${one.runs} ${one.runs === 1 ? 'run' : 'runs'}`,
      ),
    ];
    return `<g opacity="${counts ? 1 : 0.45}">${marks.join('')}</g>`;
  });
  const bounds = [
    line([at.x(0), 0, at.x(0), frame.height], COLOURS.champion),
    line([at.x(-limits.sliceLoss), 0, at.x(-limits.sliceLoss), frame.height], COLOURS.limit),
  ];
  const drawn = picture(frame, 'Recall by slice, challenger less champion', [...bounds, ...rows], NAME_WIDTH);
  return widened(drawn, FIGURES_WIDTH);
}

/** A picture with more room to the right. */
function widened(svg: string, by: number): string {
  return svg
    .replace(/viewBox="0 0 ([\d.]+)/, (_, width: string) => `viewBox="0 0 ${Number(width) + by}`)
    .replace(/width="([\d.]+)"/, (_, width: string) => `width="${Number(width) + by}"`);
}

/** Every round's time per graph; the median as a stroke. */
export function latencyPicture({ championMs, challengerMs }: Latency): string {
  const times = { champion: championMs, challenger: challengerMs };
  const longest = Math.max(0.001, ...championMs, ...challengerMs);
  const step = niceStep(longest / 4);
  const to = Math.ceil(longest / step) * step;
  const ticks = Array.from({ length: Math.round(to / step) + 1 }, (_, n) =>
    Number((n * step).toPrecision(6)),
  );
  const frame = {
    ...{ width: 420, height: 2 * ROW + 10 },
    x: { from: 0, to, ticks, label: 'milliseconds a graph, one dot a round' },
    y: { from: 0, to: 1, ticks: [], label: '' },
  };
  const at = placesIn(frame);
  const rows = VERSIONS.map((who, row) => {
    const y = (row + 0.5) * (ROW + 5);
    const middle = at.x(quantile(times[who], 0.5) ?? 0);
    return [
      text([-10, y + 4], who, 'end'),
      ...times[who].map((one) => dot([at.x(one), y], COLOURS[who], { radius: 3, opacity: 0.5 })),
      line([middle, y - 9, middle, y + 9], COLOURS[who], 3),
    ].join('');
  });
  return picture(frame, 'Time per graph of both versions', rows, 90);
}

/** 1, 2 or 5 times a power of ten, at least so much. */
function niceStep(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least));
  return [1, 2, 5, 10].map((one) => one * power).find((one) => one >= least) ?? least;
}

const signed = (value: number): string => `${value > 0 ? '+' : ''}${String(value).replace('-', '−')}`;
const percent = (value: number | null): string => (value === null ? '–' : `${Math.round(100 * value)} %`);
