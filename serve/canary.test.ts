import { syntheticBatch, syntheticSizes } from '../models/synthetic.ts';
import { canaryPlaces, shareOf } from './canary.ts';

const batch = () => {
  const made = syntheticBatch('linux', syntheticSizes(200, 1), 1);
  const graphs = made.graphs.map((graph, place) => ({
    ...graph,
    window: { ...graph.window, tenantId: place % 10 === 0 ? 'acme' : 'other', endpointId: `host-${place}` },
  }));
  return { ...made, graphs };
};

test('canaryPlaces() takes everything of a tenant and about the share of other endpoints, always the same', () => {
  const none = { share: 0, tenants: [] };
  expect(canaryPlaces(batch(), none)).toEqual([]);
  const acme = canaryPlaces(batch(), { ...none, tenants: ['acme'] });
  expect(acme).toEqual(Array.from({ length: 20 }, (_, place) => place * 10));
  const fifth = canaryPlaces(batch(), { ...none, share: 0.2 });
  expect(fifth.length).toBeGreaterThan(20);
  expect(fifth.length).toBeLessThan(60);
  expect(canaryPlaces(batch(), { ...none, share: 0.2 })).toEqual(fifth);
  const half = canaryPlaces(batch(), { ...none, share: 0.5 });
  expect(half).toEqual(expect.arrayContaining([...fifth])); // a growing share keeps its canaries
  expect(canaryPlaces(batch(), { ...none, share: 1 })).toHaveLength(200);
});

test('shareOf() spreads names evenly', () => {
  const shares = Array.from({ length: 2000 }, (_, name) => shareOf(`name ${name}`));
  const mean = shares.reduce((sum, share) => sum + share, 0) / shares.length;
  expect(mean).toBeCloseTo(0.5, 1);
  expect(Math.max(...shares)).toBeLessThan(1);
});
