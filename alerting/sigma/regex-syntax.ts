/** What a regular expression is made of. */
export type Node =
  | { readonly kind: 'char'; readonly accepts: (code: number) => boolean }
  /** Between two letters; -1 stands for the text's start and end. */
  | { readonly kind: 'assert'; readonly holds: (before: number, after: number) => boolean }
  | { readonly kind: 'sequence'; readonly parts: readonly Node[] }
  | { readonly kind: 'either'; readonly choices: readonly Node[] }
  | {
      readonly kind: 'repeat';
      readonly part: Node;
      readonly least: number;
      readonly most: number | undefined;
    };

interface Flags {
  readonly i?: boolean;
  readonly m?: boolean;
  readonly s?: boolean;
}

type Accepts = (code: number) => boolean;

const NEWLINE = 0x0a;
const EDGE = -1;
const within =
  (from: number, to: number): Accepts =>
  (code) =>
    code >= from && code <= to;
const DIGIT = within(0x30, 0x39);
const LETTER: Accepts = (code) => (code >= 0x41 && code <= 0x5a) || (code >= 0x61 && code <= 0x7a);
const WORD: Accepts = (code) => DIGIT(code) || LETTER(code) || code === 0x5f;
/** A letter, digit or underscore, as `\\b` and `\\w` mean it. */
export const isWordLetter = WORD;
const SPACE: Accepts = (code) => code === 0x20 || (code >= 0x09 && code <= 0x0d) || code === 0xa0;
const not =
  (accepts: Accepts): Accepts =>
  (code) =>
    !accepts(code);

const CLASSES: ReadonlyMap<string, Accepts> = new Map([
  ['d', DIGIT],
  ['D', not(DIGIT)],
  ['w', WORD],
  ['W', not(WORD)],
  ['s', SPACE],
  ['S', not(SPACE)],
]);
const CONTROLS: ReadonlyMap<string, number> = new Map([
  ['n', 0x0a],
  ['r', 0x0d],
  ['t', 0x09],
  ['f', 0x0c],
  ['v', 0x0b],
  ['a', 0x07],
  ['e', 0x1b],
  ['0', 0],
]);
const POSIX: ReadonlyMap<string, Accepts> = new Map([
  ['alpha', LETTER],
  ['digit', DIGIT],
  ['alnum', (code) => DIGIT(code) || LETTER(code)],
  ['space', SPACE],
  ['upper', within(0x41, 0x5a)],
  ['lower', within(0x61, 0x7a)],
  ['xdigit', (code) => DIGIT(code) || within(0x41, 0x46)(code) || within(0x61, 0x66)(code)],
]);

/** A pattern this long is not written by hand. */
const PATTERN_CHARACTERS = 4096;
const NESTING = 50;
/** RE2's own limit on a counted repetition. */
const REPETITIONS = 1000;

/** Parses a pattern; throws SyntaxError naming what RE2's dialect does not have. */
export function parsePattern(pattern: string, given: Flags): Node {
  if (pattern.length > PATTERN_CHARACTERS) throw new SyntaxError('it is longer than 4,096 letters');
  const inline = /^\(\?([ims]+)\)/.exec(pattern);
  const flags = { ...given, ...Object.fromEntries([...(inline?.[1] ?? '')].map((flag) => [flag, true])) };
  const parser = new Parser(pattern.slice(inline?.[0].length ?? 0), flags);
  const node = parser.either(0);
  if (!parser.done) throw new SyntaxError('a closing parenthesis has no opening one');
  return node;
}

/** A class because its place in the text moves on through all of its steps. */
class Parser {
  private readonly text: string;
  private flags: Flags;
  private at = 0;

  constructor(text: string, flags: Flags) {
    this.text = text;
    this.flags = flags;
  }

  get done(): boolean {
    return this.at >= this.text.length;
  }

  either(depth: number): Node {
    if (depth > NESTING) throw new SyntaxError('it nests too deep');
    const choices = [this.sequence(depth)];
    while (this.take('|')) choices.push(this.sequence(depth));
    return choices.length === 1 && choices[0] ? choices[0] : { kind: 'either', choices };
  }

  private sequence(depth: number): Node {
    const parts: Node[] = [];
    while (!this.done && this.text[this.at] !== '|' && this.text[this.at] !== ')')
      parts.push(this.repeated(this.atom(depth)));
    return { kind: 'sequence', parts };
  }

  private repeated(part: Node): Node {
    let node = part;
    for (;;) {
      const count = this.quantifier();
      if (count === undefined) return node;
      this.take('?'); // lazy: which match is found makes no difference here
      if (this.text[this.at] === '+') throw new SyntaxError('possessive quantifiers are not supported');
      node = { kind: 'repeat', part: node, ...count };
    }
  }

  private quantifier(): { least: number; most: number | undefined } | undefined {
    if (this.take('*')) return { least: 0, most: undefined };
    if (this.take('+')) return { least: 1, most: undefined };
    if (this.take('?')) return { least: 0, most: 1 };
    const counted = /^\{(\d{1,5})(,(\d{0,5}))?\}/.exec(this.text.slice(this.at, this.at + 16));
    if (counted === null) return undefined;
    this.at += counted[0].length;
    const least = Number(counted[1]);
    const most = counted[2] === undefined ? least : counted[3] === '' ? undefined : Number(counted[3]);
    if (least > REPETITIONS || (most !== undefined && (most > REPETITIONS || most < least))) {
      throw new SyntaxError(`the repetition ${counted[0]} is out of range`);
    }
    return { least, most };
  }

