import { z } from 'zod';

/** The shown probability from which an alert begins. */
export const ALERT_PROBABILITY = 0.7;

/** The shown probability from which an alert is HIGH (Logster reference, section 7). */
export const HIGH_PROBABILITY = 0.85;

/** The float32 neighbours of 0.7: 0.7 itself is not one, and a score at the anchor must not fall below it. */
const AT_LEAST_ALERT = 0.7000000476837158;
const BELOW_ALERT = 0.699999988079071;

/** Points (raw logit, shown logit) of the score scaling, both rising. */
export const scalingSchema = z.object({
  anchors: z
    .array(z.object({ raw: z.number(), shown: z.number() }))
    .min(1)
    .refine(
      (anchors) => anchors.every((at, i) => i === 0 || risesFrom(anchors[i - 1], at)),
      'anchors must rise in raw and in shown',
    ),
  /** The raw logit that is shown as 0.7; scores at or above it alert, whatever the rounding. */
  alert: z.number(),
});
export type ScoreScaling = z.infer<typeof scalingSchema>;

function risesFrom(before: { raw: number; shown: number } | undefined, at: { raw: number; shown: number }) {
  return before !== undefined && at.raw > before.raw && at.shown > before.shown;
}

/** The scaling that shows `raw` as 0.7 and shifts every other logit by the same amount. */
export function scalingAt(raw: number): ScoreScaling {
  return { anchors: [{ raw, shown: logitOf(ALERT_PROBABILITY) }], alert: raw };
}

/**
 * The scaling that shows each raw logit as the probability beside it, one of them 0.7. Between the points the shown
 * logit is a straight line; beyond them it goes on with slope 1.
 */
export function scalingThrough(
  points: readonly { readonly raw: number; readonly probability: number }[],
): ScoreScaling {
  const anchors = points.map(({ raw, probability }) => ({ raw, shown: logitOf(probability) }));
  const alert = points.find(({ probability }) => probability === ALERT_PROBABILITY)?.raw;
  return scalingSchema.parse({ anchors, alert });
}

/** The probability shown for a raw logit: rises with it, 0 and 1 at the ends, 0.7 at the scaling's `alert`. */
export function shownProbability({ anchors, alert }: ScoreScaling, raw: number): number {
  const shown = 1 / (1 + Math.exp(-shownLogit(anchors, raw)));
  return raw >= alert ? Math.max(shown, AT_LEAST_ALERT) : Math.min(shown, BELOW_ALERT);
}

function shownLogit(anchors: ScoreScaling['anchors'], raw: number): number {
  let before = anchors[0];
  for (const at of anchors) {
    if (raw < at.raw) {
      if (!before || before === at) return at.shown + raw - at.raw;
      const share = (raw - before.raw) / (at.raw - before.raw);
      return before.shown + share * (at.shown - before.shown);
    }
    before = at;
  }
  return before ? before.shown + raw - before.raw : raw;
}

/** ln(p / (1 - p)). */
export function logitOf(probability: number): number {
  return Math.log(probability / (1 - probability));
}
