import { endOfString } from './nesting.ts';

/**
 * The elements of a JSON array as slices of the same bytes, untouched: an exporter may send many events in one
 * message. Undefined when the bytes are no array. What is damaged inside an element stays its own; what lacks
 * its end is one last, damaged element.
 */
export function splitArray(bytes: Buffer): readonly Buffer[] | undefined {
  const start = firstOf(bytes);
  if (bytes[start] !== OPEN_ARRAY) return undefined;
  const elements: Buffer[] = [];
  let depth = 0;
  let from = start + 1;
  for (let at = start + 1; at < bytes.length; at++) {
    const byte = bytes[at];
    if (byte === QUOTE) at = endOfString(bytes, at);
    else if (byte === OPEN_ARRAY || byte === OPEN_OBJECT) depth++;
    else if (depth > 0 && (byte === CLOSE_ARRAY || byte === CLOSE_OBJECT)) depth--;
    else if (depth === 0 && (byte === COMMA || byte === CLOSE_ARRAY)) {
      push(elements, bytes, from, at);
      from = at + 1;
      if (byte === CLOSE_ARRAY) break;
    }
  }
  push(elements, bytes, from, bytes.length);
  return elements;
}

const QUOTE = 0x22;
const COMMA = 0x2c;
const OPEN_ARRAY = 0x5b;
const CLOSE_ARRAY = 0x5d;
const OPEN_OBJECT = 0x7b;
const CLOSE_OBJECT = 0x7d;

/** Place of the first byte that is neither blank nor part of a byte order mark. */
function firstOf(bytes: Buffer): number {
  let at = bytes[0] === 0xef && bytes[1] === 0xbb && bytes[2] === 0xbf ? 3 : 0;
  while (isBlank(bytes[at])) at++;
  return at;
}

function isBlank(byte: number | undefined): boolean {
  return byte === 0x20 || byte === 0x0a || byte === 0x0d || byte === 0x09;
}

function push(elements: Buffer[], bytes: Buffer, from: number, to: number): void {
  let start = from;
  let end = Math.min(to, bytes.length);
  while (start < end && isBlank(bytes[start])) start++;
  while (end > start && isBlank(bytes[end - 1])) end--;
  if (end > start) elements.push(bytes.subarray(start, end));
}
