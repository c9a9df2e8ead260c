import type { Platform } from '../contracts/event.ts';
import type { Trainer, TrainerOptions } from '../models/trainer.ts';
import { wasmTrainer } from '../models/wasm/trainer.ts';

/** What can train a network. */
export const TRAINING_BACKENDS = ['wasm', 'native', 'gpu'] as const;
export type TrainingBackend = (typeof TRAINING_BACKENDS)[number];

/**
 * Opens a trainer. `wasm` is everywhere and gives the same bytes on every machine; `native` and `gpu` are faster, give
 * the same bytes again on the same machine, and throw unavailable where `npm run setup:native` has not run.
 */
export async function openTrainer(
  backend: TrainingBackend,
  platform: Platform,
  options: TrainerOptions,
): Promise<Trainer> {
  if (backend === 'wasm') return wasmTrainer(platform, options);
  const { openNativeTrainer } = await import('../models/native/trainer.ts');
  return openNativeTrainer(platform, options, backend === 'gpu' ? 'gpu' : 'cpu');
}
