import type { NormalizedEvent } from '../contracts/event.ts';
import { labelOf } from '../datasets/label.ts';
import type { Capture } from '../datasets/manifest.ts';
import { buildGraph } from '../featurize/build-graph.ts';
import { type ClosedWindow, slidingWindows } from '../featurize/window.ts';
import { type Alteration, alterEvents } from './alter-events.ts';
import { type Example, factsOf, type Pair } from './example.ts';
import { pairsOf } from './pairs-of.ts';
import { type Parsing, readCapture } from './read-capture.ts';

/** A capture as the network sees it. */
export interface CaptureWindows {
  readonly windows: readonly Example[];
  readonly pairs: readonly Pair[];
  readonly parsing: Parsing;
}

/** What a rule engine says of the events of one window. */
export type Inspect = (events: readonly NormalizedEvent[]) => NonNullable<Example['rules']>;

/**
 * Takes a capture the product's way from raw lines to labelled graphs, on the capture's own clock. Never throws
 * for what stands in the file. With an alteration the events are changed before they become windows.
 */
export async function windowsOf(
  capture: Capture,
  inspect?: Inspect,
  alteration: Alteration = 'none',
): Promise<CaptureWindows> {
  const { byEndpoint: recorded, parsing } = await readCapture(capture);
  const { byEndpoint, hostOf } = alterEvents(recorded, alteration, capture.id);
  const dropped: Record<string, number> = { ...parsing.dropped };
  const windows = [...byEndpoint.values()].flatMap((events) => {
    const closed = closedWindows(events, dropped);
    return closed.map((one) => exampleOf(capture, one, events, inspect));
  });
  const named = <One extends Example>(one: One): One => ({ ...one, host: hostOf(one.host) });
  const pairs = pairsOf(capture, byEndpoint, inspect).map(({ kind, before, during }) => ({
    kind,
    before: named(before),
    during: named(during),
  }));
  return { windows: windows.map(named), pairs, parsing: { ...parsing, dropped } };
}

/** One machine's windows when its events arrive as they happen; what no window takes is counted. */
export function closedWindows(
  events: readonly NormalizedEvent[],
  dropped: Record<string, number>,
): readonly ClosedWindow[] {
  const sliding = slidingWindows();
  for (const event of events) sliding.add(event, event.timestamp);
  sliding.finish();
  for (const [reason, count] of sliding.dropped()) dropped[reason] = (dropped[reason] ?? 0) + count;
  return sliding.closed();
}

function exampleOf(
  capture: Capture,
  { window, panes }: ClosedWindow,
  events: readonly NormalizedEvent[],
  inspect: Inspect | undefined,
): Example {
  const inside = events.slice(firstFrom(events, window.start), firstFrom(events, window.end));
  const label = labelOf(capture, window);
  const counts = label !== 'unknown' && capture.role !== 'pairs only'; // others are in no figure of the rules
  return {
    captureId: capture.id,
    host: window.endpointId,
    start: window.start,
    end: window.end,
    label,
    graph: buildGraph(window, panes),
    facts: factsOf(inside),
    ...(inspect && counts ? { rules: inspect(inside) } : {}),
  };
}

/** The place of the first event at or after a time. */
export function firstFrom(events: readonly NormalizedEvent[], time: number): number {
  let [low, high] = [0, events.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((events[middle]?.timestamp ?? 0) < time) low = middle + 1;
    else high = middle;
  }
  return low;
}
