import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { LogsterError, reasonOf } from '../contracts/errors.ts';

const correctionSchema = z.strictObject({
  capture: z.string().min(1),
  host: z.string().min(1),
  label: z.literal('unknown'), // we take claims back; an attack or a benign machine is claimed by its manifest
  because: z.string().min(20, 'say what its events show, in a sentence'),
});

const labelsSchema = z.strictObject({ corrections: z.array(correctionSchema) });

/** A machine that a capture's manifest lists without a part in the attack, and what its events show instead. */
export type Correction = Readonly<z.infer<typeof correctionSchema>>;

/** Checks the text of a labels file. Throws input-invalid with the entry that is wrong; `name` names the file. */
export function parseLabels(text: string, name: string): readonly Correction[] {
  let json: unknown;
  try {
    json = JSON.parse(text);
  } catch (cause) {
    throw new LogsterError('input-invalid', `${name} is not JSON: ${reasonOf(cause)}`, { cause });
  }
  const read = labelsSchema.safeParse(json);
  if (!read.success)
    throw new LogsterError(
      'input-invalid',
      `${name} is no labels file; docs/datasets.md shows its form\n${z.prettifyError(read.error)}`,
    );
  const seen = new Set<string>();
  for (const { capture, host } of read.data.corrections) {
    const key = `${capture} ${host.toLowerCase()}`;
    if (seen.has(key))
      throw new LogsterError('input-invalid', `${name} corrects ${host} of ${capture} twice; keep one entry`);
    seen.add(key);
  }
  return read.data.corrections;
}

let own: readonly Correction[] | undefined;

/**
 * Machines whose "took no part" is wrong, from labels.json beside this file. Their windows become unknown:
 * neither trained on nor judged. Each was found by reading the events, never by a score alone.
 */
export function corrections(): readonly Correction[] {
  own ??= parseLabels(readFileSync(join(import.meta.dirname, 'labels.json'), 'utf8'), 'datasets/labels.json');
  return own;
}

/** Whether a machine of a capture is corrected to have had a part in the attack. */
export function isCorrected(capture: string, host: string): boolean {
  return corrections().some(
    (one) => one.capture === capture && one.host.toLowerCase() === host.toLowerCase(),
  );
}
