import fc from 'fast-check';
import { SCOPES } from '../contracts/feedback.ts';
import type { KeptWindow } from '../ports/graphs/graphs.ts';
import { keptOf } from '../ports/graphs/sample.ts';
import { type JudgedWindow, teachingOrder } from './teaching-order.ts';

const windowOf = (name: string, differing: Partial<KeptWindow> = {}): KeptWindow => {
  const { bytes: _, ...window } = keptOf(name, differing);
  return window;
};
const several = (count: number, pattern: string, differing: Partial<KeptWindow> = {}) =>
  Array.from({ length: count }, (_, n) => windowOf(`${pattern} ${n}`, { pattern, ...differing }));
const judgedAs = (window: KeptWindow, reach: Partial<JudgedWindow> = {}): JudgedWindow => ({
  ...window,
  ...{ scope: 'window', process: null },
  ...reach,
});
const patternsOf = (order: ReturnType<typeof teachingOrder>) => order.map(({ window }) => window.pattern);
const all = { limit: 1000 };

describe('teachingOrder()', () => {
  test('each offer halves what the next on its pattern is worth', () => {
    const candidates = [...several(2, 'few'), ...several(9, 'many'), ...several(1, 'one')];
    const order = teachingOrder(candidates, [], all);
    // with one more for their endpoint: 10, 5, 2.5, 1.25 …, 3, 1.5 and 2 windows
    const patterns = ['many', 'many', 'few', 'many', 'one', 'few', 'many'];
    expect(patternsOf(order).slice(0, 7)).toEqual(patterns);
    expect(order).toHaveLength(12);
    expect(order[0]?.reason).toBe('9 windows of one endpoint share this pattern');
    expect(order[4]?.reason).toBe('an alarm of its own kind');
  });

  test('as many alarms come before as many narrow misses, and what is far below the threshold comes last', () => {
    const candidates = [
      ...several(50, 'far', { attackProb: 0.02, because: 'sample' }),
      ...several(3, 'near', { attackProb: 0.66 }),
      ...several(3, 'alarm', { attackProb: 0.99 }),
    ];
    const patterns = patternsOf(teachingOrder(candidates, [], all));
    expect(patterns.slice(0, 2)).toEqual(['alarm', 'alarm']);
    expect(patterns.indexOf('near')).toBeLessThan(3);
    expect(patterns.indexOf('far')).toBe(6);
  });

  test('of as many windows those on more endpoints, and those closer to the threshold, come first', () => {
    const spread = several(4, 'spread').map((one, n) => ({ ...one, endpointId: `h${n}` }));
    const close = several(4, 'close', { attackProb: 0.71 });
    const order = teachingOrder([...several(4, 'sure', { attackProb: 0.99 }), ...close, ...spread], [], all);
    expect(patternsOf(order).slice(0, 3)).toEqual(['spread', 'close', 'sure']);
    expect(order[1]?.reason).toBe('4 windows of one endpoint share this pattern; close to the threshold');
    expect(order[0]?.reason).toBe('4 windows of 4 endpoints share this pattern');
  });

  test('a group goes round its endpoints, and begins with an alarm of median probability', () => {
    const probabilities = [0.75, 0.8, 0.99, 0.1];
    const own = probabilities.map((attackProb, n) =>
      windowOf(`h1 ${n}`, { attackProb, endpointId: 'h1', windowEnd: 900 }),
    );
    const other = windowOf('h2', { attackProb: 0.98, endpointId: 'h2' });
    const order = teachingOrder([...own, other], [], all).map(({ window }) => window);
    expect(
      order
        .slice(0, 2)
        .map((one) => one.endpointId)
        .sort(),
    ).toEqual(['h1', 'h2']);
    expect(order[0]?.attackProb).toBe(0.98);
    expect(order.at(-1)?.attackProb).toBe(0.1);
  });

  test('a pattern that was judged is worth half as much, and says so', () => {
    const [first, ...rest] = several(6, 'judged') as [KeptWindow, ...KeptWindow[]];
    const order = teachingOrder([first, ...rest, ...several(4, 'open')], [judgedAs(first)], all);
    expect(patternsOf(order).slice(0, 2)).toEqual(['open', 'judged']);
    expect(order[1]?.reason).toBe('5 windows of one endpoint share this pattern; 1 like it judged already');
    expect(order.map(({ window }) => window)).not.toContainEqual(first);
  });

  test('a verdict on a pattern takes it away in its tenant and platform alone', () => {
    const mine = several(3, 'p');
    const theirs = windowOf('theirs', { pattern: 'p', tenantId: 'globex' });
    const linux = windowOf('linux', { pattern: 'p', platform: 'linux' });
    const judged = [judgedAs(windowOf('gone', { pattern: 'p', endpointId: 'h9' }), { scope: 'pattern' })];
    const order = teachingOrder([...mine, theirs, linux], judged, all).map(({ window }) => window);
    expect(order).toHaveLength(2);
    expect(order).toEqual(expect.arrayContaining([theirs, linux]));
  });

  test('a verdict on a process takes away what names it on that endpoint', () => {
    const pattern = 'Cron → backup.sh: spawned process';
    const judged = [judgedAs(windowOf('gone', { pattern }), { scope: 'process', process: 'BACKUP.sh' })];
    const named = windowOf('named', { pattern: 'backup.sh → tar: spawned process' });
    const elsewhere = windowOf('elsewhere', { pattern, endpointId: 'h2' });
    const other = windowOf('other', { pattern: 'mybackup.sh → tar: spawned process' });
    const order = teachingOrder([named, elsewhere, other], judged, all).map(({ window }) => window);
    expect(order).toHaveLength(2);
    expect(order).toEqual(expect.arrayContaining([elsewhere, other]));
  });

  test('windows in which nothing carried the score are alike on one endpoint only', () => {
    const bare = ['h1', 'h1', 'h2'].map((endpointId, n) =>
      windowOf(`bare ${n}`, { pattern: '', endpointId }),
    );
    const judged = [judgedAs(windowOf('gone', { pattern: '' }), { scope: 'pattern' })];
    const order = teachingOrder(bare, judged, all);
    expect(order).toHaveLength(3);
    expect(order.slice(0, 1).map(({ window }) => window.endpointId)).toEqual(['h2']); // one of h1's was judged
    expect(order[0]?.reason).toBe('nothing in it carried the score');
  });
});

