import { graphOf, linuxAttack, windowsAttack } from '../../featurize/graph-fixtures.ts';
import { decodeFeedbackGraphs, encodeFeedbackGraphs } from './graphs-file.ts';
import { decodeFeedbackRows, encodeFeedbackRows, type KeptFeedbackRow } from './rows-file.ts';

const CAST = { user: 'mallory', address: '203.0.113.9' };
const row: KeptFeedbackRow = {
  inferenceId: 'i1',
  equalIds: ['i2', 'i3'],
  feedbackIds: ['f1'],
  analysts: ['ann', 'bob'],
  tenantId: 't',
  endpointId: 'e',
  platform: 'linux',
  start: 100.5,
  end: 280.5,
  label: 'benign',
  scope: 'pattern',
  weight: 0.25,
  attackProb: 0.91,
  modelVersion: '3',
  pattern: 'process: curl',
  techniques: [],
  graph: 'abc',
};

test('rows of feedback come back as they were, lists included, and equal rows are equal bytes', async () => {
  const rows = [row, { ...row, equalIds: [], techniques: ['T1059', 'T1105'], analysts: ['ann'] }];
  const bytes = encodeFeedbackRows(rows);
  expect(await decodeFeedbackRows(bytes, 'f')).toEqual(rows);
  expect(encodeFeedbackRows(rows).equals(bytes)).toBe(true);
  expect(await decodeFeedbackRows(encodeFeedbackRows([]), 'f')).toEqual([]);
});

test('a file that is no Parquet, or holds other rows, is refused by name', async () => {
  await expect(decodeFeedbackRows(Buffer.from('no'), 'f.parquet')).rejects.toThrow(/f.parquet is no Parquet/);
  const nobody = encodeFeedbackRows([{ ...row, feedbackIds: [] }]);
  await expect(decodeFeedbackRows(nobody, 'f.parquet')).rejects.toThrow(
    /f.parquet holds no rows of feedback/,
  );
});

test('graphs come back per platform in their order, with their hashes and without names', () => {
  const graphs = [graphOf('linux', linuxAttack(CAST)), graphOf('windows', windowsAttack(CAST))];
  const bytes = encodeFeedbackGraphs(graphs);
  const batches = decodeFeedbackGraphs(bytes, 'f');
  expect(batches.map((batch) => batch.platform)).toEqual(['windows', 'linux']);
  expect(batches.flatMap((batch) => batch.graphs.map((graph) => graph.contentHash))).toEqual([
    graphs[1]?.contentHash,
    graphs[0]?.contentHash,
  ]);
  for (const name of ['ws-1', 'mallory', 'powershell', 'default', graphs[0]!.edgeEvents[0]!]) {
    expect(bytes.includes(name)).toBe(false);
    expect(Buffer.from(JSON.stringify(graphs)).includes(name)).toBe(true);
  }
});

test('more graphs than a batch may hold become several batches', () => {
  const graph = graphOf('linux', linuxAttack(CAST));
  const batches = decodeFeedbackGraphs(encodeFeedbackGraphs(Array.from({ length: 300 }, () => graph)), 'f');
  expect(batches.map((batch) => batch.graphs.length)).toEqual([256, 44]);
});

test('a file of graphs that breaks off is refused by name', () => {
  const bytes = encodeFeedbackGraphs([graphOf('linux', linuxAttack(CAST))]);
  expect(() => decodeFeedbackGraphs(bytes.subarray(0, -9), 'g.arrow')).toThrow(
    /g.arrow breaks off at byte 0/,
  );
  expect(() => decodeFeedbackGraphs(Buffer.concat([bytes, Buffer.alloc(3)]), 'g.arrow')).toThrow(
    /breaks off/,
  );
  expect(decodeFeedbackGraphs(Buffer.alloc(0), 'g.arrow')).toEqual([]);
});
