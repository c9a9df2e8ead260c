import { batchFormer } from './batch-former.ts';
import { simulatedFeaturizer } from './simulated-featurizer.ts';
import { timetable } from './timetable.ts';

const window = (edges: number) => ({ edges, platform: 'windows' as const });

describe('batchFormer()', () => {
  test('a batch is ripe 200 ms after its oldest window', () => {
    const former = batchFormer();
    expect(former.ripeAt()).toBe(Number.POSITIVE_INFINITY);
    former.add(window(1), 5);
    former.add(window(1), 5.1);
    expect(former.ripeAt()).toBeCloseTo(5.2, 10);
    expect(former.take()).toHaveLength(2);
    expect(former.ripeAt()).toBe(Number.POSITIVE_INFINITY);
  });

  test('256 windows are a batch at once, and what is left stays as old as it was', () => {
    const former = batchFormer();
    for (let place = 0; place < 300; place++) former.add(window(1), 5 + place / 1e6);
    expect(former.ripeAt()).toBeCloseTo(5.000255, 9);
    expect(former.take()).toHaveLength(256);
    expect(former.ripeAt()).toBeCloseTo(5.2, 10);
    expect(former.take()).toHaveLength(44);
  });

  test('a batch ends before the window that brings it above 65,536 edges; a larger one goes alone', () => {
    const former = batchFormer();
    for (const edges of [40_000, 25_536, 1, 70_000]) former.add(window(edges), 0);
    expect(former.take().map(({ edges }) => edges)).toEqual([40_000, 25_536]);
    expect(former.take()).toHaveLength(1);
    expect(former.take().map(({ edges }) => edges)).toEqual([70_000]);
  });
});

test('simulatedFeaturizer() builds one batch after another and waits for room', () => {
  const time = timetable();
  const sent: [number, number][] = [];
  let full = true;
  let tellRoom = () => {};
  const featurizer = simulatedFeaturizer<ReturnType<typeof window>>(time, {
    ...{ buildSeconds: 0.01, storeSeconds: 0, countFrom: 0 },
    offer(batch) {
      if (full) return 'full';
      sent.push([time.now, batch.length]);
      return 'added';
    },
    onRoom: (then) => {
      tellRoom = then;
    },
  });
  time.at(1, () => featurizer.take(window(1)));
  time.at(1.205, () => featurizer.take(window(1))); // while the first is built
  time.at(2, () => {
    full = false;
    tellRoom();
  });
  time.runUntil(5);
  expect(sent).toEqual([
    [2, 1],
    [2.01, 1],
  ]);
  expect(featurizer.blockedSeconds).toBeCloseTo(0.79, 10);
  expect(featurizer.busySeconds).toBeCloseTo(0.02, 10);
});
