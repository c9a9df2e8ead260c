/** A way to write a text differently before it is looked for. */
export type Encoding = 'wide' | 'utf16le' | 'utf16be' | 'utf16' | 'base64' | 'base64offset';

/** The dashes that Windows programs take for each other (SigmaHQ, "windash"). */
const DASHES = ['-', '/', '–', '—', '―'];

/** The text with every leading dash of an option written in each way. */
export function dashVariants(text: string): readonly string[] {
  return [...new Set(DASHES.map((dash) => text.replace(/(?<=^|\s|\*)[-/](?=\w|[?])/g, dash)))];
}

/**
 * The text after each encoding in turn. `base64offset` gives the three forms that base64 takes by where the text
 * begins in what was encoded, without the letters that depend on its neighbours. Throws SyntaxError where a step does
 * not fit or the text has a wildcard.
 */
export function encodings(text: string, steps: readonly Encoding[]): readonly string[] {
  if (/(?<!\\)[*?]/.test(text)) throw new SyntaxError('a wildcard cannot be encoded');
  let bytes: Buffer = Buffer.from(text.replace(/\\([*?\\])/g, '$1'), 'utf8');
  for (const [place, step] of steps.entries()) {
    const isLast = place === steps.length - 1;
    if (step === 'base64' && isLast) return [bytes.toString('base64')];
    if (step === 'base64offset' && isLast) return [0, 1, 2].map((offset) => shifted(bytes, offset));
    if (step === 'base64') bytes = Buffer.from(bytes.toString('base64'), 'latin1');
    else if (step === 'base64offset') throw new SyntaxError('base64offset must be the last encoding');
    else bytes = widened(bytes, step);
  }
  return [bytes.toString('latin1')];
}

function widened(bytes: Buffer, step: 'wide' | 'utf16le' | 'utf16be' | 'utf16'): Buffer {
  const little = Buffer.from(bytes.toString('utf8'), 'utf16le');
  if (step === 'wide' || step === 'utf16le') return little;
  if (step === 'utf16') return Buffer.concat([Buffer.from([0xff, 0xfe]), little]);
  return little.swap16();
}

/** Letters to leave out at the start and the end, by offset and by what is over of three bytes. */
const HEAD = [0, 2, 3];
const TAIL = [0, 3, 2];

function shifted(bytes: Buffer, offset: number): string {
  const encoded = Buffer.concat([Buffer.alloc(offset, ' '), bytes]).toString('base64');
  const over = (bytes.length + offset) % 3;
  return encoded.slice(HEAD[offset], encoded.length - (TAIL[over] ?? 0));
}
