import { tableFromIPC } from 'apache-arrow';
import { FEATURES, type GraphBatch } from '../contracts/graph.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { encodeBatch, joinGraphs } from './batch.ts';
import { featureSchema } from './features.ts';
import { graphOf, linuxAttack, windowsAttack } from './graph-fixtures.ts';

const CAST = { user: 'bo', address: '203.0.113.9' };
const attack = graphOf('windows', windowsAttack({ user: 'bjørn', address: '203.0.113.9' }));
const cut = {
  ...graphOf('windows', windowsAttack(CAST).slice(0, 3)),
  truncated: { nodes: { file: 3 }, edges: 9 },
};
const empty = graphOf('windows', []);

/** A batch with its functions replaced by what they give. */
function plain(batch: GraphBatch): unknown {
  const { nodeLabel, edgeEvent, ...rest } = batch;
  const labels = Array.from({ length: batch.features.length / FEATURES }, (_, node) => nodeLabel(node));
  return { ...rest, labels, events: Array.from(batch.source, (_, edge) => edgeEvent(edge)) };
}

test('decodeBatch(encodeBatch()) equals joinGraphs()', () => {
  const graphs = [attack, empty, cut];
  const decoded = decodeBatch(encodeBatch('windows', graphs));
  expect(plain(decoded)).toEqual(plain(joinGraphs('windows', graphs)));
  expect(decoded.featureSchema).toBe(featureSchema('windows'));
});

test('joinGraphs() keeps every graph whole at its offsets', () => {
  const batch = joinGraphs('windows', [attack, empty, cut]);
  const [first, second, third] = batch.graphs;
  expect([first!.nodeOffset, second!.nodeOffset, third!.nodeOffset]).toEqual([
    0,
    attack.labels.length,
    attack.labels.length,
  ]);
  expect(third!.edgeOffset).toBe(attack.source.length);
  const from = third!.edgeOffset;
  expect([...batch.source.slice(from)]).toEqual([...cut.source].map((node) => node + third!.nodeOffset));
  expect(batch.nodeLabel(third!.nodeOffset)).toBe(cut.labels[0]);
  expect(batch.edgeEvent(from)).toBe(cut.edgeEvents[0]);
  expect(third!.truncated).toEqual(cut.truncated);
});

test('decodeBatch() looks into the bytes, and copies once only where they lie unaligned', () => {
  const bytes = Buffer.from(Uint8Array.from(encodeBatch('windows', [attack])).buffer);
  expect(decodeBatch(bytes).features.buffer).toBe(bytes.buffer);
  const padded = Buffer.concat([Buffer.alloc(3), bytes]);
  expect(plain(decodeBatch(padded.subarray(3)))).toEqual(plain(decodeBatch(bytes)));
});

test('any reader of Arrow finds the labels and event ids, whatever letters they have', () => {
  const table = tableFromIPC(encodeBatch('windows', [attack, empty, cut]));
  const column = (list: string, name: string): unknown[] =>
    [...table.getChild(list)!.get(0)].map((row: Record<string, unknown>) => row[name]);
  expect(column('nodes', 'label')).toEqual([...attack.labels, ...cut.labels]);
  expect(column('edges', 'event')).toEqual([...attack.edgeEvents, ...cut.edgeEvents]);
});

test('a batch without graphs is a batch', () => {
  expect(decodeBatch(encodeBatch('linux', [])).graphs).toEqual([]);
});

test('encodeBatch() refuses a graph of the other platform', () => {
  expect(() => encodeBatch('windows', [graphOf('linux', linuxAttack(CAST))])).toThrow(/takes windows only/);
});

test('decodeBatch() refuses what is no batch, and every cut of one', () => {
  const bytes = encodeBatch('windows', [attack]);
  expect(() => decodeBatch(Buffer.from('nonsense'))).toThrow(/no Arrow stream|no column|form/);
  for (let size = 0; size < bytes.length; size += 997) {
    expect(() => decodeBatch(bytes.subarray(0, size))).toThrow(/no Arrow stream|no column|form/);
  }
});
