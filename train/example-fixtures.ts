import { EVENT_TYPES } from '../contracts/event.ts';
import { FEATURES, type HeteroGraph } from '../contracts/graph.ts';
import { type Capture, parseManifest } from '../datasets/manifest.ts';
import type { Example } from './example.ts';

/** A capture for tests; fields of the manifest may be given. */
export function testCapture(entry: Readonly<Record<string, unknown>> = {}): Capture {
  const base = { id: 'c', platform: 'linux', file: 'c', lab: 'l', role: 'train and judge', attack: true };
  const [capture] = parseManifest({ captures: [{ ...base, ...entry }] }, '/').captures;
  if (!capture) throw new Error('the fixture is no capture');
  return capture;
}

/** A small Linux graph whose every node has `feature` in its first place, as an example with `events` events. */
export function testExample({
  feature = 1,
  events = 10,
  label = 'attack',
  captureId = 'c',
}: Partial<Pick<Example, 'label' | 'captureId'>> & { readonly feature?: number; readonly events?: number } = {}): Example {
  const graph: HeteroGraph = {
    window: { tenantId: 't', endpointId: 'h', hostname: 'h', platform: 'linux', start: 0, end: 180 },
    windowId: `${captureId} ${feature}`,
    nodesPerType: [2, 1, 0, 0, 0],
    features: Float32Array.from({ length: 3 * FEATURES }, (_, at) => (at % FEATURES === 0 ? feature : 0)),
    labels: ['bash (1)', 'ls (2)', '/etc/passwd'],
    source: Int32Array.from([0, 1]),
    target: Int32Array.from([1, 2]),
    relation: Uint8Array.from([0, 4]),
    count: Uint32Array.from([1, events]),
    first: Float32Array.from([1, 2]),
    last: Float32Array.from([1, 2]),
    edgeEvents: ['one', 'two'],
    eventCount: events,
    contentHash: `${feature}`,
  };
  const kinds = EVENT_TYPES.map((_, kind) => (kind < 2 ? events : 0));
  const facts = { kinds, activeSeconds: 3, busiest: 2 };
  return { captureId, host: 'h', start: 0, end: 180, label, graph, facts };
}
