import { type DecodedArray, parquetReadObjects, type SchemaElement } from 'hyparquet';
import { parquetWriteBuffer } from 'hyparquet-writer';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../contracts/errors.ts';

/** Rows as a Parquet file with these columns; equal rows give equal bytes. */
export function encodeParquet<Row>(
  rows: readonly Row[],
  names: readonly (keyof Row & string)[],
  schema: SchemaElement[],
): Buffer {
  const columnData = names.map((name) => ({ name, data: rows.map((row) => row[name]) as DecodedArray }));
  return Buffer.from(parquetWriteBuffer({ columnData, schema }));
}

/** The rows of a Parquet file. Throws input-invalid where it holds others than `what`; `file` names it. */
export async function decodeParquet<Row>(
  bytes: Buffer,
  { file, what, row }: { readonly file: string; readonly what: string; readonly row: z.ZodType<Row> },
): Promise<readonly Row[]> {
  const { buffer, byteOffset, byteLength } = bytes;
  const part = buffer.slice(byteOffset, byteOffset + byteLength) as ArrayBuffer;
  const rows: unknown = await parquetReadObjects({ file: part }).catch((cause: unknown) => {
    throw new LogsterError('input-invalid', `${file} is no Parquet file: ${reasonOf(cause)}`, { cause });
  });
  const read = z.array(row).safeParse(rows);
  if (read.success) return read.data;
  const [issue] = read.error.issues;
  throw new LogsterError(
    'input-invalid',
    `${file} holds no ${what} at ${issue?.path.join('.')}: ${issue?.message}; build the version again`,
  );
}
