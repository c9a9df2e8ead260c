import type { Platform } from '../../contracts/event.ts';
import { sameHost } from '../label.ts';
import type { Capture } from '../manifest.ts';
import { PURGE_SECONDS } from '../split.ts';
import type { WindowRow } from '../version/row.ts';
import type { LeftOut } from './collect.ts';
import { groupBy } from './reach.ts';
import type { CorpusSize } from './weigh.ts';

/** A capture as far as feedback has to stay apart from it. */
export type FrozenCapture = Pick<Capture, 'id' | 'platform' | 'role' | 'heldBack' | 'hosts' | 'from' | 'to'>;

/** The captured side of a version: what judges, and what feedback may not touch. */
export interface CapturedSide {
  readonly captures: readonly FrozenCapture[]; // with the times and machines that their windows show
  readonly rows: readonly Pick<WindowRow, 'platform' | 'label' | 'graph' | 'side'>[];
}

/** A window of feedback, wherever it is written down. */
export interface PlacedWindow {
  readonly platform: Platform;
  readonly endpointId: string;
  readonly windowStart: number; // epoch seconds
  readonly windowEnd: number; // epoch seconds, exclusive
  readonly contentHash: string;
}

/**
 * Why a window may not be learnt from: it lies within the purge gap of a capture that judges, on the same machine, or
 * such a capture has a labelled window with the same graph, of which the captures say what it is. Every capture that
 * trains also judges in its fold, so all of them count but those that no figure rests on.
 */
export function apartFrom({ captures, rows }: CapturedSide): (window: PlacedWindow) => LeftOut | null {
  const judging = captures.filter(judges);
  const graphs = new Set(
    rows.filter((row) => row.label !== 'unknown').map((row) => `${row.platform} ${row.graph}`),
  );
  return (window) => {
    if (judging.some((capture) => isNear(window, capture))) return 'near a capture in machine and time';
    return graphs.has(`${window.platform} ${window.contentHash}`) ? 'a capture has the same graph' : null;
  };
}

/** How many distinct captured windows of each class train, per platform: what feedback is measured against. */
export function corpusOf(rows: CapturedSide['rows']): Readonly<Partial<Record<Platform, CorpusSize>>> {
  const training = rows.filter((row) => row.side === 'train');
  const counts = [...groupBy(training, (row) => row.platform)].map(([platform, own]) => {
    const distinct = (label: string) =>
      new Set(own.filter((row) => row.label === label).map((row) => row.graph)).size;
    return [platform, { attack: distinct('attack'), benign: distinct('benign') }];
  });
  return Object.fromEntries(counts);
}

const judges = ({ role, heldBack }: FrozenCapture): boolean =>
  heldBack || role === 'train and judge' || role === 'judge only' || role === 'pairs only';

function isNear(window: PlacedWindow, { platform, hosts, from, to }: FrozenCapture): boolean {
  if (platform !== window.platform || from === null || to === null) return false;
  if (window.windowStart - to > PURGE_SECONDS || from - window.windowEnd > PURGE_SECONDS) return false;
  return hosts.some((host) => sameHost(host.name, window.endpointId));
}
