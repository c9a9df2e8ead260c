import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { PLATFORMS } from '../contracts/event.ts';
import { FEATURES } from '../contracts/graph.ts';
import { architectureHash, architectureOf, PARAMETER_LIMIT } from './architecture.ts';
import { besideTrees } from './beside-trees.ts';
import type { Engine, EngineMaker, Model } from './engine.ts';
import { decodeGolden, encodeGolden, type Golden } from './golden.ts';
import { foldFeatureScale, parameterLayout } from './parameters.ts';
import { scalingSchema } from './scaling.ts';
import { decodeTrees, encodeTrees } from './trees.ts';

export type { Golden } from './golden.ts';

const fileSchema = z.object({ sha256: z.string(), bytes: z.number().int().nonnegative() });

/** What is known about a trained version, as it stands in `model.json`. */
export const modelManifestSchema = z.object({
  format: z.literal(1),
  name: z.string(),
  platform: z.enum(PLATFORMS),
  architecture: z.string(), // architectureHash() of the network
  featureSchema: z.string(), // hash of the feature table it was trained on
  data: z.string(), // version of the data set it was trained on
  createdAt: z.string(), // ISO 8601
  seed: z.number().int(),
  scaling: scalingSchema,
  /** How the network alone would be shown, for reports of a version that has trees beside it. */
  networkScaling: scalingSchema.optional(),
  /** Shown probabilities above which the given share of validation benign windows lies. */
  thresholds: z.array(z.object({ benignRate: z.number(), threshold: z.number() })),
  metrics: z.record(z.string(), z.number()),
  /** Mean and scale of every feature of every node type, folded into the input projection when loading. */
  featureScale: z.object({ mean: z.array(z.number()), scale: z.array(z.number()) }).optional(),
  /** Baselines trained on the same data, in the form of whoever trained them. */
  baselines: z.unknown().optional(),
  /** Size and hash of the version's other files; filled by encodeModel(). */
  files: z.record(z.string(), fileSchema).default({}),
});
export type ModelManifest = z.infer<typeof modelManifestSchema>;

/** The files of a version. */
export const MODEL_FILES = {
  manifest: 'model.json',
  weights: 'weights.bin',
  golden: 'golden.json',
  trees: 'trees.json',
} as const;

/** Largest difference from a golden probability that an engine may show: float32 sums in another order. */
const GOLDEN_TOLERANCE = 1e-5;

