import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { runInThisContext } from 'node:vm';
import * as tf from '@tensorflow/tfjs-core';
import { reasonOf } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { Model } from '../engine.ts';
import { randomFrom } from '../random.ts';
import { type SyntheticGraph, syntheticModel } from '../synthetic.ts';
import { adapterName } from './find-adapter.ts';
import type { GpuBackend } from './gpu-program.ts';

/** Where browsers put the software driver that they bring. */
const SOFTWARE_DRIVERS = ['/usr/lib/chromium', '/usr/lib/chromium-browser', '/opt/google/chrome'].map(
  (folder) => join(folder, 'vk_swiftshader_icd.json'),
);
/** What Linux shows where there is a graphics card. */
const CARDS = ['/dev/dri', '/dev/nvidiactl', '/dev/dxg'];

/** Lets tests run in software. */
export const SOFTWARE = { software: true };

/** Graphs of every odd kind, small enough for a software driver. */
export const SMALL: readonly SyntheticGraph[] = [
  { nodesPerType: [6, 4, 1, 3, 2], edges: 24 },
  { nodesPerType: [1, 0, 0, 0, 0], edges: 0 }, // one node
  { nodesPerType: [2, 3, 1, 1, 1], edges: 0 }, // no edges at all
  { nodesPerType: [0, 0, 0, 0, 0], edges: 0 }, // nothing
  { nodesPerType: [3, 17, 2, 0, 5], edges: 60 },
];

/** Why tests have no adapter. Points the Vulkan loader at a software driver where there is no graphics card. */
export async function whyNoAdapter(): Promise<string | undefined> {
  const driver = SOFTWARE_DRIVERS.find((file) => existsSync(file));
  if (process.platform === 'linux' && driver && !CARDS.some((file) => existsSync(file))) {
    // Dawn reads the environment of the process itself, of which tests have a copy
    const { env } = runInThisContext('process') as NodeJS.Process;
    env['VK_DRIVER_FILES'] ??= driver;
  }
  try {
    await adapterName();
    return undefined;
  } catch (thrown) {
    return `${reasonOf(thrown)}. A software driver was looked for at ${SOFTWARE_DRIVERS.join(', ')}`;
  }
}

/** A model with parameters away from their first values, so that biases and edge kinds take part. */
export function stirred(platform: Platform): Model {
  const model = syntheticModel(platform, 3);
  const random = randomFrom(9);
  return { ...model, parameters: model.parameters.map((value) => value + (random.next() * 2 - 1) * 0.1) };
}

/** The backend while an engine is open. */
export function openBackend(): GpuBackend | null {
  return tf.findBackend('webgpu') as GpuBackend | null;
}
