import { z } from 'zod';
import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import { download, proxied, upload } from './mlflow-artifacts.ts';
import { eachOf } from './mlflow-calls.ts';
import { MlflowClient, type MlflowServer } from './mlflow-client.ts';
import { checkContent, endRun, logToRun, openExperiment, orFailRun, startRun } from './mlflow-runs.ts';
import {
  createVersion,
  findVersion,
  listVersions,
  MANIFEST_TAG,
  type MlflowVersion,
  mlflowAliases,
} from './mlflow-versions.ts';
import { describeFile, intactBytes, modelFileSchema, sha256Of } from './model-file.ts';
import { checkedName, knownAlias, missingFile, missingVersion, VERSION } from './names.ts';
import type { ModelVersion, Registry } from './registry.ts';

export interface MlflowRegistryOptions extends MlflowServer {
  /** Where the runs of registrations go. */
  readonly experiment?: string | undefined;
  /** Before the names of models and of the experiment, so that several may share a server. */
  readonly prefix?: string | undefined;
  /** Files sent at a time. */
  readonly uploadConcurrency?: number | undefined;
  readonly clock?: Pick<Clock, 'now'> | undefined;
}

const MANIFEST = 'manifest.json';
const MANIFESTS_AT_ONCE = 8;
/** Of about a kilobyte each; the champions of two platforms are read every few seconds. */
const REMEMBERED_MANIFESTS = 1000;

const manifestSchema = z.object({
  name: z.string(),
  files: z.array(modelFileSchema),
  tags: z.record(z.string(), z.string()),
  metrics: z.record(z.string(), z.number()),
});
type Manifest = z.infer<typeof manifestSchema>;

/**
 * Models in MLflow 3. Each version has a run with `manifest.json` and `files/…` as its artifacts; a tag of the
 * version holds the manifest's sha256, so nothing that was registered can change unnoticed. MLflow numbers a
 * version when its run is complete. Versions that others registered under the same name are left out.
 */
export function mlflowRegistry(options: MlflowRegistryOptions): Registry {
  const { prefix = '', experiment = 'logster', uploadConcurrency = 4 } = options;
  const { clock = systemClock, telemetry = unheard } = options;
  const client = new MlflowClient(options);
  const needs = { client, clock, log: telemetry.log };
  const read = manifestReader(client);
  if (prefix !== '') checkedName('prefix', prefix);
  const fullName = (name: string): string => prefix + checkedName('model', name);
  const opened = async (name: string, found: MlflowVersion): Promise<ModelVersion> => {
    const { files, tags, metrics } = await read(name, found);
    return { name, version: found.version, createdAt: found.createdAt, files, tags, metrics };
  };
  const existing = async (name: string, version: string): Promise<MlflowVersion> => {
    const full = fullName(name);
    const found = VERSION.test(version) ? await findVersion(client, full, version) : undefined;
    if (found) return found;
    const there = (await listVersions(client, full)).filter((one) => one.manifestSha256 !== undefined);
    throw missingVersion(
      name,
      version,
      there.map((one) => one.version),
    );
  };
  const aliases = mlflowAliases(client);

  return {
    async register(name, { files, tags, metrics }) {
      const full = fullName(name);
      for (const file of Object.keys(files)) checkedName('file', file);
      const at = clock.now();
      const measured = Object.entries(metrics).map(([key, value]) => ({ key, value, step: 0, at }));
      checkContent({ metrics: measured, tags });
      const experimentId = await openExperiment(client, prefix + experiment);
      const run = await startRun(client, experimentId, { name: full, at });
      const listed = Object.entries(files).map(([file, bytes]) => describeFile(file, bytes));
      const manifest: Manifest = { name, files: listed, tags: { ...tags }, metrics: { ...metrics } };
      const content = Buffer.from(JSON.stringify(manifest, null, 2));
      return orFailRun(needs, run, async () => {
        await logToRun(client, run.id, { metrics: measured, tags });
        await eachOf(Object.entries(files), uploadConcurrency, ([file, bytes]) =>
          upload(client, `${run.artifactPath}/files/${file}`, bytes),
        );
        await upload(client, `${run.artifactPath}/${MANIFEST}`, content);
        await endRun(needs, run, 'FINISHED');
        const versionTags = { ...tags, [MANIFEST_TAG]: sha256Of(content) };
        const { version, createdAt } = await createVersion(client, full, run, versionTags);
        return { ...manifest, version, createdAt };
      });
    },
    async versions(name) {
      const found = await listVersions(client, fullName(name));
      const ours = found.filter((one) => one.manifestSha256 !== undefined);
      const versions: ModelVersion[] = [];
      await eachOf(ours, MANIFESTS_AT_ONCE, async (one, place) => {
        versions[place] = await opened(name, one);
      });
      return versions;
    },
    async version(name, version) {
      return opened(name, await existing(name, version));
    },
    async file(name, version, file) {
      const found = await existing(name, version);
      const { files } = await read(name, found);
      const model = `${name}@${version}`;
      const listed = files.find((one) => one.name === file);
      if (!listed) {
        throw missingFile(
          model,
          file,
          files.map((one) => one.name),
        );
      }
      const path = `${proxied(client, `Model ${model}`, found.source)}/files/${file}`;
      const bytes = await download(client, path);
      if (bytes) return intactBytes(bytes, listed, model, path);
      throw damaged(model, `${path} is missing`);
    },
    async alias(name, alias) {
      const found = await aliases.get(fullName(name), knownAlias(alias));
      return found && opened(name, found);
    },
    async setAlias(name, alias, version) {
      knownAlias(alias);
      await opened(name, await existing(name, version)); // none may serve that cannot be read
      await aliases.set(fullName(name), alias, version);
    },
    async removeAlias(name, alias) {
      await aliases.remove(fullName(name), knownAlias(alias));
    },
    async close() {
      client.close();
    },
  };
}

/** Reads manifests, each from MLflow once: one is known by its sha256 and never changes. */
function manifestReader(client: MlflowClient): (name: string, found: MlflowVersion) => Promise<Manifest> {
  const remembered = new Map<string, Manifest>();
  return async (name, { version, source, manifestSha256 }) => {
    const model = `${name}@${version}`;
    if (manifestSha256 === undefined)
      throw damaged(model, 'it was registered by something else than Logster');
    const known = remembered.get(manifestSha256);
    if (known) return known;
    const path = `${proxied(client, `Model ${model}`, source)}/${MANIFEST}`;
    const bytes = await download(client, path);
    if (!bytes) throw damaged(model, `${path} is missing`);
    if (sha256Of(bytes) !== manifestSha256) throw damaged(model, `${path} has changed since`);
    const manifest = parsed(bytes, model, path);
    remembered.set(manifestSha256, manifest);
    const oldest = remembered.size > REMEMBERED_MANIFESTS ? remembered.keys().next().value : undefined;
    if (oldest !== undefined) remembered.delete(oldest);
    return manifest;
  };
}

function parsed(bytes: Buffer, model: string, path: string): Manifest {
  try {
    return manifestSchema.parse(JSON.parse(bytes.toString()));
  } catch (cause) {
    throw damaged(model, `${path} cannot be read: ${reasonOf(cause)}`);
  }
}

function damaged(model: string, problem: string): LogsterError {
  return new LogsterError(
    'model-invalid',
    `Model ${model} cannot be used: ${problem}; register the model again`,
  );
}
