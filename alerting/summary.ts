import type { InferenceResult } from '../contracts/inference.ts';

/** Characters of one name or path in a summary: enough to recognise it, too few to hide the rest behind it. */
const LABEL_LENGTH = 60;

/** Edges and nodes told: what one line holds. */
const TOLD = 3;

/** One line that says what carried a result's score, for people. Names come from endpoints: they are cut and cleaned. */
export function summaryOf(result: InferenceResult): string {
  const raised = ({ score }: { readonly score: number }) => score >= 0; // what spoke against it is not told
  const deeds = result.top_edges
    .filter(raised)
    .map(
      ({ relation, source, target }) => `${shown(source)} ${relation.replaceAll('-', ' ')} ${shown(target)}`,
    );
  const things = result.top_nodes.filter(raised).map(({ type, label }) => `${type} ${shown(label)}`);
  const told = [...new Set(deeds.length > 0 ? deeds : things)].slice(0, TOLD);
  const subject = `Suspicious activity on ${shown(result.hostname)}`;
  return told.length === 0 ? subject : `${subject}: ${told.join('; ')}`;
}

/**
 * Text from an endpoint as it may stand in a line: without control characters, line breaks and marks that turn
 * the direction of writing (Unicode categories C and Z), and not longer than `LABEL_LENGTH`.
 */
export function shown(text: string): string {
  const characters = [...text.replace(/[\p{C}\p{Z}]+/gu, ' ').trim()];
  if (characters.length === 0) return '(no name)';
  if (characters.length <= LABEL_LENGTH) return characters.join('');
  return `${characters.slice(0, LABEL_LENGTH - 1).join('')}…`;
}
