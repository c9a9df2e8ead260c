import { createWriteStream } from 'node:fs';
import { rm, stat } from 'node:fs/promises';
import { Readable, Transform } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';

/** A server that sends nothing for so long is given up; what came so far is kept. */
const IDLE_MS = 60_000;

/** What to download and where to. */
export interface Download {
  readonly address: string;
  readonly partFile: string; // grows; what is there already is not asked for again
  readonly bytes: number | undefined; // how long the whole is, where it is known
  readonly onBytes: (have: number) => void;
}

/**
 * Brings an address into a file, from where an earlier attempt ended. Throws unavailable when the server does not
 * give it or the connection breaks (run again to go on), input-invalid when more comes than there should be.
 */
export async function download({ address, partFile, bytes, onBytes }: Download): Promise<void> {
  const have = await sizeOf(partFile);
  if (bytes !== undefined && have === bytes) return;
  const idle = new AbortController();
  const timer = setTimeout(() => idle.abort(new Error(`nothing came for ${IDLE_MS / 1000} s`)), IDLE_MS);
  try {
    const response = await fetch(address, {
      headers: have > 0 ? { range: `bytes=${have}-` } : {},
      signal: idle.signal,
    });
    if (response.status === 416) {
      await rm(partFile); // what is there is not the beginning of what the server has
      throw new LogsterError('unavailable', `${address} has fewer bytes than were there; run it again`);
    }
    if (!response.ok || response.body === null)
      throw new LogsterError('unavailable', `${address} answers ${response.status} ${response.statusText}`);
    const from = response.status === 206 ? startOf(response.headers.get('content-range')) : 0;
    const counted = counter(from, bytes, (all) => {
      timer.refresh();
      onBytes(all);
    });
    const flags = from === have && from > 0 ? 'a' : 'w';
    if (from !== 0 && from !== have)
      throw new LogsterError(
        'unavailable',
        `${address} goes on at byte ${from}, not ${have}; delete ${partFile}`,
      );
    await pipeline(Readable.fromWeb(response.body), counted, createWriteStream(partFile, { flags }));
  } catch (cause) {
    if (cause instanceof LogsterError) throw cause;
    const reason = reasonOf(idle.signal.aborted ? idle.signal.reason : deepest(cause));
    throw new LogsterError(
      'unavailable',
      `${address} broke off after ${await sizeOf(partFile)} bytes: ${reason}; run it again to go on from there`,
      { cause },
    );
  } finally {
    clearTimeout(timer);
  }
}

/** What `fetch` says is only that it failed; why stands in its cause. */
function deepest(thrown: unknown): unknown {
  return thrown instanceof Error && thrown.cause !== undefined ? deepest(thrown.cause) : thrown;
}

async function sizeOf(file: string): Promise<number> {
  return stat(file).then(
    ({ size }) => size,
    () => 0,
  );
}

/** Where an answer of a part begins: `bytes 100-199/200` gives 100. */
function startOf(contentRange: string | null): number {
  return Number(/^bytes (\d+)-/.exec(contentRange ?? '')?.[1] ?? 0);
}

function counter(from: number, bytes: number | undefined, onBytes: (have: number) => void): Transform {
  let have = from;
  return new Transform({
    transform(chunk: Buffer, _, done) {
      have += chunk.byteLength;
      onBytes(have);
      const tooLong = bytes !== undefined && have > bytes;
      done(
        tooLong
          ? new LogsterError('input-invalid', `More than the ${bytes} bytes come that there should be`)
          : null,
        chunk,
      );
    },
  });
}
