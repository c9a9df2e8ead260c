import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { contentHash } from '../../featurize/content-hash.ts';
import { featureSchema } from '../../featurize/features.ts';
import type { VersionContent } from '../version/manifest.ts';
import type { WindowRow } from '../version/row.ts';
import { apartFrom, corpusOf } from './frozen.ts';
import type { KeptFeedbackRow } from './rows-file.ts';
import type { FeedbackSection } from './section.ts';
import { FEEDBACK_CAPS, weighFeedback } from './weigh.ts';

/** A version's feedback as it lies in its folder. */
export interface WrittenFeedback {
  readonly content: VersionContent;
  readonly section: FeedbackSection;
  readonly captured: readonly WindowRow[]; // rows of captures
  readonly rows: readonly KeptFeedbackRow[];
  readonly graphs: Readonly<Record<Platform, readonly HeteroGraph[]>>;
}

/** Weights that differ by less are the same: sums of floats. */
const TOLERANCE = 1e-9;

const refuse = (message: string): never => {
  throw new LogsterError('input-invalid', message);
};

/** Checks that every row has its graph, of this feature schema, and that rows are as many as the manifest says. */
export function checkFeedbackGraphs({ section, rows, graphs }: WrittenFeedback): void {
  if (rows.length !== section.rows)
    refuse(`It holds ${rows.length} rows of feedback, its manifest says ${section.rows}`);
  for (const platform of PLATFORMS) {
    const own = rows.filter((row) => row.platform === platform);
    const stated = section.platforms[platform]?.featureSchema ?? featureSchema(platform);
    if (stated !== featureSchema(platform))
      refuse(
        `Its ${platform} feedback has the feature schema ${stated}, this code makes ${featureSchema(platform)}; build a new version`,
      );
    if (own.length !== graphs[platform].length)
      refuse(`${own.length} rows of ${platform} feedback have ${graphs[platform].length} graphs`);
    own.forEach((row, place) => {
      const graph = graphs[platform][place];
      if (!graph || graph.contentHash !== row.graph || contentHash(graph) !== row.graph)
        refuse(`The graph of window ${row.inferenceId} is not the one that its row names`);
    });
  }
}

/** Checks that no row counts more than the caps allow, and that none rests on a verdict that waits for review. */
export function checkFeedbackWeights({ section, captured, rows }: WrittenFeedback): void {
  for (const name of ['reached', 'corpus', 'endpoint', 'analyst'] as const)
    if (section.caps[name] > FEEDBACK_CAPS[name])
      refuse(`Its cap "${name}" is ${section.caps[name]}, more than ${FEEDBACK_CAPS[name]}; build it again`);
  const most = weighFeedback(rows, corpusOf(captured), section.caps);
  rows.forEach((row, place) => {
    const cap = most[place] ?? 0;
    if (row.weight > cap + TOLERANCE)
      refuse(`Window ${row.inferenceId} counts ${row.weight}, its caps allow ${cap}; build it again`);
  });
  const waiting = new Set(
    section.review.filter((one) => one.withholds === 'all' && !one.accepted).map((one) => one.feedbackId),
  );
  for (const { inferenceId, feedbackIds } of rows) {
    const open = feedbackIds.find((id) => waiting.has(id));
    if (open !== undefined)
      refuse(`Window ${inferenceId} rests on ${open}, which is on the review list and not accepted`);
  }
}

/** Checks that feedback stays apart from what judges: no window of it is near a capture, or has a graph of one. */
export function checkFeedbackApart({ content, captured, rows }: WrittenFeedback): void {
  const reasonAgainst = apartFrom({ captures: content.captures, rows: captured });
  for (const row of rows) {
    const placed = { ...row, windowStart: row.start, windowEnd: row.end, contentHash: row.graph };
    const reason = reasonAgainst(placed);
    if (reason !== null)
      refuse(
        `The split leaks: window ${row.inferenceId} of feedback trains and captures judge, but: ${reason}`,
      );
  }
}
