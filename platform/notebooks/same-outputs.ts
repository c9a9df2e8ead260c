import { type CellOutput, joined } from './ipynb.ts';

/** A number as it stands in a text or a drawing. */
const NUMBER = /-?\d+(?:\.\d+)?(?:e[+-]?\d+)?/gi;
/** Two numbers agree up to this many of the last digit that both show … */
const LAST_DIGITS = 2;
/** … or up to this share of the larger one: sums of float32 in another order. */
const SHARE = 1e-3;

/** Where two lists of outputs say different things, in words; null when they differ in last digits at most. */
export function difference(stored: readonly CellOutput[], fresh: readonly CellOutput[]): string | null {
  const [before, now] = [formsOf(stored), formsOf(fresh)];
  for (const name of new Set([...before.keys(), ...now.keys()])) {
    const [one, other] = [before.get(name), now.get(name)];
    if (one === undefined) return `${name} is new`;
    if (other === undefined) return `${name} is gone`;
    const found = textDifference(one, other);
    if (found) return `${name}: ${found}`;
  }
  return null;
}

/** Each form of each output, by its place and media type. Both texts and lines of texts are one text. */
function formsOf(outputs: readonly CellOutput[]): Map<string, string> {
  const forms = new Map<string, string>();
  const streams = { stdout: '', stderr: '' };
  let place = 0;
  for (const output of outputs) {
    if (output.output_type === 'stream') streams[output.name] += joined(output.text);
    else if (output.output_type === 'error') forms.set(`error ${output.ename}`, output.evalue);
    else {
      place++;
      for (const [mime, value] of Object.entries(output.data)) forms.set(`${mime} ${place}`, textOf(value));
    }
  }
  for (const [name, text] of Object.entries(streams)) if (text !== '') forms.set(name, text);
  return forms;
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Array.isArray(value) && value.every((line) => typeof line === 'string')) return value.join('');
  return JSON.stringify(value, (_, inner: unknown) => (isRecord(inner) ? sortedKeys(inner) : inner));
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Kernels write the keys of JSON in an order of their own. */
const sortedKeys = (record: Record<string, unknown>): Record<string, unknown> =>
  Object.fromEntries(Object.entries(record).sort(([a], [b]) => (a < b ? -1 : 1)));

function textDifference(stored: string, fresh: string): string | null {
  const [words, freshWords] = [stored.trim().split(NUMBER), fresh.trim().split(NUMBER)];
  const [numbers, freshNumbers] = [stored.match(NUMBER) ?? [], fresh.match(NUMBER) ?? []];
  for (const [at, word] of words.entries()) {
    const [other, number, freshNumber] = [freshWords[at], numbers[at], freshNumbers[at]];
    const agree = number === undefined ? freshNumber === undefined : agrees(number, freshNumber ?? '');
    if (word === other && agree) continue;
    const end = (text: string, value: string | undefined) => `${text.slice(-40)}${value ?? ''}`;
    return `stored “${end(word, number)}”, now “${end(other ?? '', freshNumber)}”`;
  }
  return freshWords.length > words.length
    ? `now more: “${freshWords.slice(words.length).join(' ').slice(0, 80)}”`
    : null;
}

function agrees(stored: string, fresh: string): boolean {
  const [a, b] = [Number(stored), Number(fresh)];
  const unit = 10 ** -Math.min(decimalsOf(stored), decimalsOf(fresh));
  const most = Math.max(LAST_DIGITS * unit * 1.001, SHARE * Math.max(Math.abs(a), Math.abs(b)));
  return a === b || (fresh !== '' && isFraction(stored, fresh) && Math.abs(a - b) <= most);
}

/** Counts must be equal: only what was computed in floating point has last digits. */
const isFraction = (one: string, other: string): boolean => /[.e]/i.test(one) || /[.e]/i.test(other);

const decimalsOf = (text: string): number => /\.(\d+)$/.exec(text)?.[1]?.length ?? 0;
