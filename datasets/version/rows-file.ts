import type { SchemaElement } from 'hyparquet';
import { z } from 'zod';
import { PLATFORMS } from '../../contracts/event.ts';
import { LABELS } from '../label.ts';
import { decodeParquet, encodeParquet } from '../parquet.ts';
import type { WindowRow } from './row.ts';
import { SIDES } from './sides.ts';

const TEXT = { type: 'BYTE_ARRAY', converted_type: 'UTF8', repetition_type: 'REQUIRED' } as const;
const WHOLE = { type: 'INT32', repetition_type: 'REQUIRED' } as const;
const SECONDS = { type: 'DOUBLE', repetition_type: 'REQUIRED' } as const;

/** Columns of windows.parquet in their order; `techniques` is a list of text. */
const COLUMNS = {
  id: TEXT,
  capture: TEXT,
  run: TEXT,
  lab: TEXT,
  cluster: TEXT,
  licence: TEXT,
  source: TEXT,
  platform: TEXT,
  host: TEXT,
  start: SECONDS,
  end: SECONDS,
  label: TEXT,
  side: TEXT,
  fold: { type: 'INT32', repetition_type: 'OPTIONAL' },
  graph: TEXT,
  events: WHOLE,
  nodes: WHOLE,
  edges: WHOLE,
  truncated: { type: 'BOOLEAN', repetition_type: 'REQUIRED' },
  techniques: { converted_type: 'LIST', repetition_type: 'REQUIRED', num_children: 1 },
} as const satisfies Record<keyof WindowRow, Omit<SchemaElement, 'name'>>;

const NAMES = Object.keys(COLUMNS) as (keyof WindowRow)[];

const SCHEMA: SchemaElement[] = [
  { name: 'windows', num_children: NAMES.length },
  ...NAMES.map((name) => ({ name, ...COLUMNS[name] })),
  { name: 'list', repetition_type: 'REPEATED', num_children: 1 }, // children of the last column
  { name: 'element', ...TEXT },
];

const rowSchema: z.ZodType<WindowRow> = z.strictObject({
  id: z.string().length(32),
  capture: z.string(),
  run: z.string(),
  lab: z.string(),
  cluster: z.string(),
  licence: z.string(),
  source: z.string(),
  platform: z.enum(PLATFORMS),
  host: z.string(),
  start: z.number(),
  end: z.number(),
  label: z.enum(LABELS),
  side: z.enum(SIDES),
  fold: z.number().int().nullable(),
  graph: z.string(),
  events: z.number().int(),
  nodes: z.number().int(),
  edges: z.number().int(),
  truncated: z.boolean(),
  techniques: z.array(z.string()),
});

/** Rows as a Parquet file; equal rows give equal bytes. */
export function encodeRows(rows: readonly WindowRow[]): Buffer {
  return encodeParquet(rows, NAMES, SCHEMA);
}

/** The rows of a Parquet file. Throws input-invalid where it holds anything else; `file` names it. */
export async function decodeRows(bytes: Buffer, file: string): Promise<readonly WindowRow[]> {
  return decodeParquet(bytes, { file, what: 'rows of ours', row: rowSchema });
}
