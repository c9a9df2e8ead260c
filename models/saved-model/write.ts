import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { scoringParameters } from '../artifact.ts';
import type { Model } from '../engine.ts';
import { foldNetwork } from '../fold.ts';
import { scoringModel } from './network-graph.ts';

/** Writes a trained network as a SavedModel of TensorFlow's own operations, which any TensorFlow loads. */
export async function writeSavedModel(model: Model, folder: string): Promise<void> {
  const { platform } = model.manifest;
  const folded = foldNetwork(platform, scoringParameters(model));
  await mkdir(join(folder, 'variables'), { recursive: true }); // loaders expect the folder, weights are constants
  await writeFile(join(folder, 'saved_model.pb'), scoringModel(platform, 'portable', folded));
}
