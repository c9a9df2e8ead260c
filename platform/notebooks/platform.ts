import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import { type Capture, readManifests } from '../../datasets/manifest.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { modelNameOf } from '../../serve/champions.ts';
import { type LoadedModel, loadVersion } from '../../train/load-model.ts';
import { type Config, readConfig } from '../config.ts';
import { openPorts, type Ports } from '../open-ports.ts';
import { projectRoot } from '../root.ts';
import { registerShippedModels } from '../shipped-models.ts';

/** The embedded platform of a notebook: the product's own stores in a folder, with the shipped models registered. */
export interface NotebookPlatform extends Ports {
  readonly root: string; // the project's folder
  readonly directory: string; // where the stores keep their files
  readonly config: Config; // the defaults
  /** The version that serves: the shipped one until another is promoted. */
  champion(platform: Platform): Promise<LoadedModel>;
}

export interface PlatformOptions {
  /** Folder of the stores, such as `.logster` of a running product; without one a new one, deleted by `close()`. */
  readonly data?: string | undefined;
}

/** Opens the embedded stores. They never leave this machine, whatever the settings of the product say. */
export async function openPlatform({ data }: PlatformOptions = {}): Promise<NotebookPlatform> {
  const root = projectRoot();
  const directory = data ?? (await mkdtemp(join(tmpdir(), 'logster-notebook-data-')));
  const config = readConfig({ LOGSTER_DATA: directory }, root);
  const telemetry = recordedTelemetry();
  const ports = await openPorts(config, telemetry);
  await registerShippedModels(ports.registry, join(root, 'models'), telemetry.log);
  return {
    ...ports,
    root,
    directory,
    config,
    champion: (platform) => loadVersion(ports.registry, modelNameOf(platform)),
    async close() {
      await ports.close();
      if (data === undefined) await rm(directory, { recursive: true, force: true });
    },
  };
}

/** Every capture that comes with the product: recordings of single scenarios, and sessions of a quarter of an hour. */
export async function shippedCaptures(): Promise<readonly Capture[]> {
  const root = projectRoot();
  const files = ['recordings', 'sessions'].map((folder) => join(root, 'datasets', folder, 'MANIFEST.json'));
  return (await readManifests(files)).captures;
}

/** One of them by its id. Throws not-found where none is called so. */
export async function shippedCapture(id: string): Promise<Capture> {
  const found = (await shippedCaptures()).find((capture) => capture.id === id);
  if (found) return found;
  throw new LogsterError('not-found', `No capture is called ${id}; shippedCaptures() lists them`);
}
