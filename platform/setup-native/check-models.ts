import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { PLATFORMS } from '../../contracts/event.ts';
import { decodeModel, openProven } from '../../models/artifact.ts';
import { type BackendSetting, chooseBackend } from '../../serve/backend.ts';

/** Scores the golden batch of each shipped model with one backend; throws unavailable where one cannot or differs. */
export async function checkModels(modelsDirectory: string, backend: BackendSetting): Promise<string[]> {
  const passed: string[] = [];
  for (const platform of PLATFORMS) {
    const directory = join(modelsDirectory, platform);
    if (!existsSync(join(directory, 'model.json'))) continue;
    const model = decodeModel(
      Object.fromEntries(readdirSync(directory).map((name) => [name, readFileSync(join(directory, name))])),
    );
    const { engine } = await chooseBackend(backend, (engineOf) => openProven(model, engineOf));
    engine.close();
    passed.push(`${model.manifest.name} scores its golden batch`);
  }
  return passed;
}
