import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { projectRoot } from '../root.ts';
import { checkAgreement, loadSet } from './arena.ts';
import { type Contestant, startBackends } from './contestants.ts';
import { syntheticSet } from './graph-sets.ts';

const folder = mkdtempSync(join(tmpdir(), 'arena-'));
const OF = { set: 'synthetic', batch: 2 };
let contestants: readonly Contestant[] = [];

beforeAll(async () => {
  const { present, absent } = await startBackends(projectRoot(), ['wasm', 'cpu']);
  expect(absent).toEqual([]);
  contestants = present;
});
afterAll(async () => {
  await Promise.all(contestants.map((one) => one.close()));
  rmSync(folder, { recursive: true });
});

test('contestants in processes of their own score a set alike, and say what it cost', async () => {
  await loadSet(syntheticSet(3), contestants, folder);
  await checkAgreement(contestants, OF);
  for (const one of contestants) {
    const { graphs, cpuSeconds, wallSeconds } = await one.ask({ do: 'score', passes: 2, ...OF });
    expect(graphs).toBe(6);
    expect(cpuSeconds).toBeGreaterThan(0);
    expect(wallSeconds).toBeGreaterThan(0);
  }
});

test('contestants take the same training steps', async () => {
  const settings = { batch: 1, learningRate: 1e-3, weightDecay: 1e-2, clipNorm: 1 };
  const losses = await Promise.all(
    contestants.map(async (one) => {
      return (await one.ask({ do: 'train', set: 'synthetic', steps: 3, ...settings })).losses;
    }),
  );
  expect(losses[0]).toHaveLength(3);
  losses[0]?.forEach((loss, step) => {
    expect(loss).toBeCloseTo(losses[1]?.[step] ?? Number.NaN, 4);
  });
});

test('checkAgreement() refuses contestants that do not give the same probabilities', async () => {
  const { exchanges } = syntheticSet(3);
  const other = exchanges.map((one) => ({ ...one, parameters: one.parameters.map((value) => value * 1.1) }));
  await loadSet({ name: 'synthetic', exchanges: other }, contestants.slice(0, 1), folder);
  await expect(checkAgreement(contestants, { ...OF, batch: 3 })).rejects.toThrow(
    /do not agree on synthetic, batch 3/,
  );
});

test('a contestant that ends instead of answering is named with its last words', async () => {
  const { present } = await startBackends(projectRoot(), ['wasm']);
  const question = { do: 'load', set: 'absent', files: ['/absent.safetensors'] } as const;
  await expect(present[0]?.ask(question)).rejects.toThrow(
    /wasm ended instead of answering.*absent.safetensors/s,
  );
});
