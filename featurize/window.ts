import { LogsterError } from '../contracts/errors.ts';
import { endpointKey, type NormalizedEvent, type Platform } from '../contracts/event.ts';
import type { WindowOf } from '../contracts/graph.ts';
import {
  type ClockRules,
  type DropReason,
  type EventClock,
  type Fate,
  hearEnd,
  hearEvent,
  hearSilence,
  hearWatermark,
  newClock,
  type Settle,
  watermarkOf,
} from './event-clock.ts';
import type { Pane } from './pane.ts';
import { emptySlot, fillSlot, type Slot } from './pane-slot.ts';
import type { IdleFacts } from './prefilter.ts';
import { decodeEndpoints, encodeEndpoints, type PaneRef, type PaneStore } from './window-snapshot.ts';

export interface WindowOptions {
  readonly windowSeconds?: number; // whole seconds
  readonly intervalSeconds?: number; // whole seconds
  readonly latenessSeconds?: number;
  readonly jumpSeconds?: number;
  readonly silenceSeconds?: number;
  readonly forgetSeconds?: number;
  readonly maxEndpoints?: number;
}

/** A window that will not change any more, with the panes it is the merge of (oldest first, none empty). */
export interface ClosedWindow {
  readonly window: WindowOf;
  readonly panes: readonly Pane[];
  /** Per pane, what the pre-filter judges by; empty on Windows. */
  readonly facts: readonly IdleFacts[];
}

/** Everything kept of one (tenant, endpoint, platform). */
export interface EndpointWindows {
  readonly tenantId: string;
  readonly endpointId: string;
  readonly hostname: string;
  readonly platform: Platform;
  readonly shift: number; // of its ticks against the multiples of the interval, seconds
  readonly clock: EventClock;
  /** The last tick that was passed; undefined before the first trusted event. */
  closedTo?: number;
  slots: Slot[]; // panes that a later window can still contain, oldest first
}

/**
 * Event-time windows of every endpoint that is fed to it. Pure: the same calls give the same windows, however
 * they are grouped, and however fast they come.
 *
 * A tick fires when its endpoint's watermark passes it: the newest trusted event time minus the lateness.
 * When nothing was published for `silenceSeconds`, time itself moves the watermark on. An event is late when it
 * lies behind its endpoint's own watermark of events; the passing of time alone makes no event late, but
 * windows that it closed stay as they are.
 */
export interface SlidingWindows {
  /** Takes the next event of its endpoint; `arrivedAt` is when it was published, epoch seconds. */
  add(event: NormalizedEvent, arrivedAt: number): Fate;
  /** Declares that an endpoint's stream has reached event time `at`. Without a state of it, nothing happens. */
  watermark(tenantId: string, endpointId: string, platform: Platform, at: number): void;
  /** Lets time pass for silent endpoints. Call it only with a time up to which everything published was added. */
  idle(now: number): void;
  /** Closes every window that is left, as when all endpoints fell silent, and forgets them. */
  finish(): void;
  /** The windows closed since the last call, in order per endpoint. */
  closed(): readonly ClosedWindow[];
  /** Events left out of windows since the last call, by reason. */
  dropped(): ReadonlyMap<DropReason, number>;
  /** Endpoints that something is kept of. */
  readonly endpoints: number;
  /** Everything kept, for a checkpoint; with `panes`, complete panes go there. Take `closed()` before. */
  snapshot(panes?: PaneStore): Buffer;
  /** Puts back what `snapshot()` gave; `paneAt` finds the panes that were stored apart. */
  restore(bytes: Buffer, paneAt?: (ref: PaneRef) => Buffer): void;
}

