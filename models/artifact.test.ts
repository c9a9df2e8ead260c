import { LogsterError } from '../contracts/errors.ts';
import {
  checkFeatureSchema,
  decodeModel,
  encodeModel,
  goldenOf,
  MODEL_FILES,
  openProven,
} from './artifact.ts';
import { cpuEngine } from './cpu-engine.ts';
import type { Model } from './engine.ts';
import { syntheticBatch, syntheticModel } from './synthetic.ts';
import { wasmEngine } from './wasm/engine.ts';

async function withGolden(): Promise<Model> {
  const model = syntheticModel('linux', 4);
  const graphs = [
    { nodesPerType: [3, 2, 1, 1, 1], edges: 9 },
    { nodesPerType: [1, 0, 0, 0, 0], edges: 0 },
  ];
  return { ...model, golden: await goldenOf(wasmEngine(model), syntheticBatch('linux', graphs, 2)) };
}

function reasonFor(files: Record<string, Buffer>, featureSchema?: string): string {
  try {
    decodeModel(files, featureSchema);
  } catch (error) {
    expect(error).toBeInstanceOf(LogsterError);
    return `${(error as LogsterError).code}: ${(error as LogsterError).message}`;
  }
  return 'accepted';
}

test('a model comes back from its files as it was, with sizes and hashes in the manifest', async () => {
  const model = await withGolden();
  const files = encodeModel(model);
  const back = decodeModel(files, 'synthetic');
  expect(back.parameters).toEqual(model.parameters);
  expect(back.golden?.rawProb).toEqual(model.golden?.rawProb);
  expect(Object.keys(back.manifest.files).sort()).toEqual([MODEL_FILES.golden, MODEL_FILES.weights]);
  expect(encodeModel(back)).toEqual(files);
});

test('openProven() accepts both engines and refuses other weights or a missing golden batch', async () => {
  const model = decodeModel(encodeModel(await withGolden()));
  for (const engineOf of [wasmEngine, cpuEngine]) (await openProven(model, engineOf)).close();
  const other = { ...model, parameters: syntheticModel('linux', 5).parameters };
  await expect(openProven(other, wasmEngine)).rejects.toThrow(/wasm gives .* for golden graph 0/);
  const { golden: _, ...without } = model;
  await expect(openProven(without, wasmEngine)).rejects.toThrow(/no engine can prove itself/);
});

test('decodeModel() refuses damaged, missing and foreign files with the reason', async () => {
  const files = encodeModel(await withGolden());
  const weights = files[MODEL_FILES.weights]!;
  const flipped = Buffer.from(weights);
  flipped[100] = flipped[100]! ^ 1;
  const manifestWith = (change: object) => ({
    ...files,
    [MODEL_FILES.manifest]: Buffer.from(
      JSON.stringify({ ...JSON.parse(files[MODEL_FILES.manifest]!.toString()), ...change }),
    ),
  });
  const { [MODEL_FILES.weights]: _, ...noWeights } = files;
  expect(reasonFor({ ...files, [MODEL_FILES.weights]: flipped })).toMatch(/^model-invalid: .*sha256/);
  expect(reasonFor({ ...files, [MODEL_FILES.weights]: weights.subarray(4) })).toMatch(
    /^model-invalid: .*bytes/,
  );
  expect(reasonFor(noWeights)).toMatch(/^model-invalid: .*weights.bin is missing/);
  expect(reasonFor({})).toMatch(/^model-invalid: .*model.json/);
  expect(reasonFor({ ...files, [MODEL_FILES.manifest]: Buffer.from('{') })).toMatch(/^model-invalid: /);
  expect(reasonFor(manifestWith({ architecture: 'x' }))).toMatch(/^model-invalid: .*network x/);
  expect(reasonFor(manifestWith({ files: {} }))).toMatch(/^model-invalid: .*weights.bin is missing/);
  expect(reasonFor(manifestWith({ platform: 'windows' }))).toMatch(/^model-invalid: /);
  expect(reasonFor(files, 'synthetic')).toBe('accepted');
});

test('decodeModel() refuses parameters that are not numbers or could overflow', () => {
  const model = syntheticModel('linux');
  for (const value of [Number.NaN, Number.POSITIVE_INFINITY, 101]) {
    const parameters = model.parameters.slice();
    parameters[7] = value;
    expect(reasonFor(encodeModel({ ...model, parameters }))).toMatch(
      /^model-invalid: .*not a number or beyond 100/,
    );
  }
});

test('decodeModel() refuses a feature scale of 0 or of another length', () => {
  const model = syntheticModel('linux');
  const scaled = (length: number, scale: number) => ({
    ...model.manifest,
    featureScale: { mean: new Array(length).fill(0), scale: new Array(length).fill(scale) },
  });
  const reason = (length: number, scale: number) =>
    reasonFor(encodeModel({ ...model, manifest: scaled(length, scale) }));
  expect(reason(320, 1)).toBe('accepted');
  expect(reason(320, 0)).toMatch(/^model-invalid: .*not a number or beyond 100/);
  expect(reason(64, 1)).toMatch(/^model-invalid: .*320 values/);
});

test('a model trained on other features is refused, both hashes named', () => {
  const files = encodeModel(syntheticModel('linux'));
  expect(reasonFor(files, 'abc123')).toMatch(/^schema-mismatch: .*synthetic.*abc123/);
  const { manifest } = decodeModel(files);
  expect(() => checkFeatureSchema(manifest, 'abc123')).toThrow(LogsterError);
});
