import { randomFrom } from '../models/random.ts';

/** Numbers in [0, 1) that the same seed always gives in the same order. */
export function seededRandom(seed: number): () => number {
  const random = randomFrom(seed);
  return () => random.next();
}

/** The items in a random order (Fisher and Yates). */
export function shuffled<T>(items: readonly T[], random: () => number): T[] {
  const order = [...items];
  for (let last = order.length - 1; last > 0; last--) {
    const place = Math.floor(random() * (last + 1));
    const held = order[last] as T;
    order[last] = order[place] as T;
    order[place] = held;
  }
  return order;
}