/** A model as files: manifest, parameters (float32, little-endian) and, when it has them, golden batch and trees. */
export function encodeModel(model: Model): Record<string, Buffer> {
  const files: Record<string, Buffer> = { [MODEL_FILES.weights]: bytesOf(model.parameters) };
  if (model.golden) files[MODEL_FILES.golden] = encodeGolden(model.golden);
  if (model.trees) files[MODEL_FILES.trees] = encodeTrees(model.trees);
  const listed = Object.fromEntries(
    Object.entries(files).map(([name, bytes]) => [name, { sha256: sha256(bytes), bytes: bytes.length }]),
  );
  const manifest = { ...model.manifest, files: listed };
  return { [MODEL_FILES.manifest]: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`), ...files };
}

/**
 * Reads a model from its files. Throws model-invalid with the reason when one is missing, damaged or made for
 * another network, schema-mismatch when `featureSchema` is given and the model was trained on another.
 */
export function decodeModel(files: Record<string, Buffer>, featureSchema?: string): Model {
  const manifest = readManifest(files[MODEL_FILES.manifest]);
  const refuse = refusal(manifest.name);
  for (const [name, { sha256: expected, bytes }] of Object.entries(manifest.files)) {
    const file = files[name];
    if (!file) return refuse(`${name} is missing`);
    if (file.length !== bytes) return refuse(`${name} has ${file.length} bytes instead of ${bytes}`);
    if (sha256(file) !== expected) return refuse(`${name} does not have the sha256 of the manifest`);
  }
  const { platform } = manifest;
  const architecture = architectureHash(platform);
  if (manifest.architecture !== architecture) {
    return refuse(`it was trained for network ${manifest.architecture}, this version has ${architecture}`);
  }
  const weights = files[MODEL_FILES.weights];
  if (!weights || !manifest.files[MODEL_FILES.weights]) return refuse(`${MODEL_FILES.weights} is missing`);
  const parameters = floatsOf(weights);
  const { size } = parameterLayout(platform);
  if (parameters.length !== size) return refuse(`it has ${parameters.length} parameters instead of ${size}`);
  const inputs = architectureOf(platform).nodeTypes * FEATURES;
  const { featureScale } = manifest;
  if (featureScale && (featureScale.mean.length !== inputs || featureScale.scale.length !== inputs)) {
    return refuse(`its feature scale does not have ${inputs} values`);
  }
  if (!scoringParameters({ manifest, parameters }).every((value) => Math.abs(value) <= PARAMETER_LIMIT)) {
    return refuse(`a parameter is not a number or beyond ${PARAMETER_LIMIT}`);
  }
  if (featureSchema !== undefined) checkFeatureSchema(manifest, featureSchema);
  const listed = (name: string) => (manifest.files[name] ? files[name] : undefined);
  const golden = listed(MODEL_FILES.golden);
  const trees = listed(MODEL_FILES.trees);
  return {
    manifest,
    parameters,
    ...(golden && { golden: decodeGolden(golden, manifest.name) }),
    ...(trees && { trees: decodeTrees(trees, manifest.name) }),
  };
}

/** Throws schema-mismatch, naming both hashes, unless the model was trained on the given features. */
export function checkFeatureSchema(
  manifest: Pick<ModelManifest, 'name' | 'featureSchema'>,
  featureSchema: string,
): void {
  if (manifest.featureSchema === featureSchema) return;
  throw new LogsterError(
    'schema-mismatch',
    `Model ${manifest.name} was trained on features ${manifest.featureSchema}, these are ${featureSchema}; train it anew or go back to the version that fits`,
  );
}

/** Opens an engine that gives a model's golden scores. Throws model-invalid when it does not, or there are none. */
export async function openProven(model: Model, engineOf: EngineMaker): Promise<Engine> {
  const refuse = refusal(model.manifest.name);
  const golden = model.golden ?? refuse(`${MODEL_FILES.golden} is missing, so no engine can prove itself`);
  const engine = besideTrees(await engineOf(model), model);
  try {
    const { rawProb, attackProb } = await engine.score(golden.batch);
    golden.rawProb.forEach((expected, graph) => {
      const raw = Math.abs((rawProb[graph] ?? Number.NaN) - expected);
      const shown = Math.abs((attackProb[graph] ?? Number.NaN) - (golden.attackProb[graph] ?? Number.NaN));
      if (raw <= GOLDEN_TOLERANCE && shown <= 10 * GOLDEN_TOLERANCE) return;
      refuse(`${engine.name} gives ${rawProb[graph]} for golden graph ${graph} instead of ${expected}`);
    });
    return engine;
  } catch (thrown) {
    engine.close();
    throw thrown;
  }
}

/** The parameters an engine scores with: the trained ones with the feature scale folded in. */
export function scoringParameters({ manifest, parameters }: Model): Float32Array {
  const { platform, featureScale } = manifest;
  return featureScale ? foldFeatureScale(platform, parameters, featureScale) : parameters;
}

/** A golden batch with the scores an engine gives for it, to be kept with the model. */
export async function goldenOf(engine: Engine, batch: Golden['batch']): Promise<Golden> {
  const { rawProb, attackProb } = await engine.score(batch);
  return { batch, rawProb: [...rawProb], attackProb: [...attackProb] };
}

function readManifest(file: Buffer | undefined): ModelManifest {
  if (!file) throw new LogsterError('model-invalid', `A model needs ${MODEL_FILES.manifest}; it is missing`);
  try {
    return modelManifestSchema.parse(JSON.parse(file.toString('utf8')));
  } catch (cause) {
    const message = `${MODEL_FILES.manifest} is not a manifest of format 1: ${reasonOf(cause)}`;
    throw new LogsterError('model-invalid', message, { cause });
  }
}

function refusal(name: string): (reason: string) => never {
  return (reason) => {
    throw new LogsterError(
      'model-invalid',
      `Model ${name} cannot be used: ${reason}; fetch or train it again`,
    );
  };
}

function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}

function bytesOf(floats: Float32Array): Buffer {
  const bytes = Buffer.alloc(floats.length * 4);
  floats.forEach((value, i) => {
    bytes.writeFloatLE(value, i * 4);
  });
  return bytes;
}

function floatsOf(bytes: Buffer): Float32Array {
  return Float32Array.from({ length: Math.floor(bytes.length / 4) }, (_, i) => bytes.readFloatLE(i * 4));
}
