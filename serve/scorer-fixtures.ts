import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Platform } from '../contracts/event.ts';
import { goldenOf } from '../models/artifact.ts';
import type { Model } from '../models/engine.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../models/synthetic.ts';
import { wasmEngine } from '../models/wasm/engine.ts';

/** For tests: an untrained model with golden scores, so that a scorer takes it. */
export async function provenModel(platform: Platform, seed: number): Promise<Model> {
  const model = syntheticModel(platform, seed);
  const engine = wasmEngine(model);
  const golden = await goldenOf(engine, syntheticBatch(platform, syntheticSizes(2, seed), seed));
  engine.close();
  return { ...model, golden };
}

/** For tests: the compiled scorer, except that a certain graph kills the process, as a fault of a native library would. */
export function killedBy(scorerScript: string, contentHash: string): string {
  const compiled = pathToFileURL(join(scorerScript, '..', '..')).href;
  return `
    import { decodeBatch } from '${compiled}/contracts/graph-batch.js';
    process.on('message', ({ kind, bytes, from, to }) => {
      if (kind !== 'score') return;
      const graphs = decodeBatch(Buffer.from(bytes)).graphs.slice(from, to);
      if (graphs.some((graph) => graph.contentHash === '${contentHash}')) process.kill(process.pid, 'SIGKILL');
    });
    await import('${compiled}/serve/scorer.js');`;
}
