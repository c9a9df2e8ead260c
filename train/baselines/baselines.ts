import { z } from 'zod';
import { LogsterError } from '../../contracts/errors.ts';
import type { Capture } from '../../datasets/manifest.ts';
import { type ScoreScaling, scalingSchema } from '../../models/scaling.ts';
import type { ScorerName } from '../evaluation.ts';
import type { Example } from '../example.ts';
import { type BoostedModel, fitBoosted, scoreBoosted } from './boosted.ts';
import { fitLogistic, type LogisticModel, scoreLogistic } from './logistic.ts';
import { fitLookup, type LookupModel, scoreLookup } from './lookup.ts';
import { type View, viewOf } from './views.ts';

/** A simple model that was trained beside the network, on the same windows with the same weights. */
export interface Baseline {
  readonly name: ScorerName;
  readonly input: View | 'lab' | 'host';
  readonly model: LogisticModel | BoostedModel | LookupModel;
  readonly scaling?: ScoreScaling | undefined; // once it is calibrated
}

/** An example to learn from: where it is from and how much it counts. */
export interface WeightedExample {
  readonly example: Example;
  readonly capture: Capture;
  readonly weight: number;
}

const RECIPES: readonly {
  readonly name: ScorerName;
  readonly input: Baseline['input'];
  readonly fit: Fit;
}[] = [
  { name: 'logistic-share', input: 'share', fit: 'logistic' },
  { name: 'boosted', input: 'behaviour', fit: 'boosted' },
  { name: 'boosted-process', input: 'process', fit: 'boosted' },
  { name: 'control-counts', input: 'counts', fit: 'boosted' },
  { name: 'control-total', input: 'total', fit: 'logistic' },
  { name: 'control-lab', input: 'lab', fit: 'lookup' },
  { name: 'control-host', input: 'host', fit: 'lookup' },
];
type Fit = 'logistic' | 'boosted' | 'lookup';

/** The simple models and controls, in the order of the reports. */
export const BASELINES: readonly ScorerName[] = RECIPES.map((recipe) => recipe.name);

/** Fits every baseline and control. */
export function fitBaselines(examples: readonly WeightedExample[]): readonly Baseline[] {
  const attack = examples.map((one) => one.example.label === 'attack');
  const weights = examples.map((one) => one.weight);
  return RECIPES.map(({ name, input, fit }) => {
    if (input === 'lab' || input === 'host') {
      const keys = examples.map((one) => keyOf(input, one.example, one.capture));
      return { name, input, model: fitLookup(keys, attack, weights) };
    }
    const rows = examples.map((one) => viewOf(input, one.example));
    const table = { rows, attack, weights };
    return { name, input, model: fit === 'boosted' ? fitBoosted(table) : fitLogistic(table) };
  });
}

/** Every baseline's probability that a window is an attack. */
export function scoreBaselines(
  baselines: readonly Baseline[],
  example: Example,
  capture: Capture,
): Partial<Record<ScorerName, number>> {
  const rows = new Map<View, Float32Array>();
  const rowOf = (view: View): Float32Array => {
    const row = rows.get(view) ?? viewOf(view, example);
    rows.set(view, row);
    return row;
  };
  const scores: Partial<Record<ScorerName, number>> = {};
  for (const { name, input, model } of baselines) {
    if (input === 'lab' || input === 'host')
      scores[name] = model.kind === 'lookup' ? scoreLookup(model, keyOf(input, example, capture)) : 0;
    else if (model.kind === 'logistic') scores[name] = scoreLogistic(model, rowOf(input));
    else if (model.kind === 'boosted') scores[name] = scoreBoosted(model, rowOf(input));
  }
  return scores;
}

/** The baselines as they travel with the network, numbers cut to seven digits. */
export function encodeBaselines(baselines: readonly Baseline[]): Buffer {
  const cut = (_key: string, value: unknown) =>
    typeof value === 'number' ? Number(value.toPrecision(7)) : value;
  return Buffer.from(JSON.stringify({ version: 1, baselines }, cut));
}

/** Reads what `encodeBaselines` wrote. Throws model-invalid when it is something else. */
export function decodeBaselines(bytes: Buffer): readonly Baseline[] {
  const read = fileSchema.safeParse(JSON.parse(bytes.toString('utf8')));
  if (read.success) return read.data.baselines as readonly Baseline[];
  throw new LogsterError(
    'model-invalid',
    `baselines.json is damaged, train the model again: ${z.prettifyError(read.error)}`,
  );
}

function keyOf(input: 'lab' | 'host', example: Example, capture: Capture): string {
  return input === 'lab' ? capture.lab : (example.host.split('.')[0] ?? example.host);
}

const numbers = z.array(z.number());
const modelSchema = z.discriminatedUnion('kind', [
  z.object({
    kind: z.literal('logistic'),
    mean: numbers,
    scale: numbers,
    weights: numbers,
    bias: z.number(),
  }),
  z.object({ kind: z.literal('boosted'), base: z.number(), trees: z.array(z.unknown()) }),
  z.object({ kind: z.literal('lookup'), shares: z.record(z.string(), z.number()), otherwise: z.number() }),
]);
const fileSchema = z.object({
  version: z.literal(1),
  baselines: z.array(
    z.object({ name: z.string(), input: z.string(), model: modelSchema, scaling: scalingSchema.optional() }),
  ),
});
