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

async function load(pack: ModelPackage): Promise<Answer & { kind: 'loaded' }> {
  const model = decodeModel(
    Object.fromEntries(Object.entries(pack.files).map(([name, bytes]) => [name, Buffer.from(bytes)])),
  );
  const backend = await chooseBackend(settings.backend, (engineOf) => passesGolden(model, engineOf));
  const key = `${pack.platform}/${pack.version}`;
  const engine = await backend.engineOf(model);
  loaded.get(key)?.engine.close();
  loaded.set(key, { model, engine, backend, name: pack.name });
  const passedOver = backend.passedOver.map(({ name, reason }) => `${name}: ${reason}`).join('; ');
  return { kind: 'loaded', id: 0, backend: backend.name, detail: engine.detail, passedOver };
}

async function score(ask: Ask & { kind: 'score' }): Promise<Answer> {
  const slot = loaded.get(`${ask.platform}/${ask.version}`);
  if (!slot)
    throw new LogsterError('not-found', `Model ${ask.platform}@${ask.version} is not loaded in this scorer`);
  const batch = decodeBatch(Buffer.from(ask.bytes.buffer, ask.bytes.byteOffset, ask.bytes.byteLength));
  checkFeatureSchema(slot.model.manifest, batch.featureSchema);
  const windows = await scoreBatch(batch, ask, {
    engine: slot.engine,
    remembered,
    by: { modelName: slot.name, modelVersion: ask.version, backend: slot.backend.name },
    now: () => (performance.timeOrigin + performance.now()) / 1000,
  });
  return { kind: 'scored', id: ask.id, windows, memoryBytes: process.memoryUsage.rss() };
}

async function answer(ask: Ask): Promise<Answer> {
  switch (ask.kind) {
    case 'load':
      return { ...(await load(ask.model)), id: ask.id };
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

async function answerOrRefuse(ask: Ask): Promise<void> {
  try {
    process.send?.(await answer(ask));
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'unavailable';
    process.send?.({ kind: 'refused', id: ask.id, code, reason: reasonOf(thrown) } satisfies Answer);
  }
}

let turn: Promise<void> = Promise.resolve();
process.on('message', (ask: Ask) => {
  turn = turn.then(() => answerOrRefuse(ask)); // an engine takes one call at a time
});
// Ctrl-C reaches the whole process group; the parent decides when a scorer ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', () => process.exit(0));
process.send?.({ kind: 'ready', pid: process.pid } satisfies Answer);
