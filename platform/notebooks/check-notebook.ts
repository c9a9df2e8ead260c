import { type CellOutput, codeCells, readNotebook } from './ipynb.ts';
import { runNotebook } from './run-notebook.ts';
import { difference } from './same-outputs.ts';

/** A notebook that was run, against what it had stored. */
export interface CheckedNotebook {
  readonly outputs: readonly (readonly CellOutput[])[]; // per cell of code
  readonly differences: readonly string[]; // one sentence per cell that now says something else
}

/** Runs a notebook and compares what its cells show with what is stored, but for the last digits of numbers. */
export async function checkNotebook(root: string, file: string): Promise<CheckedNotebook> {
  const outputs = await runNotebook(root, file);
  return { outputs, differences: differences(codeCells(await readNotebook(file)), outputs) };
}

/** Cell by cell, what is stored against what another run gave. */
export function differences(
  stored: ReturnType<typeof codeCells>,
  fresh: readonly (readonly CellOutput[])[],
): readonly string[] {
  return stored.flatMap(({ place, outputs }, at) => {
    const found = difference(outputs, fresh[at] ?? []);
    return found === null ? [] : [`cell ${place}: ${found}`];
  });
}
