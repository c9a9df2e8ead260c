import fc from 'fast-check';
import type { NormalizedEvent } from '../contracts/event.ts';
import { idOf } from '../contracts/ids.ts';
import { buildGraph } from './build-graph.ts';
import type { DropReason } from './event-clock.ts';
import { type ClosedWindow, type SlidingWindows, slidingWindows } from './window.ts';

const START = 1_700_000_000;

function eventAt(seconds: number, { id = String(seconds), endpoint = 'web-1' } = {}): NormalizedEvent {
  const number = Math.abs(Math.trunc(seconds * 7)) % 5;
  return {
    schema_version: 1,
    event_id: idOf('event', endpoint, id),
    tenant_id: 'default',
    endpoint_id: endpoint,
    hostname: endpoint,
    platform: 'linux',
    source: 'auditd',
    event_type: 'process_create',
    timestamp: START + seconds,
    ingested_at: START,
    data: {
      image: `/usr/bin/tool-${number}`,
      command_line: `tool-${number} --at ${number}`,
      process_id: 100 + number,
      parent_process_id: 1,
    },
    warnings: [],
  };
}

/** Everything that makes a window what it is, as one line. */
function describeWindow({ window, panes }: ClosedWindow): string {
  const graph = buildGraph(window, panes);
  const events = [...graph.edgeEvents].sort().join();
  return `${window.endpointId} ${window.end - START} ${graph.windowId} ${graph.eventCount} ${graph.contentHash} ${events}`;
}

const describeAll = (windows: readonly ClosedWindow[]): string[] => windows.map(describeWindow);
const endsOf = (windows: readonly ClosedWindow[]): number[] =>
  windows.map(({ window }) => window.end - START);

/** Feeds event times (seconds after START) as they would arrive at `speed` times their own pace. */
function feed(windows: SlidingWindows, times: readonly number[], speed = Number.POSITIVE_INFINITY): void {
  times.forEach((time, place) => {
    windows.add(eventAt(time, { id: `${place}` }), START + time / speed);
  });
}

