import { z } from 'zod';
import type { FeedbackExample } from '../datasets/feedback/example.ts';
import type { FeedbackWeight } from './feedback-examples.ts';
import type { ReadCapture } from './weights.ts';

/** The file with everything that is needed to make a version again. */
export const ORIGIN_FILE = 'origin.json';

const originSchema = z.object({
  captures: z.array(z.object({ id: z.string(), run: z.string(), sha256: z.string().nullable() })),
});

/** A capture that a version learnt from. */
export type OriginCapture = Readonly<z.infer<typeof originSchema>['captures'][number]>;

/** The captures that an `origin.json` names; null where there is none that can be read. */
export function originCaptures(file: Buffer | undefined): readonly OriginCapture[] | null {
  if (file === undefined) return null;
  try {
    return originSchema.safeParse(JSON.parse(file.toString('utf8'))).data?.captures ?? null;
  } catch {
    return null; // whoever needs to know is told that it is not known
  }
}

/** What decides the bytes of a version. */
export interface OriginParts {
  readonly from: { readonly id: string; readonly data: string } | null; // null: from scratch
  readonly data: string; // id of the dataset version, or a hash of the captures
  readonly seed: number;
  readonly code: string; // trainingCode()
  readonly recipe: object;
  readonly weights: FeedbackWeight;
  readonly captures: readonly ReadCapture[];
  readonly feedback: readonly FeedbackExample[];
}

/** The bytes of `origin.json`. */
export function originFile({ from, captures, feedback, ...rest }: OriginParts): Buffer {
  const origin = {
    ...(from && { from: from.id, fromData: from.data }),
    ...rest,
    captures: captures.map(({ capture: { id, run, sha256 } }): OriginCapture => ({ id, run, sha256 })),
    feedback: feedback.flatMap((one) => one.feedbackIds),
  };
  return Buffer.from(`${JSON.stringify(origin, null, 1)}\n`);
}
