/** A memory of answers that never holds more than twice `size`: the young half replaces the old when it is full. */
export interface BoundedCache<V> {
  get(key: string, make: (key: string) => V): V;
  forget(): void;
}

/** Remembers what `make` gave for a text; old texts fall out in constant time, without bookkeeping per hit. */
export function boundedCache<V>(size: number): BoundedCache<V> {
  let young = new Map<string, V>();
  let old = new Map<string, V>();
  return {
    get(key, make) {
      const known = young.get(key);
      if (known !== undefined) return known;
      const value = old.get(key) ?? make(key);
      if (young.size >= size) {
        old = young;
        young = new Map();
      }
      young.set(key, value);
      return value;
    },
    forget() {
      young = new Map();
      old = new Map();
    },
  };
}
