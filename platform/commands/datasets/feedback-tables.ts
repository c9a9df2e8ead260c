import type { FeedbackContents, FeedbackShare } from '../../../datasets/feedback/inspect.ts';
import { table } from '../../table.ts';

/** Patterns shown at a terminal; `--json` has all. */
const MOST_PATTERNS = 20;

/** A version's feedback as tables: what counts how much, what was left out, and what waits for somebody to look. */
export function feedbackTables(feedback: FeedbackContents): string {
  const { rows, verdicts, caps, by, leftOut, review, modelVersions } = feedback;
  const shares = Object.entries(by).map(([grouping, own]) =>
    shareTable(grouping, grouping === 'pattern' ? own.slice(0, MOST_PATTERNS) : own),
  );
  const weights = Object.entries(feedback.platforms).map(([platform, { corpus, weight }]) => [
    platform,
    corpus.attack,
    Number(weight.attack.toFixed(2)),
    corpus.benign,
    Number(weight.benign.toFixed(2)),
  ]);
  return [
    `Feedback: ${rows} windows from ${verdicts} verdicts, scored by ${modelVersions.join(', ') || 'no model'}. ` +
      `Caps: ${Object.entries(caps)
        .map(([name, cap]) => `${name} ${cap}`)
        .join(', ')}.`,
    table(['against captures', 'attack', 'feedback', 'benign', 'feedback'], weights),
    ...shares,
    table(['windows left out', 'count'], Object.entries(leftOut)),
    review.length === 0
      ? 'The review list is empty.'
      : table(
          ['review list', 'withholds', 'accepted', 'because'],
          review.map(({ feedbackId, withholds, accepted, reasons }) => [
            feedbackId,
            withholds === 'all' ? 'its windows' : 'contested windows',
            accepted ? 'yes' : 'no',
            reasons.join('; '),
          ]),
        ),
  ].join('\n\n');
}

function shareTable(grouping: string, shares: readonly FeedbackShare[]): string {
  return table(
    [`feedback by ${grouping}`, 'attack', 'benign', 'weight'],
    shares.map(({ of, attack, benign, weight }) => [of, attack, benign, Number(weight.toFixed(2))]),
  );
}
