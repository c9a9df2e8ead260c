/**
 * Processor time of one graph by its nodes, one at a time, WebAssembly: `npm run bench -- limits`, as
 * docs/performance.md has it.
 */
const MEASURED: readonly (readonly [nodes: number, seconds: number])[] = [
  [20, 66e-6],
  [100, 308e-6],
  [500, 1304e-6],
  [5000, 14_950e-6],
];

/** Seconds the network takes for a graph, straight between the measured sizes and on beyond them. */
export function networkSeconds(nodes: number): number {
  let [[lowNodes, low], [highNodes, high]] = [MEASURED[0] ?? [0, 0], MEASURED[1] ?? [0, 0]];
  for (let place = 2; place < MEASURED.length && nodes > highNodes; place++) {
    [lowNodes, low] = [highNodes, high];
    [highNodes, high] = MEASURED[place] ?? [0, 0];
  }
  return Math.max(low * 0.1, low + ((nodes - lowNodes) * (high - low)) / (highNodes - lowNodes));
}
