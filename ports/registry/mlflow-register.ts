import { upload } from './mlflow-artifacts.ts';
import { eachOf } from './mlflow-calls.ts';
import { MANIFEST, type Manifest } from './mlflow-manifest.ts';
import {
  checkContent,
  endRun,
  logToRun,
  openExperiment,
  orFailRun,
  type RunNeeds,
  startRun,
} from './mlflow-runs.ts';
import { createVersion, MANIFEST_TAG } from './mlflow-versions.ts';
import { describeFile, sha256Of } from './model-file.ts';
import type { ModelVersion, Registry } from './registry.ts';

export interface RegistrationNeeds extends RunNeeds {
  readonly experiment: string;
  readonly uploadConcurrency: number;
}

export type Registration = Parameters<Registry['register']>[1] & {
  readonly name: string;
  /** The name in MLflow. */
  readonly fullName: string;
};

/**
 * Puts a model into a run of its own and, once everything of it is there, makes its version: who sees a version
 * can use it. What fails on the way leaves a FAILED run and no version.
 */
export async function registerModel(needs: RegistrationNeeds, model: Registration): Promise<ModelVersion> {
  const { name, fullName, files, tags, metrics } = model;
  const { client, clock, experiment, uploadConcurrency } = needs;
  const at = clock.now();
  const measured = Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, at }));
  checkContent({ metrics: measured, tags });
  const contents = Object.entries(files);
  const listed = contents.map(([file, bytes]) => describeFile(file, bytes));
  const manifest: Manifest = { name, files: listed, tags: { ...tags }, metrics: { ...metrics } };
  const manifestBytes = Buffer.from(JSON.stringify(manifest, null, 2));

  const run = await startRun(client, await openExperiment(client, experiment), { name: fullName, at });
  return orFailRun(needs, run, async () => {
    await logToRun(client, run.id, { metrics: measured, tags });
    await eachOf(contents, uploadConcurrency, ([file, bytes]) =>
      upload(client, `${run.artifactPath}/files/${file}`, bytes),
    );
    await upload(client, `${run.artifactPath}/${MANIFEST}`, manifestBytes);
    await endRun(needs, run, 'FINISHED');
    const versionTags = { ...tags, [MANIFEST_TAG]: sha256Of(manifestBytes) };
    const { version, createdAt } = await createVersion(client, fullName, run, versionTags);
    return { ...manifest, version, createdAt };
  });
}