describe('slidingWindows()', () => {
  test('puts each event into the six windows of 3 minutes around it', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2]);
    windows.finish();
    const closed = windows.closed();
    expect(closed).toHaveLength(6);
    for (const { window } of closed) {
      expect(window.end - window.start).toBe(180);
      expect(window.start).toBeLessThanOrEqual(START);
      expect(window.end).toBeGreaterThan(START + 2);
    }
    const ends = endsOf(closed);
    expect(ends.slice(1).map((end, place) => end - (ends[place] ?? 0))).toEqual([30, 30, 30, 30, 30]);
    expect(closed.every(({ panes }) => panes.length === 1 && panes[0]?.eventCount === 3)).toBe(true);
  });

  test('fires a tick when the watermark passes it and not before', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2]);
    windows.finish();
    const [first] = endsOf(windows.closed());
    const again = slidingWindows();
    feed(again, [0, 1, 2, (first ?? 0) + 9.9]);
    expect(again.closed()).toEqual([]);
    feed(again, [(first ?? 0) + 10.1]);
    expect(endsOf(again.closed())).toEqual([first]);
  });

  test('spreads the ticks of endpoints over the interval', () => {
    const windows = slidingWindows();
    for (let place = 0; place < 200; place++) {
      windows.add(eventAt(0, { endpoint: `web-${place}` }), START);
    }
    windows.finish();
    const phases = new Set(windows.closed().map(({ window }) => window.end % 30));
    expect(phases.size).toBeGreaterThan(20);
  });

  test('counts events behind the watermark as late and takes those within 10 s', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 100]);
    expect(windows.add(eventAt(91), START)).toBe('taken');
    expect(windows.add(eventAt(89), START)).toBe('late');
    expect(windows.dropped()).toEqual(new Map([['late', 1]]));
  });

  test('takes an event once, however often it is delivered', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2]);
    expect(windows.add(eventAt(3), START)).toBe('taken');
    expect(windows.add(eventAt(3), START)).toBe('duplicate');
    windows.finish();
    expect(windows.closed().every(({ panes }) => panes[0]?.eventCount === 4)).toBe(true);
  });

  test('one wildly-future event neither closes windows nor makes others late', () => {
    const times = [0, 1, 2, 5, 9, 20, 40, 70, 200];
    const calm = slidingWindows();
    for (const time of times) calm.add(eventAt(time), START);
    const shaken = slidingWindows();
    times.forEach((time, place) => {
      shaken.add(eventAt(time), START);
      if (place === 4) shaken.add(eventAt(86_400 * 365), START);
    });
    calm.finish();
    shaken.finish();
    expect(describeAll(shaken.closed())).toEqual(describeAll(calm.closed()));
    expect(shaken.dropped()).toEqual(new Map([['clock-ahead', 1]]));
  });

  test('a wildly-future first event does not decide what time it is', () => {
    const windows = slidingWindows();
    windows.add(eventAt(86_400), START);
    feed(windows, [0, 1, 2, 3]);
    windows.finish();
    expect(windows.closed().every(({ window }) => window.end < START + 400)).toBe(true);
    expect(windows.dropped()).toEqual(new Map([['clock-ahead', 1]]));
  });

  test('a jump that later events confirm is a gap in the stream', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2, 4000, 4001, 4002]);
    windows.finish();
    expect(windows.closed()).toHaveLength(12);
    expect(windows.dropped().size).toBe(0);
  });

  test('a jump that real time explains needs no confirmation', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2], 1);
    expect(windows.add(eventAt(500), START + 500)).toBe('taken');
  });

  test('silent endpoints get their last windows by the passing of time, the same as by a watermark', () => {
    const times = [0, 1, 2, 45, 100];
    const byTime = slidingWindows();
    feed(byTime, times, 1);
    for (let now = 100; now < 400; now += 7) byTime.idle(START + now);
    const byWatermark = slidingWindows();
    feed(byWatermark, times, 1);
    byWatermark.watermark('default', 'web-1', 'linux', START + 400);
    const byFinish = slidingWindows();
    feed(byFinish, times, 1);
    byFinish.finish();
    const expected = describeAll(byFinish.closed());
    expect(expected.length).toBeGreaterThanOrEqual(9);
    expect(describeAll(byTime.closed())).toEqual(expected);
    expect(describeAll(byWatermark.closed())).toEqual(expected);
  });

  test('an event after a silence enters the windows to come and leaves the closed ones as they are', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2], 1);
    windows.idle(START + 130);
    const closed = windows.closed();
    const before = describeAll(closed);
    expect(windows.add(eventAt(3), START + 130)).toBe('taken');
    expect(describeAll(closed)).toEqual(before);
    windows.finish();
    expect(windows.closed().every(({ panes }) => panes[0]?.eventCount === 4)).toBe(true);
    expect(before.length + 1).toBeLessThan(6);
  });

  test('an event whose windows were all closed during a silence is counted as such', () => {
    const windows = slidingWindows();
    feed(windows, [0, 1, 2], 1);
    windows.idle(START + 400);
    expect(windows.closed()).toHaveLength(6);
    expect(windows.add(eventAt(3), START + 401)).toBe('after-silence');
  });

  test('a clock that was set back counts again after ten minutes without a usable event', () => {
    const windows = slidingWindows();
    feed(windows, [10_000, 10_001, 10_002], 1);
    expect(windows.add(eventAt(5), START + 10_003)).toBe('late');
    expect(windows.add(eventAt(700), START + 10_700)).toBe('held');
    feed(windows, [701, 702]);
    windows.finish();
    expect(endsOf(windows.closed()).filter((end) => end < 1000)).toHaveLength(6);
  });

  test('keeps nothing of endpoints that are gone', () => {
    const windows = slidingWindows();
    let count = 0;
    for (let round = 0; round < 100; round++) {
      const now = START + round * 60;
      for (let place = 0; place < 1000; place++) {
        windows.add(eventAt(round * 60, { endpoint: `h-${round}-${place}` }), now);
      }
      windows.idle(now);
      count += windows.closed().length;
      expect(windows.endpoints).toBeLessThanOrEqual(15_000);
    }
    windows.idle(START + 10_000);
    count += windows.closed().length;
    expect(windows.endpoints).toBe(0);
    expect(count).toBe(600_000);
    expect(windows.snapshot().length).toBeLessThan(100);
  });

  test('refuses new endpoints above its bound and counts their events', () => {
    const windows = slidingWindows({ maxEndpoints: 1 });
    windows.add(eventAt(0), START);
    expect(windows.add(eventAt(0, { endpoint: 'web-2' }), START)).toBe('too-many-endpoints');
  });

  test('refuses lengths that no pane fits', () => {
    expect(() => slidingWindows({ windowSeconds: 90.5 })).toThrow('whole seconds');
    expect(() => slidingWindows({ windowSeconds: 10 })).toThrow('no shorter');
  });

  test('a window that is no multiple of the interval is made of shorter panes', () => {
    const windows = slidingWindows({ windowSeconds: 50, intervalSeconds: 20 });
    feed(windows, [0, 1, 2]);
    windows.finish();
    expect(windows.closed().length).toBeGreaterThanOrEqual(2);
  });
});

