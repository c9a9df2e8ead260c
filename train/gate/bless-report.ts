import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { ModelVersion } from '../../ports/registry/registry.ts';
import type { Interval } from '../metrics.ts';
import type { Limits } from './limits.ts';

/** The names under which a report is attached to the version that was judged. */
export const BLESS_FILES = { json: 'bless.json', page: 'bless.html' } as const;

/** What two versions are compared by; what each means is said in `figures.ts`. */
export const GATE_FIGURES = [
  'prAuc',
  'recallAtOneFalseAlarm',
  'recallShown',
  'falseAlarmsPerHostDay',
  'alertedShown',
  'brier',
] as const;
export type GateFigure = (typeof GATE_FIGURES)[number];

/** A figure of both versions; null where the frozen captures do not allow it. `difference`: challenger less champion. */
export interface Compared {
  readonly champion: number | null;
  readonly challenger: number | null;
  readonly difference: Interval | null;
}

export const SLICE_KINDS = ['technique', 'sensor', 'lab'] as const;
/** Share of attack runs that alert as shown, in a part of the frozen captures. */
export interface Slice extends Compared {
  readonly by: (typeof SLICE_KINDS)[number];
  readonly of: string;
  readonly runs: number; // with an attack
}

/** Why a challenger was refused. */
export interface Reason {
  readonly rule: 'loading' | 'frozen' | 'slice' | 'latency' | GateFigure;
  readonly text: string; // one sentence with every figure that it rests on
  readonly champion: number | null;
  readonly challenger: number | null;
  readonly interval: { readonly low: number; readonly high: number } | null;
  readonly limit: number | null;
}

/** A judged version; `digest` is of the names and hashes of its files. */
export interface JudgedVersion {
  readonly version: string;
  readonly digest: string;
}

/** What the judgement rests on. */
export interface FrozenSet {
  readonly captures: readonly string[];
  readonly digest: string; // of the captures' hashes and what was claimed of them
  readonly leftOut: readonly { readonly id: string; readonly reason: string }[];
  readonly unknown: readonly string[]; // judged versions of which nobody here knows what they learnt from
  readonly windows: { readonly attack: number; readonly benign: number };
  readonly attackRuns: number;
  readonly hostDays: number; // benign, each view of a run by itself
}

/** Milliseconds per graph in a scorer process, the median of rounds in which both versions took turns. */
export interface Latency {
  readonly backend: string;
  readonly graphs: number; // in the standard batch
  readonly championMs: readonly number[]; // per round
  readonly challengerMs: readonly number[];
  readonly ratio: number; // the median of challenger ÷ champion over the rounds
}

/** What one version showed on every judged window, for pictures. */
export interface Shown {
  readonly attack: readonly number[];
  readonly benign: readonly number[];
}

/** The judgement of a challenger against the champion. */
export interface BlessReport {
  readonly format: 1;
  readonly model: string;
  readonly platform: Platform;
  readonly at: number; // epoch seconds
  readonly passed: boolean;
  readonly reasons: readonly Reason[]; // empty when it passed
  readonly champion: JudgedVersion;
  readonly challenger: JudgedVersion;
  readonly frozen: FrozenSet;
  readonly figures: Readonly<Record<GateFigure, Compared>> | null; // null: the challenger could not be loaded
  /** The scores above which each alerts at one false alarm per host and day. */
  readonly operatingPoints: { readonly champion: number; readonly challenger: number } | null;
  readonly slices: readonly Slice[];
  readonly latency: Latency | null;
  readonly shown: { readonly champion: Shown; readonly challenger: Shown } | null;
  readonly limits: Limits;
}

const judgedSchema = z.object({ version: z.string(), digest: z.string() });
const verdictSchema = z.object({
  format: z.literal(1),
  model: z.string(),
  at: z.number(),
  passed: z.boolean(),
  reasons: z.array(z.object({ rule: z.string(), text: z.string() })),
  champion: judgedSchema,
  challenger: judgedSchema,
});
/** What a promotion needs to know of a report. */
export type BlessVerdict = z.infer<typeof verdictSchema>;

/** A report as the bytes that are attached to a version. */
export function encodeBlessReport(report: BlessReport): Buffer {
  return Buffer.from(`${JSON.stringify(report, null, 1)}\n`);
}

/** The verdict of an attached report. Throws input-invalid for what is none; `place` names it. */
export function decodeBlessVerdict(bytes: Buffer, place: string): BlessVerdict {
  const read = verdictSchema.safeParse(parsed(bytes));
  if (read.success) return read.data;
  throw new LogsterError(
    'input-invalid',
    `${place} is no bless report: ${z.prettifyError(read.error)}; bless the version again`,
  );
}

function parsed(bytes: Buffer): unknown {
  try {
    return JSON.parse(bytes.toString('utf8'));
  } catch {
    return undefined; // the schema says that it is no object
  }
}

/** A version as a report names it. */
export function judgedVersion({ version, files }: Pick<ModelVersion, 'version' | 'files'>): JudgedVersion {
  const hash = createHash('sha256');
  const lines = files.map(({ name, sha256 }) => `${name} ${sha256}\n`).sort();
  return { version, digest: hash.update(lines.join('')).digest('hex') };
}
