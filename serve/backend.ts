import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { cpuEngine } from '../models/cpu-engine.ts';
import type { Engine, Model } from '../models/engine.ts';
import { wasmEngine } from '../models/wasm/engine.ts';

export const BACKENDS = ['auto', 'gpu', 'native', 'wasm', 'cpu'] as const;
export type BackendSetting = (typeof BACKENDS)[number];
export type BackendName = Exclude<BackendSetting, 'auto'>;

/** Which engine scores, and why no better one does. */
export interface Backend {
  readonly name: BackendName;
  readonly engineOf: (model: Model) => Engine;
  readonly passedOver: readonly { readonly name: BackendName; readonly reason: string }[];
}

/** From the fastest to the one that is always there. */
const PREFERENCE: readonly BackendName[] = ['gpu', 'native', 'wasm', 'cpu'];

const MAKERS: Record<BackendName, { make: (model: Model) => Engine } | { missing: string }> = {
  gpu: { missing: 'this version has no GPU backend yet; use auto, wasm or cpu' },
  native: { missing: 'this version has no native TensorFlow backend yet; use auto, wasm or cpu' },
  wasm: { make: wasmEngine },
  cpu: { make: cpuEngine },
};

/**
 * Takes the best backend that loads and passes `selfTest`, or exactly the one that was asked for.
 * Throws unavailable when that one cannot run here.
 */
export function chooseBackend(
  setting: BackendSetting,
  selfTest: (engineOf: Backend['engineOf']) => void,
): Backend {
  const passedOver: { name: BackendName; reason: string }[] = [];
  for (const name of setting === 'auto' ? PREFERENCE : [setting]) {
    const maker = MAKERS[name];
    const reason = 'missing' in maker ? maker.missing : whyNot(() => selfTest(maker.make));
    if (reason === undefined && 'make' in maker) return { name, engineOf: maker.make, passedOver };
    passedOver.push({ name, reason: reason ?? '' });
  }
  const reasons = passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  throw new LogsterError(
    'unavailable',
    `No backend can score here (${reasons}). Set LOGSTER_BACKEND=auto to take the best there is`,
  );
}

function whyNot(attempt: () => void): string | undefined {
  try {
    attempt();
    return undefined;
  } catch (thrown) {
    return reasonOf(thrown);
  }
}
