import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import { type HeteroGraph, NODE_TYPES } from '../../contracts/graph.ts';
import { featureSchema } from '../../featurize/features.ts';
import { rounded } from './bins.ts';
import { type Binned, binned, type Group, type Layout, layoutOf, SCORE_EDGES } from './layout.ts';
import { type Chance, chanceOf, SIZES } from './stability.ts';
import { meansOf, tallyOf } from './tally.ts';

/** The file of a model version that says what it learnt from, in figures. */
export const REFERENCE_FILE = 'reference.json';

/** A window of one endpoint; `weight`: how many it stands for. */
export interface DrawnWindow {
  readonly endpoint: string;
  readonly graph: HeteroGraph;
  readonly weight?: number;
}

/** A shown score of a window of one endpoint; `weight`: how many windows it stands for. */
export interface DrawnScore {
  readonly endpoint: string;
  readonly score: number;
  readonly weight?: number;
}

const groups = [
  ...new Set(PLATFORMS.flatMap((platform) => NODE_TYPES[platform])),
  'window',
  'score',
] as const;
const variableSchema = z.object({
  of: z.enum(groups),
  name: z.string(),
  place: z.number().int().nonnegative(),
});

/** A model's reference: no names of machines or people, only distributions. */
export const referenceSchema = z.object({
  format: z.literal(1),
  platform: z.enum(PLATFORMS),
  featureSchema: z.string(),
  windows: z.number().int(),
  scores: z.enum(['held-out', 'fitted']), // a model scores what it was fitted on lower than anything new
  endpoints: z.partialRecord(z.enum(groups), z.number().int()), // that had such nodes
  variables: z.array(
    variableSchema.extend({
      edges: z.array(z.number()),
      shares: z.array(z.number()), // per bin, mean over endpoints
      expected: z.array(z.number()).length(SIZES.length), // index of samples without a change, by their size
      bound: z.array(z.number()).length(SIZES.length),
    }),
  ),
  unseen: z.array(variableSchema), // features that were 0 in every window, attacks among them
});
export type Reference = z.infer<typeof referenceSchema>;

export interface ReferenceSource {
  /** Benign windows, which is what nearly all windows of a fleet are; equal graphs of an endpoint once. */
  readonly windows: readonly DrawnWindow[];
  /** Shown scores of benign windows. */
  readonly scores: readonly DrawnScore[];
  /** Whether the scored windows were kept from the fit that scored them, as those of a fleet are. */
  readonly heldOut: boolean;
  /** Windows of attacks: what they show is not new to the model. */
  readonly attacks: readonly HeteroGraph[];
}

/** Describes what a version learnt from, so that drift from it can be told. Throws input-invalid without windows. */
export function referenceOf(
  platform: Platform,
  { windows, scores, heldOut, attacks }: ReferenceSource,
): Reference {
  if (windows.length === 0)
    throw new LogsterError(
      'input-invalid',
      `A reference for ${platform} needs benign windows; there are none`,
    );
  const graphs = windows.map((one) => one.graph);
  const { variables, unseen } = binned(platform, [...graphs, ...attacks]);
  const score = { of: 'score', name: 'shown score', place: 0, edges: SCORE_EDGES } as const;
  const layout = layoutOf(platform, [...variables, score]);
  const tally = tallyOf(layout);
  for (const { endpoint, graph, weight = 1 } of windows) tally.addGraph(endpoint, graph, weight);
  for (const { endpoint, score: shown, weight = 1 } of scores) tally.addScore(endpoint, shown, weight);
  const rows = tally.rows();
  const means = meansOf(layout, rows);
  return {
    format: 1,
    platform,
    featureSchema: featureSchema(platform),
    windows: windows.length,
    scores: heldOut ? 'held-out' : 'fitted',
    endpoints: means.endpoints,
    variables: layout.groups.flatMap((group) => {
      const chances = chanceOf(layout, group, rows, means.shares);
      return (layout.byGroup[group] ?? []).map((variable, place) =>
        described(variable, means.shares, chances[place]),
      );
    }),
    unseen: [...unseen],
  };
}

/** The layout of a reference's histograms and their shares in one row. */
export function layoutOfReference({ platform, variables }: Reference): {
  readonly layout: Layout;
  readonly shares: Float64Array;
} {
  const layout = layoutOf(platform, variables);
  const shares = new Float64Array(layout.bins);
  const byName = new Map(variables.map((one) => [`${one.of} ${one.name}`, one]));
  for (const group of layout.groups)
    for (const { name, offset } of layout.byGroup[group] ?? [])
      shares.set(byName.get(`${group} ${name}`)?.shares ?? [], offset);
  return { layout, shares };
}

/** A reference as a file of a version. */
export function encodeReference(reference: Reference): Buffer {
  return Buffer.from(`${JSON.stringify(reference)}\n`);
}

/** Reads a reference. Throws model-invalid when it is none. */
export function decodeReference(bytes: Buffer, model: string): Reference {
  try {
    return referenceSchema.parse(JSON.parse(bytes.toString('utf8')));
  } catch (cause) {
    const message = `${REFERENCE_FILE} of ${model} is no reference of format 1: ${reasonOf(cause)}`;
    throw new LogsterError('model-invalid', message, { cause });
  }
}

function described(
  { of, name, place, edges, offset }: Binned & { readonly of: Group; readonly offset: number },
  shares: Float64Array,
  chance: Chance | undefined,
): Reference['variables'][number] {
  const own = [...shares.subarray(offset, offset + edges.length + 2)];
  return {
    ...{ of, name, place, edges: [...edges], shares: own.map(short) },
    expected: (chance?.expected ?? []).map(short),
    bound: (chance?.bound ?? []).map(short),
  };
}

/** Three digits are far more than a sample of endpoints knows. */
const short = (value: number): number => rounded(Number(value.toPrecision(3)));
