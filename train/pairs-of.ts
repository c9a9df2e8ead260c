import type { NormalizedEvent } from '../contracts/event.ts';
import type { HeteroGraph } from '../contracts/graph.ts';
import { idOf } from '../contracts/ids.ts';
import { sameHost, standingOf } from '../datasets/label.ts';
import type { Capture } from '../datasets/manifest.ts';
import { buildGraph } from '../featurize/build-graph.ts';
import { addToPane, emptyPane } from '../featurize/pane.ts';
import { type Example, factsOf, type Pair } from './example.ts';
import type { Inspect } from './windows-of.ts';

/** A stretch before and after a mark is at most this long, and at least so that it can hold behaviour. */
const LONGEST_SECONDS = 60;
const SHORTEST_SECONDS = 5;

/**
 * The pairs of a capture: for its mark's start s, [s - L, s) and [s, s + L) on every machine that is marked or
 * took no part. L is the longest length that the machine's events allow on both sides; both hold an event.
 */
export function pairsOf(
  capture: Capture,
  byEndpoint: ReadonlyMap<string, readonly NormalizedEvent[]>,
  inspect?: Inspect,
): readonly Pair[] {
  const start = capture.mark?.start;
  const mayPair = capture.role !== 'parser fixture' && capture.role !== 'unlabelled';
  if (start === undefined || capture.attack === false || !mayPair) return [];
  return machines(byEndpoint).flatMap((events) => {
    const kind = kindOf(capture, events[0]?.hostname ?? '');
    if (kind === null) return [];
    const first = events[0]?.timestamp ?? start;
    const last = events[events.length - 1]?.timestamp ?? start;
    const length = Math.min(LONGEST_SECONDS, start - first, last - start);
    if (length < SHORTEST_SECONDS) return [];
    const [before, during] = [start - length, start].map((from) => {
      const stretch = { start: from, end: from + length };
      return stretchOf(capture, within(events, stretch.start, stretch.end), stretch, inspect);
    });
    if (!before || !during) return [];
    const attack = kind === 'unmarked' ? 'benign' : 'attack';
    return [{ kind, before: { ...before, label: 'benign' }, during: { ...during, label: attack } }];
  });
}

/** One list of events per machine: of two spellings of one name, the one with more events. */
function machines(
  byEndpoint: ReadonlyMap<string, readonly NormalizedEvent[]>,
): (readonly NormalizedEvent[])[] {
  const kept: (readonly NormalizedEvent[])[] = [];
  for (const events of [...byEndpoint.values()].sort((a, b) => b.length - a.length)) {
    const name = events[0]?.hostname ?? '';
    if (!kept.some((other) => sameHost(other[0]?.hostname ?? '', name))) kept.push(events);
  }
  return kept;
}

function kindOf(capture: Capture, hostname: string): Pair['kind'] | null {
  const standing = standingOf(capture, hostname);
  if (standing === 'unclear') return null;
  if (standing === 'outside') return 'unmarked';
  return capture.role === 'pairs only' ? 'atomic' : 'marked';
}

function within(events: readonly NormalizedEvent[], start: number, end: number): readonly NormalizedEvent[] {
  return events.filter((event) => event.timestamp >= start && event.timestamp < end);
}

function stretchOf(
  capture: Capture,
  events: readonly NormalizedEvent[],
  { start, end }: { readonly start: number; readonly end: number },
  inspect: Inspect | undefined,
): Omit<Example, 'label'> | null {
  const [one] = events;
  if (one === undefined) return null;
  return {
    captureId: capture.id,
    host: one.endpoint_id,
    start,
    end,
    graph: graphOf(events, one, start, end),
    facts: factsOf(events),
    ...(inspect ? { rules: inspect(events) } : {}),
  };
}

function graphOf(
  events: readonly NormalizedEvent[],
  { tenant_id, endpoint_id, hostname, platform }: NormalizedEvent,
  start: number,
  end: number,
): HeteroGraph {
  const pane = emptyPane(platform, start);
  for (const event of events) addToPane(pane, event);
  const graph = buildGraph({ tenantId: tenant_id, endpointId: endpoint_id, hostname, platform, start, end }, [
    pane,
  ]);
  return { ...graph, windowId: idOf('window', tenant_id, endpoint_id, platform, `${start}-${end}`) };
}
