// One scorer process: holds the models, scores batches, answers over the process channel. Forked by pool.ts.

import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { checkFeatureSchema, decodeModel, passesGolden } from '../models/artifact.ts';
import type { Engine, Model } from '../models/engine.ts';
import { type Backend, chooseBackend } from './backend.ts';
import type { Answer, Ask, ModelPackage, ScorerSettings } from './messages.ts';
import { rememberedScores } from './remembered.ts';
import { scoreBatch } from './score-batch.ts';

/** Enough for ten thousand ordinary windows. */
const REMEMBERED_BYTES = 64 * 1024 * 1024;

interface Loaded {
  readonly model: Model;
  readonly engine: Engine;
  readonly backend: Backend;
  readonly name: string;
}

const settings: ScorerSettings = JSON.parse(process.argv[2] ?? '{}');
const remembered = rememberedScores(REMEMBERED_BYTES);
const loaded = new Map<string, Loaded>();

function load(pack: ModelPackage): Answer & { kind: 'loaded' } {
  const model = decodeModel(
    Object.fromEntries(Object.entries(pack.files).map(([name, bytes]) => [name, Buffer.from(bytes)])),
  );
  const backend = chooseBackend(settings.backend, (engineOf) => passesGolden(model, engineOf));
  const key = `${pack.platform}/${pack.version}`;
  loaded.get(key)?.engine.close();
  loaded.set(key, { model, engine: backend.engineOf(model), backend, name: pack.name });
  const passedOver = backend.passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return { kind: 'loaded', id: 0, backend: backend.name, passedOver };
}

function score(ask: Ask & { kind: 'score' }): Answer {
  const slot = loaded.get(`${ask.platform}/${ask.version}`);
  if (!slot)
    throw new LogsterError('not-found', `Model ${ask.platform}@${ask.version} is not loaded in this scorer`);
  const batch = decodeBatch(Buffer.from(ask.bytes.buffer, ask.bytes.byteOffset, ask.bytes.byteLength));
  checkFeatureSchema(slot.model.manifest, batch.featureSchema);
  const windows = scoreBatch(batch, ask, {
    engine: slot.engine,
    remembered,
    by: { modelName: slot.name, modelVersion: ask.version, backend: slot.backend.name },
    now: () => (performance.timeOrigin + performance.now()) / 1000,
  });
  return { kind: 'scored', id: ask.id, windows, memoryBytes: process.memoryUsage.rss() };
}

function answer(ask: Ask): Answer {
  switch (ask.kind) {
    case 'load':
      return { ...load(ask.model), id: ask.id };
    case 'unload': {
      const key = `${ask.platform}/${ask.version}`;
      loaded.get(key)?.engine.close();
      loaded.delete(key);
      return { kind: 'unloaded', id: ask.id };
    }
    case 'score':
      return score(ask);
  }
}

process.on('message', (ask: Ask) => {
  try {
    process.send?.(answer(ask));
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'unavailable';
    process.send?.({ kind: 'refused', id: ask.id, code, reason: reasonOf(thrown) } satisfies Answer);
  }
});
// Ctrl-C reaches the whole process group; the parent decides when a scorer ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', pid: process.pid } satisfies Answer);
