import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Command } from 'commander';
import { LogsterError } from '../../../contracts/errors.ts';
import { readVerdicts } from '../../../datasets/feedback/gather.ts';
import { MANIFEST_FILE } from '../../../datasets/version/manifest.ts';
import { isThere } from '../../../datasets/version/write-once.ts';
import { recordedTelemetry } from '../../../ports/telemetry/embedded.ts';
import { type FeedbackLineage, feedbackLineage } from '../../../train/feedback-lineage.ts';
import type { Surroundings } from '../../cli.ts';
import { readConfig } from '../../config.ts';
import { openPorts } from '../../open-ports.ts';
import { table } from '../../table.ts';
import { placesOf } from './places.ts';

/** `logster datasets lineage`: from a verdict to its windows, the versions of the data and the models. */
export function addLineageCommand(datasets: Command, surroundings: Surroundings): void {
  datasets
    .command('lineage')
    .description(
      'follow a verdict to its windows, the versions that hold them, and the models that learnt from those',
    )
    .requiredOption('--feedback <id>', 'the feedback_id that POST /feedback answered')
    .option('--json', 'one JSON object instead of tables')
    .action(async ({ feedback, json }: { feedback: string; json?: boolean }) => {
      const lineage = await lineageIn(surroundings, feedback);
      process.stdout.write(json ? `${JSON.stringify(lineage)}\n` : `${told(lineage)}\n`);
    });
}

/** The lineage of a verdict of this installation. Throws not-found where nothing knows of it. */
export async function lineageIn(surroundings: Surroundings, feedbackId: string): Promise<FeedbackLineage> {
  const config = readConfig(surroundings.environment, surroundings.root);
  const ports = await openPorts(config, recordedTelemetry(), { only: ['alerts', 'graphs', 'registry'] });
  try {
    const verdicts = await readVerdicts(ports.alerts, 0);
    const lineage = await feedbackLineage(feedbackId, {
      verdict: verdicts.find((one) => one.feedback_id === feedbackId) ?? null,
      versionFolders: await foldersIn(placesOf(surroundings).versions),
      graphs: ports.graphs,
      registry: ports.registry,
    });
    if (lineage.verdict === null && lineage.versions.length === 0)
      throw new LogsterError(
        'not-found',
        `Neither a verdict nor a version here has the id ${feedbackId}; GET /feedback lists the verdicts`,
      );
    return lineage;
  } finally {
    await ports.close();
  }
}

async function foldersIn(versions: string): Promise<readonly string[]> {
  if (!(await isThere(versions))) return [];
  const folders = (await readdir(versions)).sort().map((name) => join(versions, name));
  const are = await Promise.all(folders.map((folder) => isThere(join(folder, MANIFEST_FILE))));
  return folders.filter((_, place) => are[place]);
}

function told({ feedbackId, verdict, windows, versions }: FeedbackLineage): string {
  const head = verdict === null ? `Verdict ${feedbackId} is kept no more` : verdictLine(verdict);
  const scores = windows.map((one) => [
    one.inferenceId,
    one.endpointId,
    new Date(one.start * 1000).toISOString().slice(0, 19).replace('T', ' '),
    one.scoredThen.toFixed(2),
    one.modelThen,
    one.scoresNow === null ? '' : one.scoresNow.toFixed(2),
    one.modelNow ?? 'no champion for this graph',
  ]);
  const held = versions.map(({ id, windows: rows, review, accepted, models }) => [
    id,
    rows.filter((row) => row.label === 'attack').length,
    rows.filter((row) => row.label === 'benign').length,
    Number(rows.reduce((sum, row) => sum + row.weight, 0).toFixed(3)),
    models.join(', '),
    review.length === 0 ? '' : `${accepted ? 'accepted: ' : ''}${review.join('; ')}`,
  ]);
  return [
    head,
    windows.length === 0
      ? 'No graph of its windows is kept.'
      : table(['window', 'endpoint', 'start', 'scored', 'by', 'scores', 'with'], scores),
    versions.length === 0
      ? 'No version holds it yet; `logster datasets build --with-feedback` makes one.'
      : table(['version', 'attack', 'benign', 'weight', 'models', 'review'], held),
  ].join('\n\n');
}

function verdictLine(verdict: NonNullable<FeedbackLineage['verdict']>): string {
  const { feedback_id, analyst, at, is_true_positive, reason, scope, process, endpoint_id } = verdict;
  const said = is_true_positive === null ? 'cannot tell' : is_true_positive ? 'attack' : 'benign';
  const reach = process === null ? scope : `${scope} ${process}`;
  return `Verdict ${feedback_id}: ${analyst} said ${said} (${reason}, scope ${reach}) of ${endpoint_id} at ${new Date(at * 1000).toISOString()}`;
}
