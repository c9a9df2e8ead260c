import fc from 'fast-check';
import { linearRegex } from './linear-regex.ts';

test.each([
  ['^ab?c$', 'ac', true],
  ['a{2,3}$', 'xaa', true],
  ['^(?:a|b)+$', 'abba', true],
  ['(?i)PowerShell', 'powershell', true],
  ['(?i:a)b', 'Ab', true],
  ['(?i:a)b', 'AB', false],
  ['[^\\w\\s]', 'a b', false],
  ['[a-c\\-]', '-', true],
  ['[]a]', ']', true],
  ['\\x41\\u0042\\t', 'AB\t', true],
  ['[[:digit:]]+', 'a7', true],
  ['\\bcmd\\b', 'a cmd.exe', true],
  ['\\bcmd\\b', 'acmd', false],
  ['(?P<name>a)', 'a', true],
  ['a*?b', 'aab', true],
  ['\\Aab\\z', 'ab', true],
  ['', '', true],
  ['ü.ß', 'xüaß', true],
])('%s on %j gives %s', (pattern, text, expected) => {
  expect(linearRegex(pattern, {})(text)).toBe(expected);
});

test.each([
  '(?=a)',
  '(?<!a)b',
  '(a)\\1',
  'a++',
  '*a',
  '(a',
  'a)',
  '[a',
  '[b-a]',
  'a{5,2}',
  'a{9999}',
  '\\q',
  '\\x4',
])('%s is not accepted', (pattern) => {
  expect(() => linearRegex(pattern, {})).toThrow(SyntaxError);
});

test('linearRegex() agrees with the engine of the language', () => {
  const leaf = fc.constantFrom('a', 'b', '.', '\\b', '\\B', '^', '$', '[ab]', '[^a]', '\\w', '\\s', 'A');
  const { pattern } = fc.letrec<{ pattern: string }>((tie) => ({
    pattern: fc.oneof(
      { maxDepth: 4 },
      leaf,
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => a + b),
      fc.tuple(tie('pattern'), tie('pattern')).map(([a, b]) => `(?:${a}|${b})`),
      fc
        .tuple(tie('pattern'), fc.constantFrom('*', '+', '?', '{1,3}', '{2}', '*?'))
        .map(([a, q]) => `(?:${a})${q}`),
    ),
  }));
  const flags = fc.record({ i: fc.boolean(), m: fc.boolean(), s: fc.boolean() });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\n', '_'), maxLength: 10 });
  fc.assert(
    fc.property(pattern, flags, fc.array(text, { minLength: 1, maxLength: 5 }), (source, chosen, texts) => {
      const letters = Object.entries(chosen).flatMap(([flag, on]) => (on ? flag : []));
      const [ours, theirs] = [linearRegex(source, chosen), new RegExp(source, letters.join(''))];
      for (const one of texts) expect(ours(one)).toBe(theirs.test(one));
    }),
    { numRuns: 2000 },
  );
});

test('patterns that explode elsewhere end: tried one by one they would outlast the test’s own limit of time', () => {
  expect(linearRegex('^(a+)+$', {})(`${'a'.repeat(16_000)}!`)).toBe(false);
  expect(linearRegex('(.*a){20}c', {})('ab'.repeat(8000))).toBe(false);
});
