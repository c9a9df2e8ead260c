import type { NormalizedEvent, Platform } from '../contracts/event.ts';
import type { Deed } from './deed.ts';
import { packEdges } from './edge-list.ts';
import { enter } from './enter.ts';
import type { Ledger } from './ledger.ts';
import { emptyLedger } from './ledger.ts';
import { readPane, writePane } from './pane-form.ts';
import { readDeeds } from './read-deeds.ts';

/**
 * One endpoint's events of one pane (30 s), parsed and interned once. Deeds wait in the order they came and are
 * entered into the ledger in the order of their times when the pane is first asked for a graph.
 */
export interface Pane {
  readonly platform: Platform;
  readonly start: number; // epoch seconds
  eventCount: number;
  readonly waiting: Deed[];
  readonly ledger: Ledger;
}

// A flood must not pile up deeds until the tick. From here on they are entered early: exact order then holds
// inside each lot, which only matters to process ids that change their bearer within it.
const MOST_WAITING = 16_384;

/** A pane without events. */
export function emptyPane(platform: Platform, start: number): Pane {
  return { platform, start, eventCount: 0, waiting: [], ledger: emptyLedger(platform) };
}

/** Takes in one event of the pane's endpoint; its cost does not depend on what the pane holds. */
export function addToPane(pane: Pane, event: NormalizedEvent): void {
  pane.eventCount += 1;
  for (const deed of readDeeds(event)) pane.waiting.push(deed);
  if (pane.waiting.length >= MOST_WAITING) settlePane(pane);
}

/** Enters what waits and gives the pane's ledger. */
export function settlePane(pane: Pane): Ledger {
  const { waiting, ledger } = pane;
  if (waiting.length === 0) return ledger;
  if (!waiting.every(isAfterThoseBefore)) waiting.sort(inTime);
  for (const deed of waiting) enter(ledger, deed);
  waiting.length = 0;
  packEdges(ledger.edges, ledger.processes.length);
  return ledger;
}

/** A pane as bytes, for checkpoints: `decodePane` gives one that builds equal graphs. */
export function encodePane(pane: Pane): Buffer {
  return writePane(pane);
}

/** The pane of `encodePane`'s bytes; throws `input-invalid` when they are something else. */
export function decodePane(bytes: Buffer): Pane {
  return readPane(bytes);
}

function inTime(a: Deed, b: Deed): number {
  return a.at - b.at || (a.eventId < b.eventId ? -1 : a.eventId > b.eventId ? 1 : 0);
}

function isAfterThoseBefore(deed: Deed, place: number, all: readonly Deed[]): boolean {
  const before = all[place - 1];
  return !before || inTime(before, deed) <= 0;
}