describe('teachingOrder() of any windows', () => {
  const PATTERNS = ['', 'a → b', 'b → c', 'c → d', 'd → e', 'e → f'];
  const anyWindow = fc.record({
    endpointId: fc.constantFrom('h1', 'h2', 'h3'),
    tenantId: fc.constantFrom('acme', 'globex'),
    platform: fc.constantFrom('windows' as const, 'linux' as const),
    pattern: fc.constantFrom(...PATTERNS),
    attackProb: fc.double({ min: 0, max: 1, noNaN: true }),
    windowEnd: fc.integer({ min: 1, max: 9 }),
  });
  const anyWindows = fc
    .array(anyWindow, { maxLength: 40 })
    .map((given) => given.map((one, n) => windowOf(`w${n}`, one)));
  const anyReach = fc.record({
    at: fc.nat(60),
    scope: fc.constantFrom(...SCOPES),
    process: fc.constantFrom('a', 'c', 'z'),
  });
  const judgedAmong = (
    windows: readonly KeptWindow[],
    reaches: readonly (typeof anyReach extends fc.Arbitrary<infer T> ? T : never)[],
  ) =>
    reaches.flatMap(({ at, scope, process }) => {
      const window = windows[at % Math.max(windows.length, 1)];
      return window ? [judgedAs(window, { scope, process: scope === 'process' ? process : null })] : [];
    });
  const anyCase = fc.record({ windows: anyWindows, reaches: fc.array(anyReach, { maxLength: 8 }) });
  const groupKey = ({ platform, pattern, tenantId, endpointId }: KeptWindow) =>
    pattern === '' ? `${platform} ${tenantId} ${endpointId}` : `${platform} ${pattern}`;

  test('never offers what was judged or reached, nor anything twice, and leaves nothing else out', () => {
    fc.assert(
      fc.property(anyCase, ({ windows, reaches }) => {
        const judged = judgedAmong(windows, reaches);
        const offered = teachingOrder(windows, judged, all).map(({ window }) => window);
        const isReached = (window: KeptWindow) =>
          judged.some(
            (one) =>
              one.inferenceId === window.inferenceId ||
              (one.tenantId === window.tenantId &&
                one.platform === window.platform &&
                ((one.scope === 'pattern' && one.pattern === window.pattern && window.pattern !== '') ||
                  (one.scope === 'process' &&
                    one.endpointId === window.endpointId &&
                    window.pattern.split(' ').includes(one.process ?? '')))),
          );
        const idsOf = (some: readonly KeptWindow[]) => some.map((one) => one.inferenceId).sort();
        expect(idsOf(offered)).toEqual(idsOf(windows.filter((one) => !isReached(one))));
      }),
    );
  });

  test('no pattern is offered again while another that alarms, with more windows left, was offered less', () => {
    fc.assert(
      fc.property(anyWindows, (windows) => {
        const order = teachingOrder(windows, [], all).map(({ window }) => window);
        const offered = new Map<string, number>();
        for (const [place, window] of order.entries()) {
          const key = groupKey(window);
          const times = offered.get(key) ?? 0;
          const size = windows.filter((one) => groupKey(one) === key).length;
          for (const later of order.slice(place + 1)) {
            if (later.attackProb < 0.7 || groupKey(later) === key) continue;
            const rival = windows.filter((one) => groupKey(one) === groupKey(later));
            // an alarm is worth 1 to 1.5, and so is each endpoint
            if (rival.filter((one) => one.attackProb >= 0.7).length > 3 * size)
              expect(offered.get(groupKey(later)) ?? 0).toBeGreaterThanOrEqual(times);
          }
          offered.set(key, times + 1);
        }
      }),
    );
  });

  test('the order of the input does not matter, and a limit only cuts', () => {
    const shuffled = anyCase.chain((given) =>
      fc.record({
        given: fc.constant(given),
        mixed: fc.shuffledSubarray(given.windows, {
          minLength: given.windows.length,
          maxLength: given.windows.length,
        }),
        limit: fc.nat(20),
      }),
    );
    fc.assert(
      fc.property(shuffled, ({ given: { windows, reaches }, mixed, limit }) => {
        const judged = judgedAmong(windows, reaches);
        const order = teachingOrder(windows, judged, all);
        expect(teachingOrder(mixed, judged.toReversed(), { limit })).toEqual(order.slice(0, limit));
      }),
    );
  });

  test('a group that grows is not offered later', () => {
    fc.assert(
      fc.property(anyWindows, fc.nat(39), fc.integer({ min: 1, max: 5 }), (windows, at, more) => {
        const grown = windows[at % Math.max(windows.length, 1)];
        fc.pre(grown !== undefined && grown.pattern !== '');
        const added = Array.from({ length: more }, (_, n) => ({ ...grown!, inferenceId: `added ${n}` }));
        const place = (some: readonly KeptWindow[]) =>
          teachingOrder(some, [], all).findIndex(({ window }) => groupKey(window) === groupKey(grown!));
        expect(place([...windows, ...added])).toBeLessThanOrEqual(place(windows));
      }),
    );
  });
});
