import { fairTurns } from './fair-turns.ts';

describe('fairTurns()', () => {
  test('a tenant with a hundred times the windows delays another by one turn at most', () => {
    const turns = fairTurns<string>(50);
    for (let place = 0; place < 10_000; place++) turns.add('loud', `loud-${place}`);
    for (let place = 0; place < 100; place++) turns.add('quiet', `quiet-${place}`);
    let cost = 0;
    let worst = 0;
    let served = 0;
    while (served < 100) {
      const item = turns.next() ?? '';
      if (item.startsWith('quiet')) {
        worst = Math.max(worst, cost);
        cost = 0;
        served += 1;
      } else cost += 10;
      turns.charge(10);
    }
    expect(worst).toBeLessThanOrEqual(50 + 10);
    expect(turns.size).toBeGreaterThan(9_000);
  });

  test('a tenant with large items gets no more than one with small ones', () => {
    const turns = fairTurns<number>(100);
    for (let place = 0; place < 2_000; place++) {
      turns.add('large', 250);
      turns.add('small', 10);
    }
    const got = { large: 0, small: 0 };
    for (let place = 0; place < 800; place++) {
      const cost = turns.next() ?? 0;
      got[cost === 250 ? 'large' : 'small'] += cost;
      turns.charge(cost);
    }
    expect(got.large / got.small).toBeGreaterThan(0.8);
    expect(got.large / got.small).toBeLessThan(1.25);
  });

  test('keeps the order within a tenant and gives out everything once', () => {
    const turns = fairTurns<number>(3);
    for (let place = 0; place < 5_000; place++) turns.add(`t${place % 3}`, place);
    const last = new Map<number, number>();
    for (let count = 0; count < 5_000; count++) {
      const item = turns.next() ?? -1;
      turns.charge(1);
      expect(item).toBeGreaterThan(last.get(item % 3) ?? -1);
      last.set(item % 3, item);
    }
    expect(turns.next()).toBeUndefined();
    expect(turns.size).toBe(0);
  });
});
