/** What a cap looks at: how much was seen of a thing, and when last. */
export interface Seen {
  readonly events: number;
  readonly last: number;
}

/**
 * At most `cap` of the rows, in their own order. Half of the places go to the rarest (fewest events, the most
 * recent first among equals), the other half to the most recent of the rest: a flood of one kind of thing can
 * push out neither what happened once nor what happened just now.
 */
export function keepWithin<T extends Seen>(rows: readonly T[], cap: number): readonly T[] {
  if (rows.length <= cap) return rows;
  const order = rows.map((_, place) => place);
  const of = (place: number): Seen => rows[place] ?? NOTHING;
  const kept = new Set<number>();
  order.sort((a, b) => of(a).events - of(b).events || of(b).last - of(a).last || a - b);
  for (const place of order.slice(0, Math.ceil(cap / 2))) kept.add(place);
  order.sort((a, b) => of(b).last - of(a).last || of(a).events - of(b).events || a - b);
  for (const place of order) {
    if (kept.size >= cap) break;
    kept.add(place);
  }
  return rows.filter((_, place) => kept.has(place));
}

const NOTHING: Seen = { events: 0, last: 0 };
