import { LogsterError } from '../../contracts/errors.ts';
import { PLATFORMS, type Platform } from '../../contracts/event.ts';
import type { Feedback } from '../../contracts/feedback.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { decodeBatch } from '../../contracts/graph-batch.ts';
import { graphsOf } from '../../contracts/graphs-of.ts';
import { contentHash } from '../../featurize/content-hash.ts';
import { featureSchema } from '../../featurize/features.ts';
import type { GraphStore } from '../../ports/graphs/graphs.ts';
import { type Collected, collectFeedback, type LeftOut, type UnweighedRow } from './collect.ts';
import { apartFrom, type CapturedSide, corpusOf } from './frozen.ts';
import { keptGraphs } from './gather.ts';
import { encodeFeedbackGraphs } from './graphs-file.ts';
import type { ReachableWindow } from './reach.ts';
import { encodeFeedbackRows, type KeptFeedbackRow } from './rows-file.ts';
import { FEEDBACK_FILE, FEEDBACK_GRAPHS_FILE, type FeedbackSection } from './section.ts';
import { type CorpusSize, FEEDBACK_CAPS, weighFeedback } from './weigh.ts';

/** The verdicts that a version learns from, and the kept windows that they may reach. */
export interface FeedbackInput {
  readonly verdicts: readonly Feedback[];
  readonly windows: readonly ReachableWindow[];
  readonly graphs: Pick<GraphStore, 'get'>;
  readonly accepted: readonly string[]; // feedback ids of the review list
}

/** What feedback adds to a version. */
export interface FeedbackPart {
  readonly section: FeedbackSection;
  readonly files: Readonly<Record<string, Buffer>>;
}

/**
 * The feedback of a version, beside its captures: rows with weights within the caps, their graphs, and what the
 * manifest says of both. Equal verdicts, windows and captures give equal bytes. Throws input-invalid where
 * something is accepted that is not on the review list.
 */
export async function feedbackPart(input: FeedbackInput, captured: CapturedSide): Promise<FeedbackPart> {
  const collected = collectFeedback({ ...input, featureSchema, barred: apartFrom(captured) });
  checkAccepted(input.accepted, collected.review);
  const leftOut: Partial<Record<LeftOut, number>> = { ...collected.leftOut };
  const leave = (why: LeftOut): void => {
    leftOut[why] = (leftOut[why] ?? 0) + 1;
  };
  const corpus = corpusOf(captured.rows);
  const graphs = await graphsById(input.graphs, collected.rows);
  const usable: UnweighedRow[] = [];
  for (const row of collected.rows)
    if (!graphs.has(row.inferenceId)) leave('no graph kept');
    else if ((corpus[row.platform]?.[row.label] ?? 0) === 0) leave('no capture of its class trains');
    else usable.push(row);
  const weights = weighFeedback(usable, corpus, FEEDBACK_CAPS);
  const rows = usable.map((row, place) => ({ ...row, weight: weights[place] ?? 0 }));
  const ordered = rows.flatMap((row) => graphs.get(row.inferenceId) ?? []);
  return {
    section: sectionOf(rows, { ...collected, leftOut }, { verdicts: input.verdicts, corpus }),
    files: {
      [FEEDBACK_FILE]: encodeFeedbackRows(rows),
      [FEEDBACK_GRAPHS_FILE]: encodeFeedbackGraphs(ordered),
    },
  };
}

function checkAccepted(accepted: readonly string[], review: FeedbackSection['review']): void {
  const strange = accepted.find((id) => !review.some((one) => one.feedbackId === id));
  if (strange !== undefined)
    throw new LogsterError(
      'input-invalid',
      `${strange} is not on the review list, so there is nothing to accept; \`logster datasets inspect\` shows the list`,
    );
}

/** Graphs by inference id; one that is not what its row says, or is kept no more, is missing. */
async function graphsById(
  store: FeedbackInput['graphs'],
  rows: readonly UnweighedRow[],
): Promise<ReadonlyMap<string, HeteroGraph>> {
  const hashes = new Map(rows.map((row) => [row.inferenceId, row.graph]));
  const found = new Map<string, HeteroGraph>();
  for await (const { inferenceId, bytes } of keptGraphs(store, [...hashes.keys()])) {
    const [graph] = graphsOf(decodeBatch(bytes));
    if (graph && contentHash(graph) === hashes.get(inferenceId)) found.set(inferenceId, graph);
  }
  return found;
}

function sectionOf(
  rows: readonly KeptFeedbackRow[],
  { leftOut, review }: Collected,
  read: {
    readonly verdicts: readonly Feedback[];
    readonly corpus: Readonly<Partial<Record<Platform, CorpusSize>>>;
  },
): FeedbackSection {
  const of = (platform: Platform) => {
    const own = rows.filter((row) => row.platform === platform);
    const sum = (label: 'attack' | 'benign', each: (row: KeptFeedbackRow) => number): number =>
      own.filter((row) => row.label === label).reduce((total, row) => total + each(row), 0);
    return {
      featureSchema: featureSchema(platform),
      corpus: read.corpus[platform] ?? { attack: 0, benign: 0 },
      windows: { attack: sum('attack', () => 1), benign: sum('benign', () => 1) },
      weight: { attack: sum('attack', (row) => row.weight), benign: sum('benign', (row) => row.weight) },
    };
  };
  const platforms = PLATFORMS.filter((platform) => rows.some((row) => row.platform === platform));
  return {
    rows: rows.length,
    verdicts: new Set(read.verdicts.map((one) => one.feedback_id)).size,
    analysts: new Set(rows.flatMap((row) => row.analysts)).size,
    leftOut: { ...leftOut },
    caps: FEEDBACK_CAPS,
    platforms: Object.fromEntries(platforms.map((platform) => [platform, of(platform)])),
    modelVersions: [...new Set(rows.map((row) => row.modelVersion))].sort(),
    review,
  };
}
