import { LABELS, type Label } from '../label.ts';
import type { Version } from './read.ts';
import type { WindowRow } from './row.ts';

/** What the windows of one value of something amount to. */
export interface Share {
  readonly of: string;
  readonly captures: number;
  readonly hosts: number; // machines; two views of one run are one
  readonly windows: Readonly<Record<Label, number>>;
}

export const PERCENTILES = [10, 50, 90, 99, 100] as const;

/** How large windows are: values at `PERCENTILES`, the last is the largest. */
export interface Size {
  readonly platform: string;
  readonly unit: 'events' | 'nodes' | 'edges';
  readonly values: readonly number[];
  readonly truncated: number; // windows that a cap cut
}

/** What is in a version. */
export interface Contents {
  readonly total: Share;
  readonly by: Readonly<Record<Grouping, readonly Share[]>>;
  readonly sizes: readonly Size[];
  readonly purged: number; // captures that at least one fold leaves out
}

const GROUPINGS = {
  platform: (row: WindowRow) => [row.platform],
  licence: (row: WindowRow) => [row.licence],
  source: (row: WindowRow) => [row.source],
  lab: (row: WindowRow) => [row.lab],
  side: (row: WindowRow) => [row.fold === null ? row.side : `${row.side}, ${row.platform} fold ${row.fold}`],
  technique: (row: WindowRow) => row.techniques,
} as const;
export type Grouping = keyof typeof GROUPINGS;

/** Counts what is in a version: captures, machines and windows per label, by everything a person asks for. */
export function contentsOf({ rows, content }: Pick<Version, 'rows' | 'content'>): Contents {
  const by = Object.entries(GROUPINGS).map(([name, keysOf]) => [name, sharesBy(rows, keysOf)] as const);
  const platforms = [...new Set(rows.map((row) => row.platform))].sort();
  return {
    total: { ...shareOf('all', rows), captures: content.captures.length },
    by: Object.fromEntries(by) as Contents['by'],
    sizes: platforms.flatMap((platform) => sizesOf(platform, rows)),
    purged: new Set(content.folds.flatMap((one) => one.purged)).size,
  };
}

function sharesBy(
  rows: readonly WindowRow[],
  keysOf: (row: WindowRow) => readonly string[],
): readonly Share[] {
  const groups = new Map<string, WindowRow[]>();
  for (const row of rows)
    for (const key of keysOf(row)) {
      const group = groups.get(key);
      if (group) group.push(row);
      else groups.set(key, [row]);
    }
  return [...groups].map(([of, group]) => shareOf(of, group)).sort((a, b) => (a.of < b.of ? -1 : 1));
}

function shareOf(of: string, rows: readonly WindowRow[]): Share {
  const count = (label: Label) => rows.filter((row) => row.label === label).length;
  return {
    of,
    captures: new Set(rows.map((row) => row.capture)).size,
    hosts: new Set(rows.map((row) => (row.run !== row.capture ? row.run : `${row.lab} ${row.host}`))).size,
    windows: Object.fromEntries(LABELS.map((label) => [label, count(label)])) as Share['windows'],
  };
}

function sizesOf(platform: string, rows: readonly WindowRow[]): readonly Size[] {
  const own = rows.filter((row) => row.platform === platform);
  const truncated = own.filter((row) => row.truncated).length;
  return (['events', 'nodes', 'edges'] as const).map((unit) => {
    const values = own.map((row) => row[unit]).sort((a, b) => a - b);
    const at = (percent: number) => values[Math.max(0, Math.ceil((percent / 100) * values.length) - 1)] ?? 0;
    return { platform, unit, values: PERCENTILES.map(at), truncated };
  });
}
