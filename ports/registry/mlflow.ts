import { systemClock } from '../telemetry/clock.ts';
import type { Clock } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import { encodeEntry } from './history.ts';
import { download, proxied, upload } from './mlflow-artifacts.ts';
import { eachOf } from './mlflow-calls.ts';
import { MlflowClient, type MlflowServer } from './mlflow-client.ts';
import { mlflowHistory } from './mlflow-history.ts';
import { damaged, manifestReader } from './mlflow-manifest.ts';
import { registerModel } from './mlflow-register.ts';
import { findVersion, listVersions, type MlflowVersion, mlflowAliases } from './mlflow-versions.ts';
import { intactBytes } from './model-file.ts';
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

const MANIFESTS_AT_ONCE = 8;

/**
 * Models in MLflow 3. Each version has a run with `manifest.json` and `files/…` as its artifacts; a tag of the
 * version holds the manifest's sha256, so nothing that was registered can change unnoticed. MLflow numbers a
 * version when its run is complete. Versions that others registered under the same name are left out.
 */
export function mlflowRegistry(options: MlflowRegistryOptions): Registry {
  const { prefix = '', experiment = 'logster', uploadConcurrency = 4 } = options;
  const { clock = systemClock, telemetry = unheard } = options;
  if (prefix !== '') checkedName('prefix', prefix);
  const client = new MlflowClient(options);
  const needs = { client, clock, log: telemetry.log, experiment: prefix + experiment, uploadConcurrency };
  const fullName = (name: string): string => prefix + checkedName('model', name);
  const aliases = mlflowAliases(client);
  const history = mlflowHistory(client);
  const reportPath = async (name: string, version: string, file: string): Promise<string> => {
    const { source } = await existing(name, version);
    return `${proxied(client, `Model ${name}@${version}`, source)}/reports/${checkedName('report', file)}`;
  };
  const { existing, described, fileOf } = versionReader(client, fullName);

  return {
    async register(name, model) {
      const full = fullName(name);
      for (const file of Object.keys(model.files)) checkedName('file', file);
      return registerModel(needs, { name, fullName: full, ...model });
    },
    async versions(name) {
      const ours = await ourVersions(client, fullName(name));
      const versions: ModelVersion[] = [];
      await eachOf(ours, MANIFESTS_AT_ONCE, async (one, place) => {
        versions[place] = await described(name, one);
      });
      return versions;
    },
    async version(name, version) {
      return described(name, await existing(name, version));
    },
    async file(name, version, file) {
      return fileOf(name, await existing(name, version), file);
    },
    async alias(name, alias) {
      const found = await aliases.get(fullName(name), knownAlias(alias));
      return found && described(name, found);
    },
    async setAlias(name, alias, version) {
      knownAlias(alias);
      await described(name, await existing(name, version)); // none may serve that cannot be read
      await aliases.set(fullName(name), alias, version);
    },
    async removeAlias(name, alias) {
      await aliases.remove(fullName(name), knownAlias(alias));
    },
    async attach(name, version, file, bytes) {
      await upload(client, await reportPath(name, version, file), bytes);
    },
    async attached(name, version, file) {
      return download(client, await reportPath(name, version, file), 0);
    },
    async record(name, entry) {
      const line = encodeEntry(entry);
      await existing(name, entry.version);
      await history.add(fullName(name), entry.at, line);
    },
    async history(name) {
      return history.of(fullName(name));
    },
    async close() {
      client.close();
    },
  };
}

/** What can be read of the versions that Logster registered. */
function versionReader(client: MlflowClient, fullName: (name: string) => string) {
  const read = manifestReader(client);
  return {
    async existing(name: string, version: string): Promise<MlflowVersion> {
      const full = fullName(name);
      const found = VERSION.test(version) ? await findVersion(client, full, version) : undefined;
      if (found) return found;
      throw missingVersion(name, version, await ourVersions(client, full));
    },
    async described(name: string, found: MlflowVersion): Promise<ModelVersion> {
      const { files, tags, metrics } = await read(name, found);
      return { name, version: found.version, createdAt: found.createdAt, files, tags, metrics };
    },
    async fileOf(name: string, found: MlflowVersion, file: string): Promise<Buffer> {
      const model = `${name}@${found.version}`;
      const { files } = await read(name, found);
      const listed = files.find((one) => one.name === file);
      if (!listed) throw missingFile(model, file, files);
      const path = `${proxied(client, `Model ${model}`, found.source)}/files/${file}`;
      const bytes = await download(client, path, listed.sizeBytes);
      if (bytes) return intactBytes(bytes, listed, model, path);
      throw damaged(model, `${path} is missing`);
    },
  };
}

async function ourVersions(client: MlflowClient, fullName: string): Promise<readonly MlflowVersion[]> {
  return (await listVersions(client, fullName)).filter((one) => one.manifestSha256 !== undefined);
}
