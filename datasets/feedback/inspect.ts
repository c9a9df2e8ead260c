import { groupBy } from './reach.ts';
import type { KeptFeedbackRow } from './rows-file.ts';
import type { FeedbackSection } from './section.ts';

/** What the rows of one value of something amount to. */
export interface FeedbackShare {
  readonly of: string;
  readonly attack: number; // windows
  readonly benign: number; // windows
  readonly weight: number; // against captured windows, which count 1
}

/** What is in a version's feedback. */
export interface FeedbackContents extends FeedbackSection {
  readonly by: Readonly<
    Record<'platform' | 'analyst' | 'endpoint' | 'pattern' | 'scope', readonly FeedbackShare[]>
  >;
}

/** Counts a version's feedback by everything a person asks for; what several analysts say counts for each. */
export function feedbackContents(
  rows: readonly KeptFeedbackRow[],
  section: FeedbackSection,
): FeedbackContents {
  return {
    ...section,
    by: {
      platform: sharesBy(rows, (row) => [row.platform]),
      analyst: sharesBy(rows, (row) => row.analysts),
      endpoint: sharesBy(rows, (row) => [`${row.tenantId} ${row.endpointId}`]),
      pattern: sharesBy(rows, (row) => [row.pattern]),
      scope: sharesBy(rows, (row) => [row.scope]),
    },
  };
}

function sharesBy(
  rows: readonly KeptFeedbackRow[],
  keysOf: (row: KeptFeedbackRow) => readonly string[],
): readonly FeedbackShare[] {
  const keyed = rows.flatMap((row) => keysOf(row).map((of) => ({ of, row })));
  return [...groupBy(keyed, (one) => one.of)]
    .map(([of, own]) => ({
      of,
      attack: own.filter(({ row }) => row.label === 'attack').length,
      benign: own.filter(({ row }) => row.label === 'benign').length,
      weight: own.reduce((sum, { row }) => sum + row.weight, 0),
    }))
    .sort((a, b) => b.weight - a.weight || (a.of < b.of ? -1 : 1));
}
