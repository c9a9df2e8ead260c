import type { Platform } from '../contracts/event.ts';
import type { Feature } from './feature-table.ts';
import { logScale, placesOf } from './feature-table.ts';
import { behaviourWords, writeHashed } from './hash-names.ts';
import { plainPath, writeLocation } from './location.ts';
import { TEXT_TABLE, writeText } from './text-features.ts';

/** How a script came to be seen, in the order of the places of `operations`. */
export const SCRIPT_OPS = ['block', 'inline', 'path'] as const;
export type ScriptOp = (typeof SCRIPT_OPS)[number];

const WORDS = 16;

/** Features of a script: a logged block, code handed over as an argument, or a script file that was run. */
export const SCRIPT_TABLE = [
  {
    name: 'wordHash',
    unit: 'signed hash of options, cmdlets and methods',
    reason:
      'how a script works, without the names in it; 16 places since scripts hold more words than names do',
    width: WORDS,
  },
  ...TEXT_TABLE,
  { name: 'lines', unit: 'log2 lines, 1 = 64', reason: 'one-liners against whole programs' },
  { name: 'location', unit: '0 or 1 per class', reason: 'where a script file lies', width: 7 },
  { name: 'operations', unit: 'share of its events', reason: 'logged, inline or from a file', width: 3 },
  { name: 'marks', unit: '0 or 1', reason: 'was decoded from an encoded argument', width: 1 },
  { name: 'rarity', unit: '1 / log2(1 + processes)', reason: 'what one process alone runs is telling' },
] as const satisfies readonly Feature[];

/** What is known of a script beyond counts, as bits. */
export const SCRIPT_MARKS = { decoded: 1 } as const;

const AT = placesOf(SCRIPT_TABLE);

/** Where `writeUse` puts what was seen of a script. */
export const SCRIPT_USE = {
  operations: AT.operations,
  count: 3,
  marks: AT.marks,
  bits: 1,
  rarity: AT.rarity,
};

/** Writes what a script's text says, or its path when only that is known. */
export function writeScript(out: Float32Array, platform: Platform, isPath: boolean, text: string): void {
  if (isPath) {
    writeLocation(out, AT.location, platform, plainPath(text));
    return;
  }
  writeHashed(out, AT.wordHash, WORDS, behaviourWords(text));
  writeText(out, AT.textLength, text);
  out[AT.lines] = logScale(text.split('\n').length, 64);
}
