import { z } from 'zod';
import { PLATFORMS } from '../../contracts/event.ts';

/** The rows of feedback of a version. */
export const FEEDBACK_FILE = 'feedback.parquet';
/** Their graphs, in the order of the rows, platform by platform. */
export const FEEDBACK_GRAPHS_FILE = 'feedback-graphs.arrow';

const count = z.number().int().nonnegative();
const share = z.number().min(0).max(1);
const perLabel = z.strictObject({ attack: z.number().nonnegative(), benign: z.number().nonnegative() });

/** How much feedback may count; datasets/feedback/weigh.ts says what each one means. */
export const capsSchema = z.strictObject({
  reached: share,
  corpus: share,
  endpoint: share,
  analyst: share,
});
export type Caps = Readonly<z.infer<typeof capsSchema>>;

/** What a version's manifest says of its feedback. */
export const feedbackSectionSchema = z.strictObject({
  rows: count,
  verdicts: count, // that were read
  analysts: count, // whose verdicts made rows
  leftOut: z.record(z.string(), count), // windows, by reason
  caps: capsSchema,
  platforms: z.partialRecord(
    z.enum(PLATFORMS),
    z.strictObject({ featureSchema: z.string(), corpus: perLabel, windows: perLabel, weight: perLabel }),
  ),
  modelVersions: z.array(z.string()), // that scored the windows
  review: z.array(
    z.strictObject({
      feedbackId: z.string(),
      reasons: z.array(z.string()).min(1),
      withholds: z.enum(['all', 'contested']), // all of its windows, or those with opposite labels
      accepted: z.boolean(),
    }),
  ),
});
export type FeedbackSection = Readonly<z.infer<typeof feedbackSectionSchema>>;
