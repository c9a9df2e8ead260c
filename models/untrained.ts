import type { Platform } from '../contracts/event.ts';
import { architectureHash } from './architecture.ts';
import { goldenOf } from './artifact.ts';
import type { Model } from './engine.ts';
import { initialParameters } from './parameters.ts';
import { scalingAt } from './scaling.ts';
import { syntheticBatch, syntheticSizes } from './synthetic.ts';
import { wasmEngine } from './wasm/engine.ts';

/** A whole model with random weights, for tests and benchmarks: it scores at full cost and knows nothing. */
export function untrainedModel(platform: Platform, featureSchema: string, seed = 1): Model {
  const model: Model = {
    manifest: {
      format: 1,
      name: `logster-${platform}-gat`,
      platform,
      architecture: architectureHash(platform),
      featureSchema,
      data: 'none',
      createdAt: new Date(0).toISOString(),
      seed,
      scaling: scalingAt(0.5),
      thresholds: [],
      metrics: {},
      files: {},
    },
    parameters: initialParameters(platform, seed),
  };
  const engine = wasmEngine(model);
  const batch = { ...syntheticBatch(platform, syntheticSizes(4, seed), seed), featureSchema };
  const golden = goldenOf(engine, batch);
  engine.close();
  return { ...model, golden };
}
