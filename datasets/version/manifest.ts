import { createHash } from 'node:crypto';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { PLATFORMS } from '../../contracts/event.ts';
import { feedbackSectionSchema } from '../feedback/section.ts';
import { ROLES } from '../manifest.ts';
import { SIDES } from './sides.ts';

/** The rows of a version, one per window. */
export const ROWS_FILE = 'windows.parquet';
/** Everything that was fitted on rows of a version and is judged with it. */
export const FITTED_FILE = 'fitted.json';
/** What a version is and where it comes from. */
export const MANIFEST_FILE = 'manifest.json';

const count = z.number().int().nonnegative();

const captureSchema = z.strictObject({
  id: z.string(),
  platform: z.enum(PLATFORMS),
  source: z.string(),
  file: z.string(), // relative to the manifest it was built from
  sha256: z.string().length(64), // of the file that was read
  origin: z.string(),
  licence: z.string(),
  lab: z.string(),
  run: z.string(),
  cluster: z.string(),
  role: z.enum(ROLES),
  heldBack: z.boolean(),
  attack: z.union([z.boolean(), z.literal('mixed')]).nullable(),
  mark: z.strictObject({ start: z.number(), end: z.number().nullable() }).nullable(),
  useFrom: z.number().nullable(),
  from: z.number().nullable(), // epoch seconds; widened to what its windows show
  to: z.number().nullable(),
  techniques: z.array(z.string()),
  hosts: z.array(
    z.strictObject({ name: z.string(), marker: z.boolean().nullable(), suspect: z.boolean().nullable() }),
  ),
  side: z.enum(SIDES),
  fold: count.nullable(),
  lines: count,
  events: count,
  dropped: z.record(z.string(), count),
  dead: count,
  windows: z.strictObject({ attack: count, benign: count, unknown: count }),
});

const contentSchema = z.strictObject({
  format: z.literal(1),
  windowSeconds: z.number().positive(),
  purgeSeconds: z.number().positive(), // between captures of one machine on two sides
  /** Per platform the feature schema of the graphs that `graph` names; they are made again from the captures. */
  featureSchema: z.partialRecord(z.enum(PLATFORMS), z.string()),
  corrections: z.array(z.strictObject({ capture: z.string(), host: z.string(), because: z.string() })),
  captures: z.array(captureSchema).min(1),
  folds: z.array(
    z.strictObject({ platform: z.enum(PLATFORMS), fold: count.nullable(), purged: z.array(z.string()) }),
  ),
  rows: count,
  /** Absent in a version that was built without verdicts. */
  feedback: feedbackSectionSchema.optional(),
  files: z.record(z.string(), z.strictObject({ sha256: z.string().length(64), bytes: count })),
});

const manifestSchema = z.strictObject({ id: z.string(), content: contentSchema });

/** What a version is: everything that its id is the hash of. */
export type VersionContent = z.infer<typeof contentSchema>;
/** A capture of a version: what its manifest said, what reading gave, and where it stands. */
export type VersionCapture = z.infer<typeof captureSchema>;
/** A version's id and what it is the hash of. */
export type VersionManifest = z.infer<typeof manifestSchema>;

/** The id of a version: equal captures, labels, code of graphs and split give the same id on every machine. */
export function addressOf(content: VersionContent): string {
  return sha256Of(Buffer.from(JSON.stringify(sorted(content)))).slice(0, 24);
}

/** Reads a version's manifest. Throws input-invalid where it is none; `file` names it. */
export function parseVersion(text: string, file: string): VersionManifest {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LogsterError('input-invalid', `${file} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  const read = manifestSchema.safeParse(json);
  if (read.success) return read.data;
  throw new LogsterError(
    'input-invalid',
    `${file} is no manifest of a version; \`logster datasets build\` makes one\n${z.prettifyError(read.error)}`,
  );
}

/** Hexadecimal SHA-256. */
export function sha256Of(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex');
}

/** The same JSON with the keys of every object in order, so that the order of writing does not count. */
function sorted(json: unknown): unknown {
  if (Array.isArray(json)) return json.map(sorted);
  if (typeof json !== 'object' || json === null) return json;
  const entries = Object.entries(json).sort(([a], [b]) => (a < b ? -1 : 1));
  return Object.fromEntries(entries.map(([key, value]) => [key, sorted(value)]));
}
