import { z } from 'zod';

/** A message that no stage could use, with where it came from, so that it can be looked at and sent again. */
export const deadLetterSchema = z.object({
  stage: z.string(),
  reason: z.string(),
  source_topic: z.string(),
  partition: z.number().int(),
  offset: z.string(),
  key: z.string(),
  headers: z.record(z.string(), z.string()),
  payload: z.string(), // base64, cut at 256 KiB
  payload_bytes: z.number().int(), // before the cut
  at: z.number(), // wall clock, epoch seconds
});
export type DeadLetter = z.infer<typeof deadLetterSchema>;
