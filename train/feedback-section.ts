import type { FeedbackExample } from '../datasets/feedback/example.ts';
import { type FeedbackWeight, MOST_FEEDBACK } from './feedback-examples.ts';

/** What a card says of the verdicts that a version learnt from: whose they are stays in the dataset version. */
export function feedbackLines(feedback: readonly FeedbackExample[], weights: FeedbackWeight): string {
  const verdicts = new Set(feedback.flatMap((one) => one.feedbackIds)).size;
  const analysts = new Set(feedback.flatMap((one) => one.analysts)).size;
  const endpoints = new Set(feedback.map((one) => `${one.tenantId} ${one.endpointId}`)).size;
  const capped =
    weights.given < weights.asked
      ? ` They asked for ${weights.asked.toFixed(1)} and were scaled down to ${MOST_FEEDBACK} of the corpus.`
      : '';
  const line = `${feedback.length} windows that ${verdicts} verdicts of ${analysts} analysts gave a label, on ${endpoints} endpoints; they count ${weights.given.toFixed(1)} windows of the corpus.${capped}`;
  return `${line}\n\n${verdictTable(feedback)}`;
}

function verdictTable(feedback: readonly FeedbackExample[]): string {
  const rows = (['benign', 'attack'] as const).flatMap((label) =>
    (['window', 'process', 'pattern'] as const).flatMap((scope) => {
      const own = feedback.filter((one) => one.label === label && one.scope === scope);
      const weight = own.reduce((sum, one) => sum + one.weight, 0);
      return own.length > 0 ? [`| ${label} | ${scope} | ${own.length} | ${weight.toFixed(1)} |`] : [];
    }),
  );
  return ['| verdict | scope | windows | weight asked |', '|---|---|---|---|', ...rows].join('\n');
}