describe('the same events give the same windows', () => {
  /** Steps between events of one endpoint: mostly ordinary, some out of order, some after a long gap. */
  const step = fc.oneof(
    { weight: 8, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
    { weight: 2, arbitrary: fc.double({ min: -9, max: 0, noNaN: true }) },
    { weight: 1, arbitrary: fc.double({ min: -60, max: -11, noNaN: true }) },
    { weight: 1, arbitrary: fc.integer({ min: 60, max: 5000 }) },
  );
  const stream = fc.array(fc.tuple(step, fc.constantFrom('a', 'b', 'c')), { minLength: 1, maxLength: 120 });

  function timed(steps: readonly (readonly [number, string])[]): NormalizedEvent[] {
    const at = new Map<string, number>();
    return steps.map(([seconds, endpoint], place) => {
      const time = (at.get(endpoint) ?? 100) + Math.round(seconds * 1000) / 1000;
      at.set(endpoint, Math.max(time, at.get(endpoint) ?? 0));
      return eventAt(time, { id: String(place), endpoint });
    });
  }

  function run(
    events: readonly NormalizedEvent[],
    each: (windows: SlidingWindows, place: number) => SlidingWindows = (windows) => windows,
  ): { windows: string[]; dropped: Map<DropReason, number> } {
    let windows = slidingWindows();
    const lines: string[] = [];
    const dropped = new Map<DropReason, number>();
    const take = () => {
      lines.push(...describeAll(windows.closed()));
      for (const [reason, count] of windows.dropped())
        dropped.set(reason, (dropped.get(reason) ?? 0) + count);
    };
    events.forEach((event, place) => {
      windows.add(event, START);
      if (place % 3 === 0) take();
      const next = each(windows, place);
      if (next !== windows) {
        take();
        windows = next;
      }
    });
    windows.finish();
    take();
    return { windows: lines.sort(), dropped };
  }

  test('when they are stored and restored at any moment', () => {
    fc.assert(
      fc.property(stream, fc.array(fc.nat(119), { maxLength: 5 }), (steps, kills) => {
        const events = timed(steps);
        const undisturbed = run(events);
        const stored: Buffer[] = [];
        const killed = run(events, (windows, place) => {
          if (!kills.includes(place)) return windows;
          const next = slidingWindows();
          const bytes = windows.snapshot({
            put: (pane) => ({ segment: stored.push(pane) - 1, from: 0, length: pane.length }),
            keep: (ref) => expect(stored[ref.segment]).toBeDefined(),
          });
          next.restore(bytes, (ref) => stored[ref.segment] ?? Buffer.alloc(0));
          return next;
        });
        expect(killed).toEqual(undisturbed);
      }),
      { numRuns: 150 },
    );
  });

  test('at any speed from their own pace to at once, with time passing in between', () => {
    const inOrder = fc.array(
      fc.oneof(
        { weight: 8, arbitrary: fc.double({ min: 0, max: 20, noNaN: true }) },
        { weight: 1, arbitrary: fc.integer({ min: 60, max: 5000 }) },
      ),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(inOrder, fc.constantFrom(1, 3, 60, 10_000), (steps, speed) => {
        let at = 0;
        const times = steps.map((seconds) => (at += Math.round(seconds * 1000) / 1000));
        const live = slidingWindows();
        times.forEach((time, place) => {
          const before = times[place - 1] ?? 0;
          for (let now = before; now < time; now += 13 * speed) live.idle(START + now / speed);
          live.add(eventAt(time, { id: String(place) }), START + time / speed);
        });
        const replayed = slidingWindows();
        feed(replayed, times);
        live.finish();
        replayed.finish();
        expect(describeAll(live.closed()).sort()).toEqual(describeAll(replayed.closed()).sort());
        expect(live.dropped().size).toBe(0);
      }),
      { numRuns: 150 },
    );
  });
});
