import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { cpuEngine } from '../models/cpu-engine.ts';
import type { Engine, EngineMaker, EngineName } from '../models/engine.ts';
import { wasmEngine } from '../models/wasm/engine.ts';

/** What can be asked for; `auto` takes the best there is. */
export type BackendSetting = 'auto' | EngineName;

/** The engine that scores, and why no better one does. */
export interface Backend {
  readonly engine: Engine;
  readonly passedOver: readonly { readonly name: EngineName; readonly reason: string }[];
}

/** From the fastest to the one that is always there. */
const PREFERENCE: readonly EngineName[] = ['gpu', 'webgpu', 'native', 'wasm', 'cpu'];

/** What `auto` leaves alone: WebGPU is proven on software drivers only, and real ones have bugs of their own. */
const ONLY_BY_NAME: Partial<Record<EngineName, string>> = {
  webgpu: 'not proven on graphics hardware yet, so it is used only when LOGSTER_BACKEND names it',
};

/** How each one opens. Those with libraries of their own are imported late, so that a bare machine never touches them. */
const MAKERS: Record<EngineName, EngineMaker> = {
  gpu: async (model) => (await import('../models/native/engine.ts')).gpuEngine(model),
  webgpu: async (model) => (await import('../models/webgpu/engine.ts')).webgpuEngine(model),
  native: async (model) => (await import('../models/native/engine.ts')).nativeEngine(model),
  wasm: wasmEngine,
  cpu: cpuEngine,
};

/**
 * Opens the best backend that `prove` opens (openProven() does, where an engine gives the model's golden scores), or
 * exactly the one that was asked for. Throws unavailable when that one cannot run here.
 */
export async function chooseBackend(
  setting: BackendSetting,
  prove: (engineOf: EngineMaker) => Promise<Engine>,
): Promise<Backend> {
  const passedOver: { name: EngineName; reason: string }[] = [];
  for (const name of setting === 'auto' ? PREFERENCE : [setting]) {
    const unproven = setting === 'auto' ? ONLY_BY_NAME[name] : undefined;
    const opened = unproven ?? (await prove(MAKERS[name]).catch(reasonOf));
    if (typeof opened !== 'string') return { engine: opened, passedOver };
    passedOver.push({ name, reason: opened });
  }
  const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new LogsterError(
    'unavailable',
    `No backend can score here (${reasons}). Set LOGSTER_BACKEND=auto to take the best there is`,
  );
}