/** Makes an empty set of windows. */
export function slidingWindows({
  windowSeconds = 180,
  intervalSeconds = 30,
  latenessSeconds = 10,
  jumpSeconds = 300, // the reference flags clocks that are 5 minutes ahead
  silenceSeconds = 30, // shippers that flush up to every half minute are not taken for silent
  forgetSeconds = 600, // longer than a window, its lateness and any usual restart, so that a redelivery is known
  maxEndpoints = 100_000, // of one partition; about 300 bytes each when silent
}: WindowOptions = {}): SlidingWindows {
  const paneSeconds = paneLength(windowSeconds, intervalSeconds);
  const rules: ClockRules = { latenessSeconds, jumpSeconds, silenceSeconds, forgetSeconds };
  const byKey = new Map<string, EndpointWindows>();
  let closed: ClosedWindow[] = [];
  let dropped = new Map<DropReason, number>();

  const drop = (reason: DropReason): Fate => {
    dropped.set(reason, (dropped.get(reason) ?? 0) + 1);
    return reason;
  };
  const settleFor =
    (endpoint: EndpointWindows): Settle =>
    ({ event }, verdict) => {
      const fate = verdict === 'trusted' ? place(endpoint, event) : verdict;
      if (verdict === 'trusted') closeUpTo(endpoint, watermarkOf(endpoint.clock, rules));
      return fate === 'taken' || fate === 'held' ? fate : drop(fate);
    };

  /** Puts an event into its pane, unless no window to come could contain it. */
  function place(endpoint: EndpointWindows, event: NormalizedEvent): Fate {
    const at = event.timestamp;
    endpoint.closedTo ??= tickBefore(endpoint, at - latenessSeconds);
    const start = gridBefore(at, endpoint.shift, paneSeconds);
    if (start < endpoint.closedTo + intervalSeconds - windowSeconds) return 'after-silence';
    const behind = endpoint.slots.findLastIndex((slot) => slot.pane.start <= start);
    const found = endpoint.slots[behind];
    if (found?.pane.start === start) return fillSlot(found, event);
    const slot = emptySlot(endpoint.platform, start);
    endpoint.slots.splice(behind + 1, 0, slot);
    return fillSlot(slot, event);
  }

  /** Fires the ticks up to an event time, skipping windows without events, and lets go of panes out of reach. */
  function closeUpTo(endpoint: EndpointWindows, time: number): void {
    if (endpoint.closedTo === undefined) return;
    const last = tickBefore(endpoint, time);
    if (last <= endpoint.closedTo) return;
    let tick = endpoint.closedTo + intervalSeconds;
    for (;;) {
      endpoint.slots = endpoint.slots.filter((slot) => slot.pane.start >= tick - windowSeconds);
      const oldest = endpoint.slots[0]?.pane.start;
      if (oldest === undefined) break;
      if (oldest >= tick) tick = tickBefore(endpoint, oldest) + intervalSeconds;
      if (tick > last) break;
      emit(endpoint, tick);
      tick += intervalSeconds;
    }
    endpoint.closedTo = last;
    const watermark = watermarkOf(endpoint.clock, rules);
    for (const slot of endpoint.slots) {
      if (slot.pane.start + paneSeconds <= watermark) delete slot.seen; // whatever is still to come is late
    }
  }

  function emit(endpoint: EndpointWindows, tick: number): void {
    const slots = endpoint.slots.filter((slot) => slot.pane.start < tick);
    for (const slot of slots) slot.emitted = true;
    const { tenantId, endpointId, hostname, platform } = endpoint;
    closed.push({
      window: { tenantId, endpointId, hostname, platform, start: tick - windowSeconds, end: tick },
      panes: slots.map((slot) => slot.pane),
      facts: slots.flatMap((slot) => slot.facts ?? []),
    });
  }

  /** Moves one endpoint on to wall time `now`; true when nothing of it needs to be kept. */
  function passTime(endpoint: EndpointWindows, now: number): boolean {
    const { clock } = endpoint;
    hearSilence(clock, now, rules, settleFor(endpoint));
    const silentFor = now - clock.reachedAt;
    if (clock.reached !== undefined && silentFor >= silenceSeconds) {
      closeUpTo(endpoint, clock.reached + silentFor - latenessSeconds);
    }
    return silentFor >= forgetSeconds && endpoint.slots.length === 0 && clock.held.length === 0;
  }

  function tickBefore(endpoint: EndpointWindows, time: number): number {
    return gridBefore(time, endpoint.shift, intervalSeconds);
  }

  function endpointOf(event: NormalizedEvent, arrivedAt: number): EndpointWindows | undefined {
    const key = keyOf(event.tenant_id, event.endpoint_id, event.platform);
    const known = byKey.get(key);
    if (known) {
      const due = arrivedAt - known.clock.reachedAt >= silenceSeconds || known.clock.held.length > 0;
      if (!due || !passTime(known, arrivedAt)) return known;
    } else if (byKey.size >= maxEndpoints) return undefined;
    const fresh: EndpointWindows = {
      tenantId: event.tenant_id,
      endpointId: event.endpoint_id,
      hostname: event.hostname,
      platform: event.platform,
      shift: hashOf(key) % intervalSeconds,
      clock: newClock(arrivedAt),
      slots: [],
    };
    byKey.set(key, fresh);
    return fresh;
  }

  return {
    add(event, arrivedAt) {
      const endpoint = endpointOf(event, arrivedAt);
      if (!endpoint) return drop('too-many-endpoints');
      return hearEvent(endpoint.clock, { event, arrivedAt }, rules, settleFor(endpoint));
    },
    watermark(tenantId, endpointId, platform, at) {
      const endpoint = byKey.get(keyOf(tenantId, endpointId, platform));
      if (!endpoint) return;
      hearWatermark(endpoint.clock, at, rules, settleFor(endpoint));
      closeUpTo(endpoint, at);
    },
    idle(now) {
      for (const [key, endpoint] of byKey) if (passTime(endpoint, now)) byKey.delete(key);
    },
    finish() {
      for (const endpoint of byKey.values()) {
        hearEnd(endpoint.clock, rules, settleFor(endpoint));
        closeUpTo(endpoint, Number.POSITIVE_INFINITY);
      }
      byKey.clear();
    },
    closed() {
      const taken = closed;
      closed = [];
      return taken;
    },
    dropped() {
      const taken = dropped;
      dropped = new Map();
      return taken;
    },
    get endpoints() {
      return byKey.size;
    },
    snapshot: (panes) => encodeEndpoints([...byKey.values()], panes),
    restore(bytes, paneAt) {
      const endpoints = decodeEndpoints(bytes, paneAt);
      byKey.clear();
      for (const endpoint of endpoints) {
        byKey.set(keyOf(endpoint.tenantId, endpoint.endpointId, endpoint.platform), endpoint);
      }
    },
  };
}

