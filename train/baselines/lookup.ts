/** A control that only remembers: the share of attacks per key, and over all keys for one it never saw. */
export interface LookupModel {
  readonly kind: 'lookup';
  readonly shares: Readonly<Record<string, number>>;
  readonly otherwise: number;
}

/** Counts attacks per key; two made-up examples of the mean keep a key seen once from 0 and 1. */
export function fitLookup(
  keys: readonly string[],
  attack: readonly boolean[],
  weights: readonly number[],
): LookupModel {
  const seen = new Map<string, { attacks: number; all: number }>();
  const total = { attacks: 0, all: 0 };
  keys.forEach((key, place) => {
    const count = seen.get(key) ?? { attacks: 0, all: 0 };
    const weight = weights[place] ?? 0;
    for (const one of [count, total]) {
      one.all += weight;
      if (attack[place]) one.attacks += weight;
    }
    seen.set(key, count);
  });
  const otherwise = total.all === 0 ? 0.5 : total.attacks / total.all;
  const shares = [...seen].map(
    ([key, { attacks, all }]) => [key, (attacks + 2 * otherwise) / (all + 2)] as const,
  );
  return { kind: 'lookup', shares: Object.fromEntries(shares), otherwise };
}

/** The share of attacks remembered for a key. */
export function scoreLookup(model: LookupModel, key: string): number {
  return Object.hasOwn(model.shares, key) ? (model.shares[key] ?? model.otherwise) : model.otherwise;
}
