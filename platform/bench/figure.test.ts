import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { writeFigure } from './figure.ts';

test('writeFigure() draws the three curves with every contestant and keeps their specification', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'figure-'));
  const points = (values: readonly number[]) =>
    ['native', 'wasm'].flatMap((contestant, i) =>
      values.map((value, at) => ({ contestant, at: at + 1, value: value * (i + 1) })),
    );
  const curves = { batches: points([400, 300]), nodes: points([20, 90]), workers: points([2000, 3900]) };
  try {
    expect(await writeFigure(folder, curves)).toMatch(/limits.vl.json, limits.svg$/);
    const svg = readFileSync(join(folder, 'limits.svg'), 'utf8');
    for (const text of ['Batch size', 'Graph size', 'Worker processes', 'native', 'wasm'])
      expect(svg).toContain(text);
    const spec = JSON.parse(readFileSync(join(folder, 'limits.vl.json'), 'utf8'));
    expect(spec.hconcat[0].data.values).toEqual(curves.batches);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
