import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { syntheticBatch, syntheticSizes } from '../models/synthetic.ts';
import { embeddedState } from '../ports/state/embedded.ts';
import { addShadowReport, shadowReport } from '../ports/state/shadow-report.ts';
import type { ScoredWindow } from './messages.ts';
import { errorResultOf, resultOf } from './score.ts';
import { compareScores } from './shadow.ts';

const pair = { platform: 'linux', champion: '1', challenger: '2' } as const;
const batch = syntheticBatch('linux', syntheticSizes(5, 1), 1);

function windowsOf(probabilities: readonly (number | null)[], modelVersion: string): ScoredWindow[] {
  const by = { modelName: 'm', modelVersion, backend: 'wasm', scoredAt: 0, inferenceMs: 1, reused: false };
  return probabilities.map((attackProb, place) => {
    const graph = batch.graphs[place]!;
    if (attackProb === null) return errorResultOf(batch, graph, 'broken', by);
    const nodeScore = new Float32Array(graph.nodesPerType.reduce((sum, count) => sum + count, 0));
    const scores = { attackProb, rawProb: attackProb, nodeScore, edgeScore: new Float32Array(graph.edges) };
    return resultOf(batch, graph, scores, by);
  });
}

test('compareScores() counts who would raise what, and keeps the largest differences', () => {
  const ours = windowsOf([0.9, 0.6, 0.1, 0.2, null], '1');
  const report = compareScores(pair, ours, windowsOf([0.8, 0.2, 0.75, null, 0.5], '2'), 100);
  expect(report).toMatchObject({
    ...{ windows: 3, failed: 1, since: 100 },
    at_half: { both: 1, champion: 1, challenger: 1 },
    at_alert: { both: 1, champion: 0, challenger: 1 },
  });
  expect(report.difference_sum).toBeCloseTo(0.1 + 0.4 + 0.65);
  expect(report.differences.reduce((sum, count) => sum + count, 0)).toBe(3);
  expect(report.largest.map((one) => one.inference_id)).toEqual(
    [2, 1, 0].map((place) => ours[place]!.inference_id),
  );
  expect(report.largest[0]).toMatchObject({ champion: 0.1, challenger: 0.75 });
});

test('reports of several processes add up in the state store', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'logster-shadow-'));
  const state = embeddedState({ directory });
  const one = compareScores(pair, windowsOf([0.9, 0.1], '1'), windowsOf([0.1, 0.1], '2'), 100);
  const other = compareScores(pair, windowsOf([0.2, 0.3], '1'), windowsOf([0.2, 0.9], '2'), 90);
  await Promise.all(Array.from({ length: 10 }, (_, n) => addShadowReport(state, n % 2 ? one : other)));
  const [sum, ...rest] = await shadowReport(state, 'linux');
  expect(rest).toEqual([]);
  expect(sum).toMatchObject({ windows: 20, since: 90, until: 100, at_alert: { champion: 5, challenger: 5 } });
  expect(sum?.difference_sum).toBeCloseTo(5 * 0.8 + 5 * 0.6);
  expect(sum?.largest).toHaveLength(10);
  expect(await shadowReport(state, 'windows')).toEqual([]);
  await state.close();
  rmSync(directory, { recursive: true });
});
