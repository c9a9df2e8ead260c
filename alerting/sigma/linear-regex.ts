import { isWordLetter, type Node, parsePattern } from './regex-syntax.ts';

/** A compiled pattern: whether the text holds a match anywhere. */
export type PatternTest = (text: string) => boolean;

/** Letters of a text that are looked at. With the limit on states it bounds a test to tens of milliseconds. */
const TEXT_CHARACTERS = 16_384;

/** Counted repetitions multiply; no rule in public use comes near. */
const STATES = 2000;

/** Sets of states that are kept with their ways on, about half a kilobyte each; then the keeping starts anew. */
const KEPT_SETS = 256;

/** Stands for the text's start and end among letters. */
const EDGE = -1;

type State =
  | { readonly kind: 'char'; readonly accepts: (code: number) => boolean; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'assert'; readonly holds: (before: number, after: number) => boolean; next: number }
  | { readonly kind: 'match' };

/** Where the walk is: the states that the next letter meets, and what the letter before was like. */
interface Place {
  readonly states: readonly number[];
  readonly before: number;
  /** The place after each ASCII letter, once known. */
  readonly next: (Place | undefined)[];
}

/**
 * Compiles a regular expression in RE2's dialect (no look-around, no back references) so that its time grows with the
 * text's length and never faster: all states are walked at once, and sets of states that were met are remembered (K.
 * Thompson, "Regular Expression Search Algorithm", CACM 1968). Only the first 16,384 letters of a text are looked at.
 * Throws SyntaxError for anything else.
 */
export function linearRegex(
  pattern: string,
  flags: { readonly i?: boolean; readonly m?: boolean; readonly s?: boolean },
): PatternTest {
  const states: State[] = [];
  const add = (state: State): number => {
    if (states.length >= STATES) throw new SyntaxError(`it repeats too much (over ${STATES} states)`);
    return states.push(state) - 1;
  };
  const match = add({ kind: 'match' });
  return walker(states, build(parsePattern(pattern, flags), match, add));
}

/** Adds the node's states so that they lead on to `next`; returns the first of them. */
function build(node: Node, next: number, add: (state: State) => number): number {
  const into = (inner: Node, then: number): number => build(inner, then, add);
  switch (node.kind) {
    case 'char':
      return add({ kind: 'char', accepts: node.accepts, next });
    case 'assert':
      return add({ kind: 'assert', holds: node.holds, next });
    case 'sequence':
      return node.parts.reduceRight((then, part) => into(part, then), next);
    case 'either':
      return node.choices
        .map((choice) => into(choice, next))
        .reduceRight((other, first) => add({ kind: 'split', next: first, other }));
    case 'repeat': {
      let then = next;
      if (node.most === undefined) {
        const loop: State = { kind: 'split', next: 0, other: next };
        then = add(loop);
        loop.next = into(node.part, then);
      } else {
        for (let at = node.least; at < node.most; at++)
          then = add({ kind: 'split', next: into(node.part, then), other: next });
      }
      for (let at = 0; at < node.least; at++) then = into(node.part, then);
      return then;
    }
  }
}

function walker(states: readonly State[], start: number): PatternTest {
  const found: Place = { states: [], before: EDGE, next: [] };
  const first: Place = { states: [start], before: EDGE, next: [] };
  const kept = new Map<string, Place>();
  const seen = new Uint32Array(states.length);
  let round = 0;

  const placeOf = (set: readonly number[], before: number): Place => {
    const key = `${before}:${set.join()}`;
    const known = kept.get(key);
    if (known !== undefined) return known;
    if (kept.size >= KEPT_SETS) {
      kept.clear();
      first.next.length = 0;
    }
    const place: Place = { states: set, before, next: [] };
    kept.set(key, place);
    return place;
  };

  /** The place after a letter, or after the text's end. */
  const step = (place: Place, code: number): Place => {
    round = (round + 1) >>> 0 || 1;
    const pending = [...place.states].reverse();
    const reached: number[] = [];
    for (let at = pending.pop(); at !== undefined; at = pending.pop()) {
      if (seen[at] === round) continue;
      seen[at] = round;
      const state = states[at];
      if (state === undefined) continue;
      if (state.kind === 'match') return found;
      if (state.kind === 'split') pending.push(state.other, state.next);
      else if (state.kind === 'assert') {
        if (state.holds(place.before, code)) pending.push(state.next);
      } else if (code !== EDGE && state.accepts(code) && !reached.includes(state.next))
        reached.push(state.next);
    }
    if (!reached.includes(start)) reached.push(start); // a match may begin anywhere
    return placeOf(
      reached.sort((a, b) => a - b),
      likeness(code),
    );
  };

  return (text) => {
    const end = Math.min(text.length, TEXT_CHARACTERS);
    let place = first;
    for (let at = 0; at < end; at++) {
      const code = text.charCodeAt(at);
      let next = code < 128 ? place.next[code] : undefined;
      if (next === undefined) {
        next = step(place, code);
        if (code < 128) place.next[code] = next;
      }
      if (next === found) return true;
      place = next;
    }
    return step(place, EDGE) === found;
  };
}

/** One letter for all that assertions cannot tell apart. */
function likeness(code: number): number {
  if (code === EDGE || code === 0x0a) return code;
  return isWordLetter(code) ? 0x61 : 0x20;
}
