import { FEATURES } from '../contracts/graph.ts';
import { testExample } from './example-fixtures.ts';
import { overlay } from './overlay.ts';

test('overlay() puts two graphs side by side, nodes by type, edges between their own nodes', () => {
  const [attack, quiet] = [testExample({ feature: 1 }).graph, testExample({ feature: 2 }).graph];
  const both = overlay(attack, { ...quiet, labels: ['init (9)', 'cron (8)', '/var/log'] });
  expect(both.nodesPerType).toEqual([4, 2, 0, 0, 0]);
  expect(both.labels).toEqual(['bash (1)', 'ls (2)', 'init (9)', 'cron (8)', '/etc/passwd', '/var/log']);
  expect([...both.features].filter((_, at) => at % FEATURES === 0)).toEqual([1, 1, 2, 2, 1, 2]);
  const named = (edge: number) => [both.labels[both.source[edge]!], both.labels[both.target[edge]!]];
  expect([0, 1, 2, 3].map(named)).toEqual([
    ['bash (1)', 'ls (2)'],
    ['ls (2)', '/etc/passwd'],
    ['init (9)', 'cron (8)'],
    ['cron (8)', '/var/log'],
  ]);
  expect(both.eventCount).toBe(20);
});
