import { testExample } from '../../train/example-fixtures.ts';
import type { StreamWindow } from './teach-stream.ts';
import { episodesOf } from './teach-tune.ts';

const alarm = (machine: string, end: number): Pick<StreamWindow, 'machine' | 'example'> => ({
  machine,
  example: { ...testExample(), end },
});

test('a machine that alarmed is silent for five minutes, whatever the order and whatever others do', () => {
  expect(episodesOf([])).toBe(0);
  expect(episodesOf([alarm('a', 299), alarm('b', 30), alarm('a', 0)])).toBe(2);
  expect(episodesOf([alarm('a', 600), alarm('a', 0), alarm('a', 300), alarm('a', 330)])).toBe(3);
});
