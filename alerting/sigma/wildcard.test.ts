import fc from 'fast-check';
import { type Piece, piecesOf, plainText, wildcardTest } from './wildcard.ts';

test('a backslash takes the meaning from wildcards and itself only', () => {
  expect(plainText(piecesOf('C:\\a\\b'))).toBe('C:\\a\\b');
  expect(plainText(piecesOf('a\\\\b'))).toBe('a\\b');
  expect(plainText(piecesOf('a\\*b\\?'))).toBe('a*b?');
  expect(piecesOf('a\\\\*')).toEqual([{ text: 'a\\' }, '*']);
  expect(piecesOf('**a?')).toEqual(['*', { text: 'a' }, '?']);
});

/** The definition, word for word. */
function naive(pieces: readonly Piece[], value: string): boolean {
  const [first, ...rest] = pieces;
  if (first === undefined) return value === '';
  if (first === '?') return value !== '' && naive(rest, value.slice(1));
  if (first !== '*') return value.startsWith(first.text) && naive(rest, value.slice(first.text.length));
  for (let at = 0; at <= value.length; at++) if (naive(rest, value.slice(at))) return true;
  return false;
}

test('wildcardTest() agrees with the definition', () => {
  const letters = (of: string, maxLength: number) => fc.string({ unit: fc.constantFrom(...of), maxLength });
  fc.assert(
    fc.property(letters('ab*?\\', 8), letters('ab*', 10), (pattern, value) => {
      const pieces = piecesOf(pattern);
      expect(wildcardTest(pieces)(value)).toBe(naive(pieces, value));
    }),
    { numRuns: 5000 },
  );
});

test('many stars on a long text end: tried one by one they would outlast the test’s own limit of time', () => {
  expect(wildcardTest(piecesOf(`${'*a'.repeat(50)}*b`))('a'.repeat(32_767))).toBe(false);
});
