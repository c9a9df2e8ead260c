import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import { inFreshProcess } from './fresh-process.ts';
import { holdPlace } from './hold-place.ts';
import { packagesStep } from './packages.ts';
import { dropRecord, writeRecord } from './record.ts';
import type { SetupNeeds } from './setup-native.ts';
import { runSteps } from './steps.ts';

const adapterSchema = z.object({
  /** Its maker and model as the driver names them; null where the driver offers none. */
  adapter: z.string().nullable(),
  /** Whether it computes on the processor, and so proves nothing of graphics hardware. */
  software: z.boolean(),
  checks: z.array(z.string()),
});
export type WebgpuTest = z.infer<typeof adapterSchema>;

/** What a finished set-up of WebGPU says of itself, the last file that it writes. */
const recordSchema = adapterSchema.extend({
  format: z.literal(1),
  webgpu: z.string(),
  tfjs: z.string(),
  createdAt: z.string(),
});
export type WebgpuRecord = z.infer<typeof recordSchema>;

/** Below .native: packages and record of WebGPU, apart from TensorFlow's. */
export const WEBGPU_FOLDER = 'webgpu';

/** Installs Dawn for Node and tfjs on WebGPU, asks for an adapter in a fresh process and says which one answered. */
export async function setUpWebgpu(needs: SetupNeeds): Promise<WebgpuTest> {
  const { root, environment, progress, signal } = needs;
  const home = join(needs.home, WEBGPU_FOLDER);
  const tools = { environment, signal };
  const recipe = join(root, 'platform/setup-native/webgpu');
  const packages = packagesStep({
    recipe,
    title: 'installing webgpu 0.6.2 and tfjs on it',
    into: '',
    sizes: { downloadBytes: 60e6, keptBytes: 210e6 },
    unneeded: isUnneeded,
    tools,
  });
  const leave = holdPlace(home);
  try {
    await runSteps(home, [packages], { progress, changing: () => dropRecord(home) });
    progress.say('asking for an adapter …');
    const tested = adapterSchema.parse(await inFreshProcess(root, 'webgpu-test-main.js', [home], tools));
    const { dependencies } = JSON.parse(readFileSync(join(recipe, 'package.json'), 'utf8')) as {
      dependencies: Record<string, string>;
    };
    const record: WebgpuRecord = {
      format: 1,
      webgpu: dependencies['webgpu'] ?? '',
      tfjs: dependencies['@tensorflow/tfjs-core'] ?? '',
      ...tested,
      createdAt: new Date().toISOString(),
    };
    writeRecord(home, record);
    return tested;
  } finally {
    leave();
  }
}

/** What was set up for WebGPU below `home`; undefined where nothing was. */
export function readWebgpuRecord(home: string): WebgpuRecord | undefined {
  const file = join(home, WEBGPU_FOLDER, 'setup.json');
  return existsSync(file) ? recordSchema.parse(JSON.parse(readFileSync(file, 'utf8'))) : undefined;
}

/** Source maps, and Dawn for other systems. */
function isUnneeded(path: string): boolean {
  const system = /^webgpu\/dist\/([^/]+)\//.exec(path)?.[1];
  const here = process.platform === 'darwin' ? 'darwin-universal' : `${process.platform}-${process.arch}`;
  return path.endsWith('.map') || (system !== undefined && system !== here);
}
