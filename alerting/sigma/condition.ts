import { piecesOf, wildcardTest } from './wildcard.ts';

/** A rule's condition as a tree over the names of its searches. */
export type Condition =
  | { readonly kind: 'search'; readonly name: string }
  | { readonly kind: 'not'; readonly part: Condition }
  | { readonly kind: 'and' | 'or'; readonly parts: readonly Condition[] };

/** Deeper nesting is no rule's but an attack on the reader. */
const NESTING = 50;

/**
 * Parses a Sigma condition: `and`, `or`, `not`, parentheses, `1 of` and `all of` with a name, a pattern with `*`, or
 * `them` (all searches whose name does not begin with `_`). Throws SyntaxError that says what is not supported.
 */
export function parseCondition(text: string, searches: readonly string[]): Condition {
  if (text.includes('|')) throw new SyntaxError('aggregations (|) are not supported');
  const words = text.match(/[()]|[^\s()]+/g) ?? [];
  if (words.length > 1000) throw new SyntaxError('the condition is too long');
  let at = 0;
  const isNext = (word: string): boolean => words[at]?.toLowerCase() === word;
  const take = (word: string): boolean => isNext(word) && ++at > 0;

  function either(depth: number): Condition {
    const parts = [both(depth)];
    while (take('or')) parts.push(both(depth));
    return joined('or', parts);
  }
  function both(depth: number): Condition {
    const parts = [single(depth)];
    while (take('and')) parts.push(single(depth));
    return joined('and', parts);
  }
  function single(depth: number): Condition {
    if (depth > NESTING) throw new SyntaxError('the condition nests too deep');
    if (take('not')) return { kind: 'not', part: single(depth + 1) };
    if (take('(')) {
      const inner = either(depth + 1);
      if (!take(')')) throw new SyntaxError('a parenthesis of the condition is not closed');
      return inner;
    }
    const word = words[at++];
    if (word === undefined) throw new SyntaxError('the condition ends too early');
    if (isNext('of')) return many(word.toLowerCase());
    if (/^(near|and|or|of|by)$/i.test(word))
      throw new SyntaxError(`"${word}" is not supported in this place of a condition`);
    return search(word);
  }
  function many(count: string): Condition {
    at++;
    if (count !== '1' && count !== 'any' && count !== 'all')
      throw new SyntaxError(`"${count} of" is not supported`);
    const pattern = words[at++];
    if (pattern === undefined) throw new SyntaxError(`the condition ends after "${count} of"`);
    const names = searches.filter((name) => isMeant(name, pattern));
    if (names.length === 0) throw new SyntaxError(`no search is named ${pattern}`);
    return joined(count === 'all' ? 'and' : 'or', names.map(search));
  }
  function search(name: string): Condition {
    if (!searches.includes(name)) throw new SyntaxError(`no search is named ${name}`);
    return { kind: 'search', name };
  }

  const whole = either(0);
  if (at < words.length) throw new SyntaxError(`"${words[at]}" is not expected in the condition`);
  return whole;
}

function isMeant(name: string, pattern: string): boolean {
  if (pattern.toLowerCase() === 'them') return !name.startsWith('_');
  return wildcardTest(piecesOf(pattern))(name);
}

function joined(kind: 'and' | 'or', parts: readonly Condition[]): Condition {
  const [only] = parts;
  return parts.length === 1 && only ? only : { kind, parts };
}
