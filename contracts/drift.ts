import { z } from 'zod';
import { PLATFORMS } from './event.ts';

/** Fewer windows than this say nothing of a population. */
export const FEWEST_WINDOWS = 100;

/** The usual reading of a population stability index: below 0.1 the same, from 0.25 on another population. */
export const PSI_BOUNDS = { moderate: 0.1, major: 0.25 } as const;

/** How far a population moved: the index, what chance alone gives at this many endpoints, and the difference. */
const shiftSchema = z.object({
  psi: z.number(), // as computed
  expected: z.number(), // its mean where nothing moved
  excess: z.number(), // psi less expected, never below 0: what bounds are for
});
export type Shift = z.infer<typeof shiftSchema>;

const populationSchema = z.object({
  edges: z.array(z.number()), // between the bins; bin 0 holds exact zeros and lies before the first of them
  reference: z.array(z.number()), // share per bin, of the windows that the model learnt from
  now: z.array(z.number()),
});
export type Population = z.infer<typeof populationSchema>;

const shiftedSchema = shiftSchema.extend({
  of: z.string(), // 'process', 'file', … or 'window'
  name: z.string(),
  bound: z.number(), // 95 of 100 samples without a move stay below it
  endpoints: z.number().int(), // that had such nodes
  population: populationSchema,
});
export type Shifted = z.infer<typeof shiftedSchema>;

/** Figures of how far what is scored has moved from what the model learnt from. */
export const shiftsSchema = z.object({
  features: shiftSchema, // mean of all features in use
  window: shiftSchema, // mean of the figures of whole windows
  /** Null: too few windows have one. Not comparable: the reference's scores are of windows it was fitted on. */
  score: shiftSchema.extend({ population: populationSchema, comparable: z.boolean() }).nullable(),
  moved: z.object({ features: z.number().int(), of: z.number().int() }), // features whose population moved
  strongest: z.array(shiftedSchema).max(20), // of what moved: above its bound and 0.1 in excess, the largest first
  unseen: z.object({
    nodes: z.number(), // share of nodes with a value in a feature that the training never saw
    windows: z.number(), // share of windows with such a node
    features: z.array(z.object({ of: z.string(), name: z.string(), windows: z.number() })).max(20),
  }),
});
export type Shifts = z.infer<typeof shiftsSchema>;

/** How many verdicts of one week say that the alert was right. */
const weekSchema = z.object({
  week: z.number(), // epoch seconds of its Monday, 00:00 UTC
  judged: z.number().int(),
  right: z.number().int(),
});
export type WeekOfVerdicts = z.infer<typeof weekSchema>;

/** What is known of a platform's drift; kept in the state port and shown as it is. */
export const driftSchema = z.object({
  platform: z.enum(PLATFORMS),
  model: z.string().nullable(), // version of the champion whose reference was taken
  at: z.number(), // when it was computed, epoch seconds
  from: z.number(),
  until: z.number(),
  windows: z.number().int(), // kept graphs that it rests on
  endpoints: z.number().int(),
  scored: z.number().int(), // windows of the period in all
  /** Null where it cannot be told; `reason` says why. */
  shifts: shiftsSchema.nullable(),
  reason: z.enum(['no-champion', 'no-reference', 'too-few']).nullable(),
  precision: z.object({
    judged: z.number().int(), // over the weeks listed
    right: z.number().int(),
    weeks: z.array(weekSchema),
  }),
});
export type Drift = z.infer<typeof driftSchema>;
