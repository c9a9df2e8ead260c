import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import type { Readable, Transform } from 'node:stream';
import { PassThrough } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createBrotliDecompress, createGunzip } from 'node:zlib';

/** Longer lines are cut here, so that a damaged file cannot fill the memory; the longest real one has 33 kB. */
const LINE_BYTES = 8 * 1024 * 1024;

const NEWLINE = 0x0a;
const RETURN = 0x0d;

/**
 * The lines of a captured file, plain, gzip or Brotli (named `.br`), without empty ones. A file that is one JSON array gives its
 * elements. Throws what the file system or the unpacking reports.
 */
export async function* captureLines(file: string): AsyncGenerator<Buffer> {
  const unpack = await unpackerOf(file);
  const input = createReadStream(file, { highWaterMark: 1 << 18 });
  const bytes: Readable = unpack ? unpacked(input, unpack) : input;
  let split: Splitter | undefined;
  try {
    for await (const chunk of bytes) {
      const part = split === undefined ? withoutMark(chunk as Buffer) : (chunk as Buffer);
      split ??= startsArray(part) ? arraySplitter() : lineSplitter();
      yield* split.push(part);
    }
    if (split) yield* split.end();
  } finally {
    input.destroy();
    bytes.destroy();
  }
}

interface Splitter {
  push(chunk: Buffer): readonly Buffer[];
  end(): readonly Buffer[];
}

/** What unpacks a file. Brotli has no mark of its own at the beginning (RFC 7932), so its name must say so. */
async function unpackerOf(file: string): Promise<Transform | null> {
  if (file.endsWith('.br')) return createBrotliDecompress();
  return (await isGzip(file)) ? createGunzip() : null;
}

async function isGzip(file: string): Promise<boolean> {
  const handle = await open(file);
  try {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(2), 0, 2, 0);
    return bytesRead === 2 && buffer[0] === 0x1f && buffer[1] === 0x8b; // RFC 1952, section 2.3.1
  } finally {
    await handle.close();
  }
}

/** Errors of the file and of unpacking both end the reading: `pipe` alone would lose the first kind. */
function unpacked(input: Readable, unpack: Transform): Readable {
  const out = new PassThrough({ highWaterMark: 1 << 18 });
  pipeline(input, unpack, out).catch((cause: unknown) => out.destroy(cause as Error));
  return out;
}

function withoutMark(chunk: Buffer): Buffer {
  return chunk[0] === 0xef && chunk[1] === 0xbb && chunk[2] === 0xbf ? chunk.subarray(3) : chunk;
}

/** `[` first: a list of events. A line of text that begins so does not occur in any sensor's log. */
function startsArray(chunk: Buffer): boolean {
  return /^\s*\[\s*[{[\]]/.test(chunk.subarray(0, 256).toString('latin1'));
}

function lineSplitter(): Splitter {
  let held: Buffer[] = [];
  let heldBytes = 0;
  const hold = (part: Buffer): void => {
    if (heldBytes < LINE_BYTES) held.push(part.subarray(0, LINE_BYTES - heldBytes));
    heldBytes += part.length;
  };
  const take = (): Buffer => {
    const line = held.length === 1 ? (held[0] ?? Buffer.alloc(0)) : Buffer.concat(held);
    held = [];
    heldBytes = 0;
    return trimmed(line);
  };
  return {
    push(chunk) {
      const lines: Buffer[] = [];
      let from = 0;
      for (let at = chunk.indexOf(NEWLINE); at >= 0; at = chunk.indexOf(NEWLINE, from)) {
        hold(chunk.subarray(from, at));
        const line = take();
        if (line.length > 0) lines.push(line);
        from = at + 1;
      }
      if (from < chunk.length) hold(Buffer.from(chunk.subarray(from))); // the stream reuses its chunk
      return lines;
    },
    end() {
      const line = take();
      return line.length > 0 ? [line] : [];
    },
  };
}

function trimmed(line: Buffer): Buffer {
  return line[line.length - 1] === RETURN ? line.subarray(0, -1) : line;
}

/** Cuts `[{…},{…}]` into its elements by counting brackets outside of strings. */
function arraySplitter(): Splitter {
  const place = bracketCounter();
  let parts: Buffer[] = [];
  return {
    push(chunk) {
      const elements: Buffer[] = [];
      let from = place.depth() >= 2 ? 0 : -1;
      for (let at = 0; at < chunk.length; at++) {
        const before = place.depth();
        const depth = place.read(chunk[at] ?? 0);
        if (before === 1 && depth === 2) from = at;
        if (before !== 2 || depth !== 1 || from < 0) continue;
        elements.push(Buffer.concat([...parts, chunk.subarray(from, at + 1)]));
        parts = [];
        from = -1;
      }
      if (from >= 0) parts.push(Buffer.from(chunk.subarray(from)));
      return elements;
    },
    end() {
      const rest = Buffer.concat(parts);
      return rest.length > 0 ? [rest] : []; // cut off in the middle: the parser will say so
    },
  };
}

/** How many brackets are open after each byte of JSON; those inside strings do not count. */
function bracketCounter(): { depth(): number; read(byte: number): number } {
  let depth = 0;
  let inText = false;
  let escaped = false;
  return {
    depth: () => depth,
    read(byte) {
      if (escaped) escaped = false;
      else if (inText && byte === 0x5c) escaped = true;
      else if (byte === 0x22) inText = !inText;
      else if (!inText && (byte === 0x7b || byte === 0x5b)) depth++;
      else if (!inText && (byte === 0x7d || byte === 0x5d)) depth--;
      return depth;
    },
  };
}