  private atom(depth: number): Node {
    const letter = this.next();
    if (letter === '(') return this.group(depth);
    if (letter === '[') return { kind: 'char', accepts: this.set() };
    if (letter === '\\') return this.escape();
    if (letter === '.')
      return { kind: 'char', accepts: this.flags.s ? () => true : (code) => code !== NEWLINE };
    const { m } = this.flags;
    if (letter === '^')
      return { kind: 'assert', holds: (before) => before === EDGE || (m === true && before === NEWLINE) };
    if (letter === '$')
      return { kind: 'assert', holds: (_, after) => after === EDGE || (m === true && after === NEWLINE) };
    if (letter === '*' || letter === '+' || letter === '?')
      throw new SyntaxError(`nothing stands before ${letter}`);
    return this.literal(letter);
  }

  private group(depth: number): Node {
    const outer = this.flags;
    if (this.take('?')) {
      const head = /^(?:P?<[A-Za-z_]\w*>|([ims]*)(?:-([ims]+))?:)/.exec(this.text.slice(this.at));
      if (head === null) throw new SyntaxError('look-around and other extended groups are not supported');
      this.at += head[0].length;
      const set = (letters: string | undefined, on: boolean) =>
        Object.fromEntries([...(letters ?? '')].map((flag) => [flag, on]));
      this.flags = { ...outer, ...set(head[1], true), ...set(head[2], false) };
    }
    const node = this.either(depth + 1);
    if (!this.take(')')) throw new SyntaxError('a parenthesis is not closed');
    this.flags = outer;
    return node;
  }

  private escape(): Node {
    const letter = this.next();
    if (letter === 'b' || letter === 'B') {
      const wanted = letter === 'b';
      return { kind: 'assert', holds: (before, after) => (WORD(before) !== WORD(after)) === wanted };
    }
    if (letter === 'A') return { kind: 'assert', holds: (before) => before === EDGE };
    if (letter === 'z' || letter === 'Z') return { kind: 'assert', holds: (_, after) => after === EDGE };
    const many = CLASSES.get(letter);
    if (many !== undefined) return { kind: 'char', accepts: many };
    return this.literal(String.fromCharCode(this.escaped(letter)));
  }

  /** The letter that an escape stands for, after the backslash and its first letter were read. */
  private escaped(letter: string): number {
    const control = CONTROLS.get(letter);
    if (control !== undefined) return control;
    if (letter === 'x' || letter === 'u') {
      const hex = (letter === 'x' ? /^(?:[0-9a-f]{2}|\{[0-9a-f]{1,4}\})/i : /^[0-9a-f]{4}/i).exec(
        this.text.slice(this.at),
      );
      if (hex === null) throw new SyntaxError(`\\${letter} needs hexadecimal digits`);
      this.at += hex[0].length;
      return Number.parseInt(hex[0].replace(/[{}]/g, ''), 16);
    }
    if (/[1-9]/.test(letter)) throw new SyntaxError('back references are not supported');
    if (/[A-Za-z]/.test(letter)) throw new SyntaxError(`the escape \\${letter} is not supported`);
    return letter.charCodeAt(0);
  }

  private set(): Accepts {
    const inverted = this.take('^');
    const members: Accepts[] = [];
    for (let first = true; first || this.text[this.at] !== ']'; first = false) {
      if (this.done) throw new SyntaxError('a bracket is not closed');
      members.push(this.member());
    }
    this.at++;
    const any: Accepts = (code) => members.some((member) => member(code));
    const folded = this.flags.i ? (code: number) => any(code) || any(otherCase(code)) : any;
    return inverted ? not(folded) : folded;
  }

  private member(): Accepts {
    const posix = /^\[:(\w+):\]/.exec(this.text.slice(this.at, this.at + 16));
    const named = posix === null ? undefined : POSIX.get(posix[1] ?? '');
    if (posix !== null && named !== undefined) {
      this.at += posix[0].length;
      return named;
    }
    const from = this.bound();
    if (typeof from === 'function') return from;
    if (this.text[this.at] !== '-' || this.text[this.at + 1] === ']') return (code) => code === from;
    this.at++;
    const to = this.bound();
    if (typeof to === 'function' || to < from) throw new SyntaxError('a range in brackets has no order');
    return within(from, to);
  }

  private bound(): number | Accepts {
    const letter = this.next();
    if (letter !== '\\') return letter.charCodeAt(0);
    const escaped = this.next();
    return CLASSES.get(escaped) ?? (escaped === 'b' ? 0x08 : this.escaped(escaped));
  }

  private literal(letter: string): Node {
    const code = letter.charCodeAt(0);
    const other = this.flags.i ? otherCase(code) : code;
    return { kind: 'char', accepts: (found) => found === code || found === other };
  }

  private next(): string {
    const letter = this.text[this.at];
    if (letter === undefined) throw new SyntaxError('it ends too early');
    this.at++;
    return letter;
  }

  private take(letter: string): boolean {
    if (this.text[this.at] !== letter) return false;
    this.at++;
    return true;
  }
}

function otherCase(code: number): number {
  const letter = String.fromCharCode(code);
  const lower = letter.toLowerCase();
  const other = lower === letter ? letter.toUpperCase() : lower;
  return other.length === 1 ? other.charCodeAt(0) : code;
}
