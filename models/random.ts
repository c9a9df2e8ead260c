/** Numbers that follow from a seed alone, the same on every machine. */
export interface Random {
  /** The next number, uniform in [0, 1). */
  next(): number;
  /** Where the sequence stands; a generator started with it goes on from here. */
  state(): number;
}

/** A 32-bit counter through a mixing function (mulberry32 by T. Ettinger): small, and good enough to draw masks. */
export function randomFrom(seed: number): Random {
  let state = seed | 0;
  return {
    next() {
      state = (state + 0x6d2b79f5) | 0;
      let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
      mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
      return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
    },
    state: () => state,
  };
}
