/** No event nests deeper than a dozen levels. */
export const DEEPEST = 512;

/** Shorter texts are parsed in a millisecond however they nest, so they need not be looked through. */
const CHECKED_FROM_BYTES = 16 * 1024;

/**
 * True for a JSON text that opens more levels than any event has. JSON.parse takes such a megabyte, but needs
 * longer for it than one record may; this look takes a fiftieth of that.
 */
export function nestsTooDeep(json: Buffer): boolean {
  if (json.length < CHECKED_FROM_BYTES) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at++) {
    const byte = json[at];
    if (byte === 0x22) at = endOfString(json, at);
    else if (byte === 0x5b || byte === 0x7b) {
      if (++depth > DEEPEST) return true;
    } else if (byte === 0x5d || byte === 0x7d) depth--;
  }
  return false;
}

/** Place of the quote that ends the string which begins at `open`, or past the end. */
export function endOfString(json: Buffer, open: number): number {
  let at = open + 1;
  while (at < json.length && json[at] !== 0x22) at += json[at] === 0x5c ? 2 : 1;
  return at;
}
