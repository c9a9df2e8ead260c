import type { Platform } from '../contracts/event.ts';
import type { HeteroGraph } from '../contracts/graph.ts';
import { type Capture, readManifest } from '../datasets/manifest.ts';
import { buildGraph } from '../featurize/build-graph.ts';
import { readCapture } from './read-capture.ts';
import { closedWindows } from './windows-of.ts';

/** How many captures to take of each platform, and how many windows of each at most. */
export interface SampleSize {
  readonly captures: number;
  readonly windowsEach: number;
}

/** Graphs of one recording; two views of it have the same `run`. */
export interface CaptureSample {
  readonly run: string;
  readonly graphs: readonly HeteroGraph[];
}

/** Graphs of windows spread evenly over a manifest's captures and their length; the same every time. */
export async function sampleWindows(
  manifestFile: string,
  platform: Platform,
  size: SampleSize,
): Promise<readonly HeteroGraph[]> {
  return (await sampleCaptures(manifestFile, platform, size)).flatMap(({ graphs }) => graphs);
}

/** The same, capture by capture. */
export async function sampleCaptures(
  manifestFile: string,
  platform: Platform,
  { captures, windowsEach }: SampleSize,
): Promise<readonly CaptureSample[]> {
  const { captures: all } = await readManifest(manifestFile);
  const own = all.filter((one) => one.platform === platform && one.role !== 'parser fixture');
  own.sort((a, b) => (a.id < b.id ? -1 : 1));
  const samples: CaptureSample[] = [];
  for (const capture of spread(own, captures)) {
    samples.push({ run: capture.run, graphs: await windowsOfCapture(capture, windowsEach) });
  }
  return samples;
}

async function windowsOfCapture(capture: Capture, most: number): Promise<readonly HeteroGraph[]> {
  const { byEndpoint } = await readCapture(capture);
  const closed = [...byEndpoint.values()].flatMap((events) => closedWindows(events, {}));
  return spread(closed, most).map(({ window, panes }) => buildGraph(window, panes));
}

/** At most `most` of the items, evenly spaced from the first to the last. */
function spread<T>(items: readonly T[], most: number): readonly T[] {
  if (items.length <= most) return items;
  return Array.from({ length: most }, (_, i) => {
    return items[Math.floor((i * (items.length - 1)) / Math.max(most - 1, 1))] as T;
  });
}