const keyOf = (tenantId: string, endpointId: string, platform: Platform): string =>
  `${endpointKey(tenantId, endpointId)}:${platform}`;

/** The largest `shift + n * step` that is not above `time`. */
function gridBefore(time: number, shift: number, step: number): number {
  return Math.floor((time - shift) / step) * step + shift;
}

/** Seconds of a pane: the longest that fits both the window and the interval. */
function paneLength(windowSeconds: number, intervalSeconds: number): number {
  const whole = (seconds: number) => Number.isInteger(seconds) && seconds > 0;
  if (!whole(windowSeconds) || !whole(intervalSeconds) || windowSeconds < intervalSeconds) {
    throw new LogsterError(
      'config-invalid',
      `Windows of ${windowSeconds} s every ${intervalSeconds} s are not possible: both must be whole seconds, ` +
        'and the window (inference.window, in minutes) no shorter than inference.interval',
    );
  }
  let [longer, shorter] = [windowSeconds, intervalSeconds];
  while (shorter > 0) [longer, shorter] = [shorter, longer % shorter];
  return longer;
}

/** FNV-1a, 32 bits: spreads the ticks of endpoints over the interval. */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let place = 0; place < text.length; place++) {
    hash = Math.imul(hash ^ text.charCodeAt(place), 0x01000193);
  }
  return hash >>> 0;
}
