import type { NormalizedEvent, Platform } from '../contracts/event.ts';
import { addToPane, decodePane, emptyPane, encodePane, type Pane } from './pane.ts';
import { copyFacts, emptyFacts, type IdleFacts, noteEvent } from './prefilter.ts';
import type { PaneRef } from './window-snapshot.ts';

/** A pane with what is kept beside it. */
export interface Slot {
  pane: Pane;
  facts?: IdleFacts; // Linux only
  /** Fingerprints of the event ids in it, as long as events can still come. */
  seen?: Set<number>;
  /** A closed window holds the pane, so it must not change any more. */
  emitted: boolean;
  /** Where checkpoints keep the pane, once it is complete. */
  ref?: PaneRef;
}

/** A slot for the pane that begins at `start` (epoch seconds). */
export function emptySlot(platform: Platform, start: number): Slot {
  return {
    pane: emptyPane(platform, start),
    ...(platform === 'linux' && { facts: emptyFacts() }),
    seen: new Set(),
    emitted: false,
  };
}

/** Adds an event once. A pane that a closed window holds is left to it and goes on as a copy. */
export function fillSlot(slot: Slot, event: NormalizedEvent): 'taken' | 'duplicate' {
  const id = fingerprint(event.event_id);
  slot.seen ??= new Set();
  if (slot.seen.has(id)) return 'duplicate';
  slot.seen.add(id);
  if (slot.emitted) {
    slot.pane = decodePane(encodePane(slot.pane));
    if (slot.facts) slot.facts = copyFacts(slot.facts);
    slot.emitted = false;
  }
  addToPane(slot.pane, event);
  if (slot.facts) noteEvent(slot.facts, event);
  return 'taken';
}

/**
 * 53 bits of a text as a number: 8 bytes instead of a string of 36. Two ids of one pane agree by chance once
 * in about 10^8 panes of 10,000 events.
 */
function fingerprint(text: string): number {
  let low = 0x811c9dc5;
  let high = 0x9e3779b9;
  for (let place = 0; place < text.length; place++) {
    const code = text.charCodeAt(place);
    low = Math.imul(low ^ code, 0x01000193);
    high = Math.imul(high ^ code, 0x85ebca6b) ^ (high >>> 15);
  }
  return (high >>> 11) * 2 ** 32 + (low >>> 0);
}
