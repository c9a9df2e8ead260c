import { parseCondition } from './condition.ts';
import { fires } from './event-fixtures.ts';

const SEARCHES = 'sel_a:\n  Image: a\nsel_b:\n  CommandLine: b\n_hidden:\n  User: c\n';
const A = { image: 'a' };
const B = { command_line: 'b' };

test.each([
  ['sel_a and sel_b', A, false],
  ['sel_a or sel_b', A, true],
  ['sel_a and not sel_b', A, true],
  ['not sel_a and sel_b', B, true],
  ['sel_a or sel_b and _hidden', A, true],
  ['(sel_a or sel_b) and _hidden', A, false],
  ['1 of sel_*', B, true],
  ['any of sel_*', B, true],
  ['all of sel_*', B, false],
  ['all of sel_*', { ...A, ...B }, true],
  ['1 of them', { user: 'c' }, false],
  ['all of them', { ...A, ...B }, true],
  ['NOT 1 OF them', { user: 'c' }, true],
  ['not (sel_a or (sel_b and not _hidden))', B, false],
])('%s', (condition, data, expected) => {
  expect(fires(`${SEARCHES}condition: ${condition}`, data)).toBe(expected);
});

test('of several conditions one is enough', () => {
  expect(fires(`${SEARCHES}condition: [sel_a, sel_b]`, B)).toBe(true);
});

test.each(['', 'a and', 'a b', '(a', 'a)', '2 of a*', '1 of', 'not', 'x', '1 of x*'])(
  '"%s" is no condition',
  (text) => {
    expect(() => parseCondition(text, ['a', 'b'])).toThrow(SyntaxError);
  },
);

test('a condition that nests without end is refused', () => {
  expect(() => parseCondition(`${'('.repeat(400)}a${')'.repeat(400)}`, ['a'])).toThrow(/nests too deep/);
});
