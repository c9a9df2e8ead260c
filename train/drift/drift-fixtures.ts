import { FEATURES } from '../../contracts/graph.ts';
import { randomFrom } from '../../models/random.ts';
import { testExample } from '../example-fixtures.ts';
import type { DrawnScore, DrawnWindow } from './reference.ts';

/** Windows that every endpoint of a test fleet has. */
export const WINDOWS_EACH = 10;

/** How a test fleet differs from others: all drawn anew, at another level, with a feature that marks processes. */
export interface Fleet {
  readonly seed: number;
  readonly level?: number;
  readonly feature?: number;
}

/** Linux windows of endpoints that each have a habit of their own: nodes of one endpoint are far from independent. */
export function testFleet(endpoints: number, { seed, level = 0, feature }: Fleet): readonly DrawnWindow[] {
  const random = randomFrom(seed);
  return Array.from({ length: endpoints }, (_, endpoint) => {
    const habit = random.next();
    return Array.from({ length: WINDOWS_EACH }, (__, window): DrawnWindow => {
      const { graph } = testExample({ events: 1 + Math.floor(20 * random.next()) });
      const features = graph.features.slice();
      for (let node = 0; node < graph.labels.length; node++) {
        features[node * FEATURES] = 0.1 + level + habit + 0.2 * random.next();
        if (feature !== undefined && node < 2) features[node * FEATURES + feature] = 1;
      }
      const contentHash = `${seed} ${endpoint} ${window}`;
      return { endpoint: `${seed}-${endpoint}`, graph: { ...graph, features, contentHash } };
    });
  }).flat();
}

/** A score for each window, uniform in [from, from + 0.3). */
export function testScores(windows: readonly DrawnWindow[], seed: number, from = 0): readonly DrawnScore[] {
  const random = randomFrom(seed);
  return windows.map(({ endpoint }) => ({ endpoint, score: from + 0.3 * random.next() }));
}
