import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { HeteroGraph } from '../../contracts/graph.ts';
import { graphsOf } from '../../contracts/graphs-of.ts';
import { idOf } from '../../contracts/ids.ts';
import { readVersionManifest } from '../version/read.ts';
import type { FeedbackExample } from './example.ts';
import { decodeFeedbackGraphs } from './graphs-file.ts';
import { decodeFeedbackRows, type KeptFeedbackRow } from './rows-file.ts';
import { FEEDBACK_FILE, FEEDBACK_GRAPHS_FILE } from './section.ts';

/**
 * The feedback of a version's folder for one platform, ready to be learnt from; none where the version was built
 * without. Its weights count against windows of the corpus, which count 1 each. It checks no hash. Throws
 * input-invalid where rows and graphs do not belong together, not-found where a file is missing.
 */
export async function readFeedbackExamples(
  folder: string,
  platform: Platform,
): Promise<readonly FeedbackExample[]> {
  const { content } = await readVersionManifest(folder);
  if (content.feedback === undefined) return [];
  const rows = (await readFeedbackRows(folder)).filter((row) => row.platform === platform);
  const graphs = await readFeedbackGraphs(folder, platform);
  if (rows.length !== graphs.length) throw unlike(folder, `${rows.length} rows, ${graphs.length} graphs`);
  return rows.map(({ equalIds: _, ...row }, place) => {
    const graph = graphs[place];
    if (graph?.contentHash !== row.graph) throw unlike(folder, `row ${row.inferenceId} has another graph`);
    const window = { ...graph.window, tenantId: row.tenantId, endpointId: row.endpointId };
    const windowId = idOf('window', row.tenantId, row.endpointId, platform, String(row.end));
    return { ...row, content: { ...graph, window, windowId } };
  });
}

/** The rows of feedback in a version's folder; the version must have been built with feedback. */
export async function readFeedbackRows(folder: string): Promise<readonly KeptFeedbackRow[]> {
  const file = join(folder, FEEDBACK_FILE);
  return decodeFeedbackRows(await bytesOf(file), file);
}

/** The graphs of one platform's rows, in their order, as they lie in a version's folder: without names. */
export async function readFeedbackGraphs(
  folder: string,
  platform: Platform,
): Promise<readonly HeteroGraph[]> {
  const file = join(folder, FEEDBACK_GRAPHS_FILE);
  const batches = decodeFeedbackGraphs(await bytesOf(file), file);
  return batches.filter((batch) => batch.platform === platform).flatMap((batch) => graphsOf(batch));
}

const unlike = (folder: string, what: string): LogsterError =>
  new LogsterError(
    'input-invalid',
    `${folder}: rows and graphs of feedback differ (${what}); build the version again`,
  );

async function bytesOf(file: string): Promise<Buffer> {
  return readFile(file).catch((cause: unknown) => {
    throw new LogsterError('not-found', `Cannot read ${file}: ${reasonOf(cause)}; build the version again`, {
      cause,
    });
  });
}
