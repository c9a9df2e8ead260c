import { bytesTouched, flopsOf } from './flops.ts';

test('flopsOf() counts what counting by hand gives for two nodes and one edge', () => {
  // two nodes through 64 x 128, three layers of 128 x 128, one graph through 256 x 2
  const dense = 2 * 16_384 + 2 * 3 * 32_768 + 1024;
  // nodes: 128 biases and ELUs (4 each); per layer 2 x 256 for scores and 128 x (division, bias, residual, ELU)
  const nodes = 2 * (512 + 3 * (512 + 768) + 643);
  // two messages, per layer 4 heads x 6 and 128 multiplications with 128 additions; mean's divisions, biases
  const rest = nodes + 2 * 3 * (24 + 256) + 130;
  expect(flopsOf({ graphs: 1, nodes: 2, messages: 2 })).toEqual({ dense, rest, total: dense + rest });
});

test('flopsOf() and bytesTouched() grow in proportion to what they count', () => {
  const one = { graphs: 1, nodes: 100, messages: 400 };
  const ten = { graphs: 10, nodes: 1000, messages: 4000 };
  expect(flopsOf(ten).total).toBe(10 * flopsOf(one).total);
  expect(bytesTouched(ten, 90_000, 10)).toBe(10 * bytesTouched(one, 90_000, 1));
});

test('bytesTouched() counts what counting by hand gives for one node without messages', () => {
  const floats = 64 + 128 + 3 * (5 * 128 + 16) + 128 + 1000;
  expect(bytesTouched({ graphs: 1, nodes: 1, messages: 0 }, 1000, 1)).toBe(4 * floats);
});
