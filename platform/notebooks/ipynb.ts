import { readFile, writeFile } from 'node:fs/promises';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';

/** Text of a notebook file: one string, or its lines with their ends. */
const textSchema = z.union([z.string(), z.array(z.string())]);

const streamSchema = z.looseObject({
  output_type: z.literal('stream'),
  name: z.enum(['stdout', 'stderr']),
  text: textSchema,
});
const displayedSchema = z.looseObject({
  output_type: z.enum(['execute_result', 'display_data']),
  data: z.record(z.string(), z.unknown()),
});
const errorSchema = z.looseObject({ output_type: z.literal('error'), ename: z.string(), evalue: z.string() });
export const outputSchema = z.discriminatedUnion('output_type', [streamSchema, displayedSchema, errorSchema]);
/** What a cell showed, in the form of nbformat 4.5. */
export type CellOutput = z.infer<typeof outputSchema>;

const codeCellSchema = z.looseObject({
  cell_type: z.literal('code'),
  id: z.string(),
  source: textSchema,
  outputs: z.array(outputSchema),
  execution_count: z.number().int().nullable(),
});
const proseCellSchema = z.looseObject({
  cell_type: z.enum(['markdown', 'raw']),
  id: z.string(),
  source: textSchema,
});

const notebookSchema = z.looseObject({
  nbformat: z.literal(4),
  nbformat_minor: z.number().int().min(5), // since 4.5 every cell has an id
  metadata: z.looseObject({}),
  cells: z.array(z.discriminatedUnion('cell_type', [codeCellSchema, proseCellSchema])),
});
/** A Jupyter notebook; whatever its schema allows beyond what is used here is kept as it is. */
export type Notebook = z.infer<typeof notebookSchema>;

/** A cell of code, with its place among all cells, counted from 1 as people do. */
export interface CodeCell {
  readonly place: number;
  readonly source: string;
  readonly outputs: readonly CellOutput[];
}

/** Reads a notebook of nbformat 4.5 or newer. Throws not-found or input-invalid with the reason. */
export async function readNotebook(file: string): Promise<Notebook> {
  const text = await readFile(file, 'utf8').catch((cause: unknown) => {
    throw new LogsterError('not-found', `Cannot read the notebook ${file}: ${reasonOf(cause)}`, { cause });
  });
  try {
    return notebookSchema.parse(JSON.parse(text));
  } catch (cause) {
    const why = cause instanceof z.ZodError ? z.prettifyError(cause) : reasonOf(cause);
    throw new LogsterError('input-invalid', `${file} is no notebook of nbformat 4.5: ${why}`, { cause });
  }
}

/** The code of a notebook, cell by cell. */
export function codeCells({ cells }: Notebook): readonly CodeCell[] {
  return cells.flatMap((cell, at) =>
    cell.cell_type === 'code' ? [{ place: at + 1, source: joined(cell.source), outputs: cell.outputs }] : [],
  );
}

/** The notebook with other outputs, one list per cell of code; cells are numbered as if run once from the top. */
export function withOutputs(notebook: Notebook, outputs: readonly (readonly CellOutput[])[]): Notebook {
  let place = 0;
  const cells = notebook.cells.map((cell) => {
    if (cell.cell_type !== 'code') return cell;
    const own = [...(outputs[place] ?? [])];
    place++;
    return { ...cell, execution_count: place, outputs: own.map((output) => numbered(output, place)) };
  });
  return { ...notebook, cells };
}

/** Writes a notebook the way Jupyter does, so that saving it there changes nothing: one space, a final newline. */
export async function writeNotebook(file: string, notebook: Notebook): Promise<void> {
  await writeFile(file, `${JSON.stringify(notebook, null, 1)}\n`);
}

/** A text of a notebook as one string. */
export function joined(text: string | readonly string[]): string {
  return typeof text === 'string' ? text : text.join('');
}

/** Text as Jupyter keeps it: lines with their ends, so that a change is one line of a diff. */
export function linesOf(text: string): string[] {
  return text.split(/(?<=\n)/);
}

const numbered = (output: CellOutput, place: number): CellOutput =>
  output.output_type === 'execute_result' ? { ...output, execution_count: place } : output;
