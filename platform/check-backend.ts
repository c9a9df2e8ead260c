import type { Platform } from '../contracts/event.ts';
import { decodeModel, openProven } from '../models/artifact.ts';
import type { Engine } from '../models/engine.ts';
import type { Registry } from '../ports/registry/registry.ts';
import { type Backend, type BackendSetting, chooseBackend } from '../serve/backend.ts';
import { modelNameOf } from '../serve/champions.ts';

/** Loads a registered model in this process and answers which engine would score it here, and on what. */
export async function checkBackend(
  registry: Registry,
  platform: Platform,
  version: string,
  setting: BackendSetting,
): Promise<Pick<Engine, 'name' | 'detail'> & Pick<Backend, 'passedOver'>> {
  const name = modelNameOf(platform);
  const files: Record<string, Buffer> = {};
  for (const file of (await registry.version(name, version)).files) {
    files[file.name] = await registry.file(name, version, file.name);
  }
  const model = decodeModel(files);
  const { engine, passedOver } = await chooseBackend(setting, (engineOf) => openProven(model, engineOf));
  engine.close();
  return { name: engine.name, detail: engine.detail, passedOver };
}
