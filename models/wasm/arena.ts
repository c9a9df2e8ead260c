/** The memory of a WebAssembly module; the Node types do not describe it. */
export interface WasmMemory {
  readonly buffer: ArrayBuffer;
  grow(pages: number): number;
}

/** Hands out stretches of a module's memory one after the other; takes them back all at once. */
export interface Arena {
  /** A stretch of `bytes`, 64-byte aligned; its content is what was left there. */
  reserve(bytes: number): number;
  /** Where the next stretch would begin. */
  mark(): number;
  /** Takes back everything reserved since `mark`. Memory once grown is kept for the next use. */
  reset(mark: number): void;
  /** A view that holds until the next reserve(). */
  floats(at: number, length: number): Float32Array;
  /** A view that holds until the next reserve(). */
  ints(at: number, length: number): Int32Array;
  /** Reserves room for an array and copies it there. */
  put(values: Float32Array | Int32Array): number;
  /** Sets a stretch to 0. */
  clear(at: number, bytes: number): void;
  sizeBytes(): number;
}

const PAGE_BYTES = 65_536;
/** A cache line, so that no two stretches share one. */
const ALIGNMENT = 64;

/** An arena over a module's memory; the first page is left to the module. */
export function createArena(memory: WasmMemory): Arena {
  let top = PAGE_BYTES;
  let floats = new Float32Array(memory.buffer);
  let ints = new Int32Array(memory.buffer);
  const reserve = (bytes: number): number => {
    const at = top;
    top = Math.ceil((top + bytes) / ALIGNMENT) * ALIGNMENT;
    const missing = Math.ceil((top - memory.buffer.byteLength) / PAGE_BYTES);
    if (missing > 0) {
      memory.grow(missing);
      floats = new Float32Array(memory.buffer);
      ints = new Int32Array(memory.buffer);
    }
    return at;
  };
  return {
    reserve,
    mark: () => top,
    reset(mark) {
      top = mark;
    },
    floats: (at, length) => floats.subarray(at >> 2, (at >> 2) + length),
    ints: (at, length) => ints.subarray(at >> 2, (at >> 2) + length),
    put(values) {
      const at = reserve(values.byteLength);
      if (values instanceof Float32Array) floats.set(values, at >> 2);
      else ints.set(values, at >> 2);
      return at;
    },
    clear(at, bytes) {
      ints.fill(0, at >> 2, (at + bytes) >> 2);
    },
    sizeBytes: () => memory.buffer.byteLength,
  };
}
