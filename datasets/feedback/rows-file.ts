import type { SchemaElement } from 'hyparquet';
import { z } from 'zod';
import { PLATFORMS } from '../../contracts/event.ts';
import { SCOPES } from '../../contracts/feedback.ts';
import { decodeParquet, encodeParquet } from '../parquet.ts';
import type { FeedbackRow } from './example.ts';

/** A row as a version keeps it: with the other windows that it stands for. */
export interface KeptFeedbackRow extends FeedbackRow {
  /** Inference ids of further windows with an equal graph and the same label; the row counts once for all. */
  readonly equalIds: readonly string[];
}

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
const REAL = { type: 'DOUBLE', repetition_type: 'REQUIRED' } as const;
const TEXTS = { converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 } as const;

/** Columns of feedback.parquet in their order. */
const COLUMNS = {
  inferenceId: TEXT,
  equalIds: TEXTS,
  feedbackIds: TEXTS,
  analysts: TEXTS,
  tenantId: TEXT,
  endpointId: TEXT,
  platform: TEXT,
  start: REAL,
  end: REAL,
  label: TEXT,
  scope: TEXT,
  weight: REAL,
  attackProb: REAL,
  modelVersion: TEXT,
  pattern: TEXT,
  techniques: TEXTS,
  graph: TEXT,
} as const satisfies Record<keyof KeptFeedbackRow, Omit<SchemaElement, 'name'>>;

const NAMES = Object.keys(COLUMNS) as (keyof KeptFeedbackRow)[];

const SCHEMA: SchemaElement[] = [
  { name: 'feedback', num_children: NAMES.length },
  ...NAMES.flatMap((name): SchemaElement[] => [
    { name, ...COLUMNS[name] },
    ...(COLUMNS[name] === TEXTS ? listOfText() : []), // a list's children follow it
  ]),
];

function listOfText(): SchemaElement[] {
  return [
    { name: 'list', repetition_type: 'REPEATED', num_children: 1 },
    { name: 'element', ...TEXT },
  ];
}

const rowSchema: z.ZodType<KeptFeedbackRow> = z.strictObject({
  inferenceId: z.string(),
  equalIds: z.array(z.string()),
  feedbackIds: z.array(z.string()).min(1),
  analysts: z.array(z.string()).min(1),
  tenantId: z.string(),
  endpointId: z.string(),
  platform: z.enum(PLATFORMS),
  start: z.number(),
  end: z.number(),
  label: z.enum(['attack', 'benign']),
  scope: z.enum(SCOPES),
  weight: z.number().nonnegative(),
  attackProb: z.number().min(0).max(1),
  modelVersion: z.string(),
  pattern: z.string(),
  techniques: z.array(z.string()),
  graph: z.string(),
});

/** Rows as a Parquet file; equal rows give equal bytes. */
export function encodeFeedbackRows(rows: readonly KeptFeedbackRow[]): Buffer {
  return encodeParquet(rows, NAMES, SCHEMA);
}

/** The rows of a Parquet file. Throws input-invalid where it holds anything else; `file` names it. */
export async function decodeFeedbackRows(bytes: Buffer, file: string): Promise<readonly KeptFeedbackRow[]> {
  return decodeParquet(bytes, { file, what: 'rows of feedback', row: rowSchema });
}
