import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { CHANGES, type HistoryEntry } from './registry.ts';

const LONGEST_WHY = 2000;
const LONGEST_LINE = 5000; // what MLflow keeps of a tag; control characters take six each

const entrySchema = z.object({
  at: z.number().nonnegative(),
  change: z.enum(CHANGES),
  version: z.string(),
  from: z.string().nullable(),
  by: z.string().min(1).max(128),
  why: z.string().max(LONGEST_WHY),
});

/** A line of a history as text. Throws input-invalid for what would not be read back. */
export function encodeEntry(entry: HistoryEntry): string {
  const checked = entrySchema.safeParse(entry);
  if (!checked.success) throw unfit(z.prettifyError(checked.error));
  const line = JSON.stringify(checked.data);
  if (line.length > LONGEST_LINE) throw unfit(`it takes ${line.length} characters; shorten the reason`);
  return line;
}

/** A line of a history; `place` names where it was read. */
export function decodeEntry(text: string, place: string): HistoryEntry {
  try {
    return entrySchema.parse(JSON.parse(text));
  } catch (cause) {
    throw new LogsterError('model-invalid', `${place} holds no line of a history: ${reasonOf(cause)}`, {
      cause,
    });
  }
}

const unfit = (problem: string): LogsterError =>
  new LogsterError('input-invalid', `This cannot go into a history: ${problem}`);

/** Lines by their time; those of one moment keep their order. */
export function byTime(entries: readonly HistoryEntry[]): readonly HistoryEntry[] {
  return [...entries].sort((a, b) => a.at - b.at);
}
