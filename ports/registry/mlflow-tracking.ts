import { systemClock } from '../telemetry/clock.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import { upload } from './mlflow-artifacts.ts';
import { eachOf } from './mlflow-calls.ts';
import { MlflowClient, type MlflowServer } from './mlflow-client.ts';
import { checkContent, endRun, logToRun, openExperiment, orFailRun, startRun } from './mlflow-runs.ts';
import { checkedName } from './names.ts';
import type { Tracking } from './tracking.ts';

export interface MlflowTrackingOptions extends MlflowServer {
  /** Before the names of experiments. */
  readonly prefix?: string | undefined;
  /** Files sent at a time. */
  readonly uploadConcurrency?: number | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

/** Trainings as runs in MLflow 3: FINISHED once everything is there, FAILED with the reason when something is not. */
export function mlflowTracking(options: MlflowTrackingOptions): Tracking {
  const { prefix = '', uploadConcurrency = 4, clock = systemClock, telemetry = unheard } = options;
  const client = new MlflowClient(options);
  const needs = { client, clock, log: telemetry.log };
  return {
    async logRun({ experiment, name, files, ...content }) {
      checkContent(content);
      for (const file of Object.keys(files)) checkedName('file', file);
      const experimentId = await openExperiment(client, prefix + experiment);
      // a training is logged when it is over: its first value tells when it began
      const at = content.metrics.reduce((first, one) => Math.min(first, one.at), clock.now());
      const run = await startRun(client, experimentId, { name, at });
      return orFailRun(needs, run, async () => {
        await logToRun(client, run.id, content);
        await eachOf(Object.entries(files), uploadConcurrency, ([file, bytes]) =>
          upload(client, `${run.artifactPath}/${file}`, bytes),
        );
        await endRun(needs, run, 'FINISHED');
        return run.id;
      });
    },
    async close() {
      client.close();
    },
  };
}
