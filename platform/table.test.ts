import { table } from './table.ts';

test('table() lines columns up, numbers to the right', () => {
  expect(
    table(
      ['name', 'n'],
      [
        ['a', 5],
        ['long name', 1234],
      ],
    ),
  ).toBe(['name          n', '---------  ----', 'a             5', 'long name  1234'].join('\n'));
});

test('table() lets no control character through to the terminal', () => {
  expect(table(['text'], [['a\u001b[2J\nb']])).toBe('text\n-------\na [2J b');
});
