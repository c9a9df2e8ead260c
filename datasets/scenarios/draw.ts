/** Draws that a seed repeats; the same for ordinary work and for attacks. */
export interface Draw {
  /** A whole number, both ends included. */
  readonly int: (low: number, high: number) => number;
  readonly chance: (share: number) => boolean;
  readonly pick: <T>(items: readonly T[]) => T;
  /** Several different items in a drawn order; all of them when there are fewer. */
  readonly some: <T>(items: readonly T[], count: number) => readonly T[];
  /** A word as people name things: `orders`, `north-sync`, `b2`. */
  readonly word: () => string;
  /** A file name, by chance hidden, dated or numbered. */
  readonly file: (extension: string) => string;
  /** A folder somewhere under `base`, by chance deep. */
  readonly folder: (base: string) => string;
}

const WORDS =
  'amber anchor archive atlas audit basil batch beacon billing birch bridge cache cargo cedar chart client cobalt copper core crane delta depot draft east echo elm ember export falcon feed field fleet forge garden gate grain harbor hazel heron hub index inlet iris jade jobs kestrel lake lantern ledger lemon lily linden lotus maple market meadow metric mill mint moss nest north notes oak ocean olive orders orchid otter panel parcel pebble pine plan plum portal prism quartz quota raven reef report river robin rose sage sales sand scout shift signal silo slate south spruce stage stock stone store stream summit swift table tide timber track trade tulip union vale vault violet wave west willow wren yard zinc'.split(
    ' ',
  );

/** Seeded draws from numbers in [0, 1). Throws RangeError where there is nothing to pick from. */
export function drawFrom(random: () => number): Draw {
  const int = (low: number, high: number): number => low + Math.floor(random() * (high - low + 1));
  const chance = (share: number): boolean => random() < share;
  const pick = <T>(items: readonly T[]): T => {
    if (items.length === 0) throw new RangeError('Nothing to pick from');
    return items[int(0, items.length - 1)] as T;
  };
  const some = <T>(items: readonly T[], count: number): readonly T[] => {
    const rest = [...items];
    const taken: T[] = [];
    while (taken.length < count && rest.length > 0) taken.push(...rest.splice(int(0, rest.length - 1), 1));
    return taken;
  };
  const word = (): string => {
    const one = pick(WORDS);
    if (chance(0.25)) return `${one}-${pick(WORDS)}`;
    return chance(0.2) ? `${one}${int(1, 99)}` : one;
  };
  const file = (extension: string): string => {
    const date = `20${int(24, 26)}${String(int(1, 12)).padStart(2, '0')}${String(int(1, 28)).padStart(2, '0')}`;
    const stem = chance(0.2) ? `${word()}-${date}` : word();
    return `${chance(0.08) ? '.' : ''}${stem}${extension}`;
  };
  const folder = (base: string): string =>
    [base, ...Array.from({ length: int(0, 2) }, () => pick(WORDS))].join('/');
  return { int, chance, pick, some, word, file, folder };
}
