import type { Contestant } from './contestants.ts';
import { inTurns, median, rowsOf } from './rounds.ts';

const contestant = (name: string) => ({ name }) as Contestant;

test('inTurns() asks every contestant once a round and moves the order on by one', async () => {
  const asked: string[] = [];
  const rounds = await inTurns(['a', 'b', 'c'].map(contestant), async ({ name }) => asked.push(name), 3);
  expect(asked.join(' ')).toBe('a b c b c a c a b');
  expect(rounds.get('b')).toEqual([2, 4, 9]);
});

test('rowsOf() pairs the figures of each round before it takes the middle', () => {
  const rounds = new Map([
    ['ours', [10, 20, 40]],
    ['theirs', [5, 40, 10]],
  ]);
  expect(rowsOf(rounds, 'ours', ['theirs'], { name: 'n', unit: 'u' })).toEqual([
    { name: 'n', unit: 'u', ours: 20, peer: 'theirs', peerValue: 10, ratio: 2 },
  ]);
  const [times] = rowsOf(rounds, 'ours', ['theirs'], { name: 'n', unit: 'ms', lessIsBetter: true });
  expect(times?.ratio).toBe(0.5);
});

test('median() takes the middle value, or the mean of the two in the middle', () => {
  expect(median([3, 1, 2])).toBe(2);
  expect(median([4, 1, 2, 3])).toBe(2.5);
});
