import { EVENT_TYPES, type NormalizedEvent } from '../contracts/event.ts';
import type { HeteroGraph } from '../contracts/graph.ts';
import type { Label } from '../datasets/label.ts';

/** What controls look at: which kinds of events and how many, never what they did. */
export interface WindowFacts {
  readonly kinds: readonly number[]; // events per kind, in the order of EVENT_TYPES
  readonly activeSeconds: number; // seconds with at least one event
  readonly busiest: number; // events in the busiest second
}

/** A stretch of one machine of one capture: its graph, its label and what controls may see of it. */
export interface Example {
  readonly captureId: string;
  readonly host: string; // endpoint id
  readonly start: number; // epoch seconds
  readonly end: number; // epoch seconds, exclusive
  readonly label: Label;
  readonly graph: HeteroGraph;
  readonly facts: WindowFacts;
  /** What rules say of the events, where an analyser was given: a score in [0, 1] and technique ids. */
  readonly rules?: { readonly score: number; readonly techniques: readonly string[] } | undefined;
}

/**
 * Two stretches of equal length on either side of a mark's start: `marked` on the attacked machine,
 * `unmarked` on one that took no part, `atomic` in a capture that serves for pairs alone.
 */
export interface Pair {
  readonly kind: 'marked' | 'unmarked' | 'atomic';
  readonly before: Example;
  readonly during: Example;
}

/** Counts a stretch's events for the controls. */
export function factsOf(events: readonly NormalizedEvent[]): WindowFacts {
  const kinds = new Array<number>(EVENT_TYPES.length).fill(0);
  const perSecond = new Map<number, number>();
  for (const event of events) {
    const kind = EVENT_TYPES.indexOf(event.event_type);
    kinds[kind] = (kinds[kind] ?? 0) + 1;
    const second = Math.floor(event.timestamp);
    perSecond.set(second, (perSecond.get(second) ?? 0) + 1);
  }
  let busiest = 0;
  for (const count of perSecond.values()) busiest = Math.max(busiest, count);
  return { kinds, activeSeconds: perSecond.size, busiest };
}
