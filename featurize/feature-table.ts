/** One row of the feature table: a named place (or several, `width`) of a node's vector. */
export interface Feature {
  readonly name: string;
  readonly unit: string;
  readonly reason: string;
  readonly width?: number;
}

/** Where each feature of a table begins inside a node's vector. */
export function placesOf<const T extends readonly Feature[]>(
  features: T,
): Readonly<Record<T[number]['name'], number>> {
  let place = 0;
  const places: Record<string, number> = {};
  for (const feature of features) {
    places[feature.name] = place;
    place += feature.width ?? 1;
  }
  return places as Record<T[number]['name'], number>;
}

/** Places that a table takes. */
export function widthOf(features: readonly Feature[]): number {
  return features.reduce((sum, feature) => sum + (feature.width ?? 1), 0);
}

/** Rounds to eighths: a hair's difference must not make a new graph. */
export function coarse(value: number): number {
  return Math.round(value * 8) / 8;
}

/** log2(1 + value) in steps of an eighth, scaled so that `full` gives 1, never above 2. */
export function logScale(value: number, full: number): number {
  return Math.min(2, coarse(Math.log2(1 + Math.max(0, value)) / Math.log2(1 + full)));
}

/** 1 for a single occurrence, falling with the logarithm of how many there are. */
export function rarity(occurrences: number): number {
  return 1 / Math.log2(1 + Math.max(1, occurrences));
}

/** Part of a whole, 0 when there is no whole. */
export function share(part: number, whole: number): number {
  return whole > 0 ? part / whole : 0;
}

/** Whether, as a number. */
export function flag(condition: boolean): number {
  return condition ? 1 : 0;
}
