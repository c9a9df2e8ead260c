import { z } from 'zod';
import { PLATFORMS } from './event.ts';

/** How two versions' verdicts on the same windows fall at one threshold. */
const verdictsSchema = z.object({
  both: z.number(), // windows that both would raise
  champion: z.number(), // only the champion
  challenger: z.number(), // only the challenger
});

/** Bins of the difference challenger - champion, from -1 to 1, each a tenth wide. */
export const DIFFERENCE_BINS = 20;

/** Windows that two versions judge most differently are kept, up to so many. */
export const LARGEST_DIFFERENCES = 20;

/** What came of scoring a challenger beside the champion: figures of windows that both scored, none of them alerted. */
export const shadowReportSchema = z.object({
  platform: z.enum(PLATFORMS),
  champion: z.string(),
  challenger: z.string(),
  since: z.number(), // epoch seconds
  until: z.number(),
  windows: z.number(),
  skipped: z.number(), // sampled windows that no scorer had time for
  failed: z.number(), // windows that the challenger could not score
  at_half: verdictsSchema, // shown probability from 0.5 up
  at_alert: verdictsSchema, // from 0.7 up
  difference_sum: z.number(), // of absolute differences; divide by `windows`
  differences: z.array(z.number()).length(DIFFERENCE_BINS),
  largest: z
    .array(
      z.object({
        inference_id: z.string(), // the champion's
        endpoint_id: z.string(),
        tenant_id: z.string(),
        window_end: z.number(),
        champion: z.number(),
        challenger: z.number(),
      }),
    )
    .max(LARGEST_DIFFERENCES),
});
export type ShadowReport = z.infer<typeof shadowReportSchema>;
