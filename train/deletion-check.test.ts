import { join } from 'node:path';
import { readManifest } from '../datasets/manifest.ts';
import { wasmEngine } from '../models/wasm/engine.ts';
import { createExplainer } from '../models/wasm/explainer.ts';
import { checkByDeletion, DELETED, OURS } from './deletion-check.ts';
import { loadFolder } from './load-model.ts';
import { windowsOf } from './windows-of.ts';

const ROOT = join(import.meta.dirname, '..');

test('without the strongest nodes and edges recorded attacks lose more of their score than without random ones', async () => {
  const { captures } = await readManifest(join(ROOT, 'datasets', 'recordings', 'MANIFEST.json'));
  const { model } = await loadFolder(join(ROOT, 'models', 'linux'));
  const scorer = { engine: wasmEngine(model), explainer: createExplainer(model) };
  const deletions = [];
  for (const capture of captures.filter(({ attack }) => attack !== false)) {
    const { windows } = await windowsOf(capture);
    const attacks = windows.filter(({ label }) => label === 'attack');
    for (const [place, { graph }] of attacks.entries()) {
      deletions.push(...(await checkByDeletion(graph, scorer, place)));
    }
  }
  const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length;
  for (const parts of ['nodes', 'edges'] as const) {
    for (const count of DELETED) {
      const own = deletions.filter((one) => one.parts === parts && one.count === count);
      const lost = mean(own.map((one) => one.lost[OURS]!));
      const atRandom = mean(own.map((one) => one.lost.random!));
      expect({ parts, count, more: lost > atRandom + 0.1 || [lost, atRandom] }).toEqual({
        parts,
        count,
        more: true,
      });
    }
  }
});
