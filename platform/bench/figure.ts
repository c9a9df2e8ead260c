import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { reasonOf } from '../../contracts/errors.ts';
import { vegaSvg } from '../vega-svg.ts';
import type { Point } from './curves.ts';

/** What the three charts show. */
export interface Curves {
  readonly batches: readonly Point[];
  readonly nodes: readonly Point[];
  readonly workers: readonly Point[];
}

/** The charts as one Vega-Lite specification, side by side, with a colour per contestant throughout. */
export function figureOf({ batches, nodes, workers }: Curves): object {
  const legend = { orient: 'bottom', columns: 4, labelLimit: 0 };
  const colour = { field: 'contestant', type: 'nominal', title: null, legend };
  const scale = { type: 'log', nice: false };
  const line = (title: string, values: readonly Point[], x: string) => ({
    title,
    data: { values },
    mark: { type: 'line', point: true },
    encoding: {
      x: { field: 'at', type: 'quantitative', scale, title: x },
      y: { field: 'value', type: 'quantitative', scale, title: 'CPU µs per graph' },
      color: colour,
    },
  });
  return {
    $schema: 'https://vega.github.io/schema/vega-lite/v6.json',
    hconcat: [
      line('Batch size', batches, 'graphs in a batch'),
      line('Graph size, one by one', nodes, 'nodes'),
      {
        title: 'Worker processes',
        data: { values: workers },
        mark: 'bar',
        encoding: {
          x: { field: 'at', type: 'ordinal', title: 'workers', axis: { labelAngle: 0 } },
          xOffset: { field: 'contestant' },
          y: { field: 'value', type: 'quantitative', title: 'graphs per second on the clock' },
          color: colour,
        },
      },
    ],
  };
}

/** Writes limits.vl.json, and limits.svg where Vega is installed; gives what was written, or why not. */
export async function writeFigure(folder: string, curves: Curves): Promise<string> {
  const spec = figureOf(curves);
  await mkdir(folder, { recursive: true });
  await writeFile(join(folder, 'limits.vl.json'), `${JSON.stringify(spec, null, 2)}\n`);
  try {
    await writeFile(join(folder, 'limits.svg'), await vegaSvg(spec));
    return `the curves stand in ${folder}: limits.vl.json, limits.svg`;
  } catch (thrown) {
    return `the curves stand in ${folder}/limits.vl.json; no picture was drawn: ${reasonOf(thrown)}`;
  }
}
