import { giveVerdict } from '../../alerting/api/give-verdict.ts';
import type { FeedbackRequest } from '../../contracts/feedback.ts';
import { encodeBatch } from '../../featurize/batch.ts';
import type { Caller } from '../../ports/access/roles.ts';
import { systemClock } from '../../ports/telemetry/clock.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { graphKeeper } from '../../serve/keep-graphs.ts';
import type { NotebookPlatform } from './platform.ts';
import type { ScoredExample } from './score-windows.ts';

/** Keeps the graphs of scored windows as a running product does, so that a verdict on them can become an example. */
export async function keepWindows(
  { graphs, config }: NotebookPlatform,
  scored: readonly ScoredExample[],
): Promise<void> {
  const { keep_from: from, sample_share: sampleShare } = config.feedback;
  const keeper = graphKeeper({
    graphs,
    telemetry: recordedTelemetry(),
    clock: systemClock,
    settings: { from, sampleShare, retentionDays: config.retention.graphs_days },
  });
  const results = scored.map((one) => one.result);
  const [first] = scored;
  if (first) {
    const windows = scored.map((one) => one.graph);
    await keeper.keep(encodeBatch(first.graph.window.platform, windows), results);
  }
  keeper.close();
}

/** An analyst's verdict on a kept window, stored the way `POST /feedback` does; gives its id. Throws where that refuses. */
export async function judgeWindow(
  { alerts, graphs }: NotebookPlatform,
  inferenceId: string,
  verdict: Pick<FeedbackRequest, 'is_true_positive' | 'reason' | 'analyst'> & Partial<FeedbackRequest>,
): Promise<string> {
  const caller: Caller = { name: verdict.analyst, role: 'analyst', tenants: '*', authenticated: false };
  const standard = { notes: '', techniques: [], scope: 'window' as const, replace: false };
  const needs = { alerts, graphs, telemetry: recordedTelemetry(), clock: systemClock };
  const given = await giveVerdict(needs, caller, { ...standard, ...verdict, inference_id: inferenceId });
  return given.feedback_id;
}
