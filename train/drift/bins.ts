/** Bins of a histogram: one for exact zeros, then those between the edges (each edge begins the bin after it). */
export const binsOf = (edges: readonly number[]): number => edges.length + 2;

/** The bin of a value. */
export function binOf(edges: readonly number[], value: number): number {
  if (value === 0) return 0;
  let [low, high] = [0, edges.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if ((edges[middle] ?? 0) <= value) low = middle + 1;
    else high = middle;
  }
  return low + 1;
}

/** Edges that part the values other than zero into `bins` of about equal size; fewer where values repeat. */
export function quantileEdges(values: readonly number[], bins: number): readonly number[] {
  const sorted = Float64Array.from(values.filter((value) => value !== 0)).sort();
  const edges: number[] = [];
  for (let bin = 1; bin < bins; bin++) {
    const edge = sorted[Math.floor((bin * sorted.length) / bins)];
    const smallest = sorted[0] ?? 0;
    if (edge !== undefined && edge > (edges.at(-1) ?? smallest)) edges.push(rounded(edge));
  }
  return edges;
}

/** Six digits: enough for a histogram, short in a file. */
export const rounded = (value: number): number => Number(value.toPrecision(6));
