/** A piece of a Sigma value: text as it stands, any text (`*`), or any one letter (`?`). */
export type Piece = { readonly text: string } | '*' | '?';

/** Whether a field's value is meant. */
export type TextTest = (value: string) => boolean;

/**
 * Cuts a Sigma value at its wildcards. A backslash takes the meaning from `*`, `?` and itself and is plain text before
 * anything else (Sigma rules specification 2.0, "Escaping").
 */
export function piecesOf(value: string): readonly Piece[] {
  const pieces: Piece[] = [];
  let text = '';
  const flush = (): void => {
    if (text !== '') pieces.push({ text });
    text = '';
  };
  for (let at = 0; at < value.length; at++) {
    const letter = value.charAt(at);
    const following = value.charAt(at + 1);
    if (letter === '\\' && (following === '*' || following === '?' || following === '\\')) {
      text += following;
      at++;
    } else if (letter === '*' || letter === '?') {
      flush();
      if (letter === '?' || pieces.at(-1) !== '*') pieces.push(letter);
    } else text += letter;
  }
  flush();
  return pieces;
}

/** The text of a value without wildcards; undefined when it has one. */
export function plainText(pieces: readonly Piece[]): string | undefined {
  if (pieces.length === 0) return '';
  const [only] = pieces;
  return pieces.length === 1 && typeof only === 'object' ? only.text : undefined;
}

/** A test of the whole value against the pieces; by far most need one comparison only. */
export function wildcardTest(pieces: readonly Piece[]): TextTest {
  const plain = plainText(pieces);
  if (plain !== undefined) return (value) => value === plain;
  const [first, second, third] = pieces;
  if (pieces.length === 1 && first === '*') return () => true;
  if (pieces.length === 2 && first === '*' && typeof second === 'object')
    return (value) => value.endsWith(second.text);
  if (pieces.length === 2 && typeof first === 'object' && second === '*')
    return (value) => value.startsWith(first.text);
  if (pieces.length === 3 && first === '*' && typeof second === 'object' && third === '*') {
    return (value) => value.includes(second.text);
  }
  return (value) => matches(pieces, value);
}

/**
 * Takes text between two `*` at its first place: a later one could not help what follows. So the time is at most the
 * product of the lengths.
 */
function matches(pieces: readonly Piece[], value: string): boolean {
  let piece = 0;
  let at = 0;
  let star = -1; // the last `*` passed, and where its text ends at the latest try
  let starAt = 0;
  while (piece < pieces.length || at < value.length) {
    const wanted = pieces[piece];
    if (wanted === '*') {
      star = piece++;
      starAt = at;
      continue;
    }
    if (wanted === '?' && at < value.length) {
      piece++;
      at++;
      continue;
    }
    if (typeof wanted === 'object' && value.startsWith(wanted.text, at)) {
      piece++;
      at += wanted.text.length;
      continue;
    }
    if (star < 0 || starAt >= value.length) return false;
    piece = star + 1;
    const after = pieces[piece];
    starAt = typeof after === 'object' ? value.indexOf(after.text, starAt + 1) : starAt + 1;
    if (starAt < 0) return false;
    at = starAt;
  }
  return true;
}
