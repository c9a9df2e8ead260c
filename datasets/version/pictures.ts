import { LABELS } from '../label.ts';
import type { Contents, Grouping, Share } from './inspect.ts';
import type { WindowRow } from './row.ts';

/** The techniques with the most windows are drawn; all are in the table. */
const MOST_TECHNIQUES = 30;

const COLOURS = { attack: '#c8402f', benign: '#3a7ca5', unknown: '#b8bcc2' } as const;

const LABEL_COLOUR = {
  field: 'label',
  type: 'nominal',
  title: null,
  scale: { domain: LABELS, range: LABELS.map((label) => COLOURS[label]) },
  legend: { orient: 'top' },
} as const;

/** A version's pictures as Vega-Lite specifications, by the name of their file. */
export function picturesOf(contents: Contents, rows: readonly WindowRow[]): Readonly<Record<string, object>> {
  const { lab, side, technique } = contents.by;
  const most = [...technique].sort((a, b) => b.windows.attack - a.windows.attack).slice(0, MOST_TECHNIQUES);
  return {
    labs: barsOf('Windows by laboratory', 'lab', lab),
    sides: barsOf('Windows by side of the split', 'side', side),
    techniques: barsOf('Windows of attacks by technique', 'technique', most),
    sizes: sizesOf(rows),
  };
}

function barsOf(title: string, grouping: Grouping, shares: readonly Share[]): object {
  const values = shares.flatMap(({ of, windows }) =>
    LABELS.filter((label) => windows[label] > 0).map((label) => ({ of, label, windows: windows[label] })),
  );
  return {
    ...specOf(title),
    width: 420,
    data: { values },
    mark: 'bar',
    encoding: {
      y: { field: 'of', type: 'nominal', title: grouping, sort: null, axis: { labelLimit: 240 } },
      x: { field: 'windows', type: 'quantitative', title: 'windows' },
      color: LABEL_COLOUR,
    },
  };
}

/** How many windows have how many events, in steps of a factor of two, a picture per platform. */
function sizesOf(rows: readonly WindowRow[]): object {
  const counts = new Map<string, number>();
  for (const { platform, label, events } of rows) {
    const key = JSON.stringify([platform, label, 2 ** Math.floor(Math.log2(Math.max(1, events)))]);
    counts.set(key, (counts.get(key) ?? 0) + 1);
  }
  const values = [...counts]
    .map(([key, windows]) => {
      const [platform, label, events] = JSON.parse(key) as [string, string, number];
      return { platform, label, events, windows };
    })
    .sort((a, b) => a.events - b.events);
  return {
    ...specOf('Windows by number of events'),
    data: { values },
    mark: 'bar',
    encoding: {
      x: { field: 'events', type: 'ordinal', title: 'events, at least', axis: { labelAngle: -45 } },
      y: { field: 'windows', type: 'quantitative', title: 'windows' },
      color: LABEL_COLOUR,
      row: { field: 'platform', type: 'nominal', title: null },
    },
    resolve: { scale: { y: 'independent' } },
  };
}

const specOf = (title: string) => ({
  $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
  title,
  background: '#ffffff',
});
