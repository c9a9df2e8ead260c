import { availableParallelism } from 'node:os';
import { LogsterError } from '../contracts/errors.ts';
import { nvidiaGpus } from '../models/native/gpus.ts';
import { readSetup } from '../models/native/setup-record.ts';
import { nativeHome } from '../models/native/tensorflow.ts';
import type { Config } from './config.ts';

/** How many scorer processes there are and over how many GPUs they are spread; 0 where none is used. */
export interface ScorerPlan {
  readonly scorers: number;
  readonly gpus: number;
}

/** What a plan is made for. */
export interface ScorerPlace {
  readonly cores: number;
  /** GPUs that native TensorFlow is set up for. */
  readonly gpus: number;
}

/** One scorer per GPU where GPUs score; else one per core, one of which is left to everything else. */
export function planScorers(
  { backend, scorers }: Pick<Config['model'], 'backend' | 'scorers'>,
  { cores, gpus }: ScorerPlace = scorerPlace(),
): ScorerPlan {
  const used = backend === 'gpu' || backend === 'auto' ? gpus : 0;
  if (scorers > 0) return { scorers, gpus: Math.min(used, scorers) };
  if (used > 0) return { scorers: used, gpus: used };
  if (backend === 'webgpu') return { scorers: 1, gpus: 0 }; // WebGPU opens the machine's preferred device
  return { scorers: Math.max(1, cores - 1), gpus: 0 };
}

/** What is here. A set-up that cannot be used counts as none: whoever opens the backend says why. */
export function scorerPlace(home: string = nativeHome()): ScorerPlace {
  const cuda = setupKind(home) === 'gpu';
  return { cores: availableParallelism(), gpus: cuda ? nvidiaGpus().length : 0 };
}

function setupKind(home: string): 'cpu' | 'gpu' | undefined {
  try {
    return readSetup(home).kind;
  } catch (thrown) {
    if (thrown instanceof LogsterError && thrown.code === 'unavailable') return undefined;
    throw thrown;
  }
}
