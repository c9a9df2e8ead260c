import { type Node, parsePattern } from './regex-syntax.ts';

/** A compiled pattern: whether the text holds a match anywhere. */
export type PatternTest = (text: string) => boolean;

/** Letters of a text that are looked at. With the limit on states it bounds a test to tens of milliseconds. */
const TEXT_CHARACTERS = 16_384;

/** Counted repetitions multiply; no rule in public use comes near. */
const STATES = 2000;

type State =
  | { readonly kind: 'char'; readonly accepts: (code: number) => boolean; next: number }
  | { readonly kind: 'split'; next: number; other: number }
  | { readonly kind: 'assert'; readonly holds: (text: string, at: number) => boolean; next: number }
  | { readonly kind: 'match' };

/**
 * Compiles a regular expression in RE2's dialect (no look-around, no back references) so that its time grows with the
 * text's length and never faster: all states are walked at once (K. Thompson, "Regular Expression Search Algorithm",
 * CACM 1968). Only the first 16,384 letters of a text are looked at. Throws SyntaxError for anything else.
 */
export function linearRegex(pattern: string, flags: { readonly i?: boolean; readonly m?: boolean; readonly s?: boolean }): PatternTest {
  const states: State[] = [];
  const add = (state: State): number => {
    if (states.length >= STATES) throw new SyntaxError(`it repeats too much (over ${STATES} states)`);
    return states.push(state) - 1;
  };
  const match = add({ kind: 'match' });
  const start = build(parsePattern(pattern, flags), match, add, states);
  return (text) => walk(states, start, text.length > TEXT_CHARACTERS ? text.slice(0, TEXT_CHARACTERS) : text);
}

/** Adds the node's states so that they lead on to `next`; returns the first of them. */
function build(node: Node, next: number, add: (state: State) => number, states: State[]): number {
  const into = (inner: Node, then: number): number => build(inner, then, add, states);
  switch (node.kind) {
    case 'char':
      return add({ kind: 'char', accepts: node.accepts, next });
    case 'assert':
      return add({ kind: 'assert', holds: node.holds, next });
    case 'sequence':
      return node.parts.reduceRight((then, part) => into(part, then), next);
    case 'either':
      return node.choices.map((choice) => into(choice, next)).reduceRight((other, first) => add({ kind: 'split', next: first, other }));
    case 'repeat': {
      let then = next;
      if (node.most === undefined) {
        const loop: State = { kind: 'split', next: 0, other: next };
        then = add(loop);
        loop.next = into(node.part, then);
      } else {
        for (let at = node.least; at < node.most; at++) then = add({ kind: 'split', next: into(node.part, then), other: next });
      }
      for (let at = 0; at < node.least; at++) then = into(node.part, then);
      return then;
    }
  }
}

function walk(states: readonly State[], start: number, text: string): boolean {
  const seenAt = new Int32Array(states.length).fill(-1);
  let current: number[] = [];
  let following: number[] = [];
  let found = false;
  const pending: number[] = [];
  const enter = (first: number, at: number, list: number[]): void => {
    pending.push(first);
    for (let place = pending.pop(); place !== undefined; place = pending.pop()) {
      if (seenAt[place] === at) continue;
      seenAt[place] = at;
      const state = states[place];
      if (state === undefined) continue;
      if (state.kind === 'match') found = true;
      else if (state.kind === 'char') list.push(place);
      else if (state.kind === 'split') pending.push(state.other, state.next);
      else if (state.holds(text, at)) pending.push(state.next);
    }
  };
  for (let at = 0; at <= text.length; at++) {
    enter(start, at, current); // a match may begin anywhere
    if (found) return true;
    if (at === text.length) return false;
    const code = text.charCodeAt(at);
    for (const place of current) {
      const state = states[place];
      if (state?.kind === 'char' && state.accepts(code)) enter(state.next, at + 1, following);
    }
    if (found) return true;
    current.length = 0;
    [current, following] = [following, current];
  }
  return false;
}
