/** Memory that all threads of this process see, in pieces that are used again. */
export interface SharedBytes {
  /** Copies the bytes to a piece of it, at a multiple of 8. */
  lay(bytes: Uint8Array): Buffer<SharedArrayBuffer>;
  /** Gives a piece back; nobody may look into it any more. */
  free(laid: Buffer<SharedArrayBuffer>): void;
}

/**
 * Keeps up to `spare` free pieces: a fresh one costs ten times the copy, since the system hands it out page by page
 * and zeroed.
 */
export function sharedBytes(spare: number): SharedBytes {
  const free: SharedArrayBuffer[] = []; // the smallest first
  return {
    lay(bytes) {
      const place = free.findIndex((piece) => piece.byteLength >= bytes.length);
      const piece = free.splice(place, place < 0 ? 0 : 1)[0] ?? new SharedArrayBuffer(roomFor(bytes.length));
      const laid = Buffer.from(piece, 0, bytes.length);
      laid.set(bytes);
      return laid;
    },
    free({ buffer }) {
      free.push(buffer);
      free.sort((a, b) => a.byteLength - b.byteLength);
      if (free.length > spare) free.shift();
    },
  };
}

/** Powers of two, so that a piece fits batches of about the same size. */
function roomFor(bytes: number): number {
  return 2 ** Math.ceil(Math.log2(Math.max(bytes, 64 * 1024)));
}
