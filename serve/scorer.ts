// One scorer process: reads batches, has the engine thread score them, answers over the process channel. Forked by
// scorer-process.ts.

import { join } from 'node:path';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import { decodeBatch } from '../contracts/graph-batch.ts';
import { checkFeatureSchema } from '../models/artifact.ts';
import type { Engine } from '../models/engine.ts';
import { startEngineThread, type ThreadEngine } from './engine-thread.ts';
import {
  type Answer,
  type Ask,
  BATCHES_AT_ONCE,
  type ModelPackage,
  type ScorerSettings,
} from './messages.ts';
import { rememberedScores } from './remembered.ts';
import { scoreBatch } from './score-batch.ts';
import { sharedBytes } from './shared-bytes.ts';

/** Enough for ten thousand ordinary windows. */
const REMEMBERED_BYTES = 64 * 1024 * 1024;

interface Loaded {
  readonly engine: ThreadEngine;
  readonly name: string;
  /** Settles when no batch is being scored with it. */
  idle: Promise<void>;
}

const settings: ScorerSettings = JSON.parse(process.argv[2] ?? '{}');
if (settings.gpu !== undefined) process.env.CUDA_VISIBLE_DEVICES = String(settings.gpu); // CUDA reads it when it loads
const remembered = rememberedScores(REMEMBERED_BYTES);
const shared = sharedBytes(BATCHES_AT_ONCE);
const loaded = new Map<string, Loaded>();
/** Loading and unloading are done in the order in which they were asked for. */
let changing: Promise<unknown> = Promise.resolve();

// Ctrl-C reaches the whole process group; the parent decides when a scorer ends.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
process.on('disconnect', end);

const starting = startEngineThread(join(import.meta.dirname, 'engine-thread-main.js'), settings, (lost) => {
  throw lost; // ends the process, so that the pool replaces it
});
const thread = await starting;

async function load(id: number, pack: ModelPackage): Promise<Answer> {
  const engine = await thread.open(pack.files, pack.featureSchema);
  const key = `${pack.platform}/${pack.version}`;
  const before = loaded.get(key);
  loaded.set(key, { engine, name: pack.name, idle: Promise.resolve() });
  if (before) await retire(before);
  const { name, detail, passedOver } = engine;
  return { kind: 'loaded', id, backend: name, detail, passedOver };
}

async function unload({ id, platform, version }: Ask & { kind: 'unload' }): Promise<Answer> {
  const slot = loaded.get(`${platform}/${version}`);
  loaded.delete(`${platform}/${version}`);
  if (slot) await retire(slot);
  return { kind: 'unloaded', id };
}

async function retire({ idle, engine }: Loaded): Promise<void> {
  await idle;
  engine.close();
}

async function score(ask: Ask & { kind: 'score' }): Promise<Answer> {
  const slot = loaded.get(`${ask.platform}/${ask.version}`);
  if (!slot)
    throw new LogsterError('not-found', `Model ${ask.platform}@${ask.version} is not loaded in this scorer`);
  const scoring = scoreWith(slot, ask);
  slot.idle = Promise.allSettled([slot.idle, scoring]).then(() => undefined);
  return scoring;
}

async function scoreWith({ engine, name }: Loaded, ask: Ask & { kind: 'score' }): Promise<Answer> {
  const bytes = shared.lay(ask.bytes);
  try {
    const batch = decodeBatch(bytes);
    checkFeatureSchema(engine.model, batch.featureSchema);
    let engineMs = 0;
    const timed: Engine = {
      ...engine,
      async score(part) {
        const scores = await engine.score(part);
        engineMs += scores.computeMs;
        return scores;
      },
    };
    const windows = await scoreBatch(batch, ask, {
      engine: timed,
      engineMs: () => engineMs,
      remembered,
      explaining: { explain: (part) => engine.explain(part), featureNames: settings.featureNames ?? {} },
      by: { modelName: name, modelVersion: ask.version, backend: engine.name },
      now: () => (performance.timeOrigin + performance.now()) / 1000,
    });
    return { kind: 'scored', id: ask.id, windows, memoryBytes: process.memoryUsage.rss() };
  } finally {
    shared.free(bytes);
  }
}

function answer(ask: Ask): Promise<Answer> {
  if (ask.kind === 'score') return score(ask);
  const change = changing.then(() => (ask.kind === 'load' ? load(ask.id, ask.model) : unload(ask)));
  changing = change.catch(() => undefined); // its asker hears of it
  return change;
}

async function end(): Promise<void> {
  await (await starting).close(); // not while it computes
  process.exit(0);
}

/** Whoever is gone hears nothing, and this process ends: it may have missed `disconnect` while it started. */
function tell(told: Answer): void {
  process.send?.(told, undefined, undefined, (failed) => {
    if (failed) void end();
  });
}

// several may be under way: one is read or written here while another is computed
process.on('message', async (ask: Ask) => {
  try {
    tell(await answer(ask));
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'unavailable';
    tell({ kind: 'refused', id: ask.id, code, reason: reasonOf(thrown) });
  }
});
tell({ kind: 'ready', pid: process.pid });
