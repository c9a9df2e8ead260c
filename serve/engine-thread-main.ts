// The thread that computes, beside the one that talks to the pool: chooses and proves the backend, holds the engines
// of all loaded models. Started by engine-thread.ts.

import { parentPort, workerData } from 'node:worker_threads';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import type { GraphBatch } from '../contracts/graph.ts';
import { decodeModel, openProven } from '../models/artifact.ts';
import type { Engine, Model } from '../models/engine.ts';
import { createExplainer, type Explainer } from '../models/wasm/explainer.ts';
import { chooseBackend } from './backend.ts';
import type { BatchNumbers, EngineAnswer, EngineAsk, TimedScores } from './engine-messages.ts';
import type { ScorerSettings } from './messages.ts';

interface Opened {
  readonly engine: Engine;
  readonly model: Model;
  explainer?: Explainer; // made when first asked for
}

const settings = workerData as ScorerSettings;
const engines = new Map<number, Opened>();

function send(answer: EngineAnswer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, transfer);
}

async function open(ask: EngineAsk & { kind: 'open' }): Promise<void> {
  const files = Object.entries(ask.files).map(([name, bytes]) => [name, Buffer.from(bytes)]);
  const model = decodeModel(Object.fromEntries(files));
  const { engine, passedOver } = await chooseBackend(settings.backend, (engineOf) =>
    openProven(model, engineOf),
  );
  engines.set(ask.engine, { engine, model });
  const { name, featureSchema } = model.manifest;
  send({
    kind: 'opened',
    id: ask.id,
    name: engine.name,
    detail: engine.detail,
    model: { name, featureSchema },
    passedOver: passedOver.map((one) => `${one.name}: ${one.reason}`).join('; '),
  });
}

function opened(place: number): Opened {
  const found = engines.get(place);
  if (!found) throw new LogsterError('closed', `Engine ${place} is not open; load its model again`);
  return found;
}

async function score(ask: EngineAsk & { kind: 'score' }): Promise<void> {
  const { engine } = opened(ask.engine);
  const begun = performance.now();
  const scores = await engine.score(withoutTexts(ask.batch));
  const timed: TimedScores = { ...scores, computeMs: performance.now() - begun };
  send({ kind: 'scored', id: ask.id, scores: timed }, buffersOf(timed));
}

async function explain(ask: EngineAsk & { kind: 'explain' }): Promise<void> {
  const own = opened(ask.engine);
  own.explainer ??= createExplainer(own.model);
  const explanation = own.explainer.explain(withoutTexts(ask.batch));
  const buffers = Object.values(explanation).map((array: Float32Array) => array.buffer as ArrayBuffer);
  send({ kind: 'explained', id: ask.id, explanation }, buffers);
}

/** An engine that asks for a text fails here rather than in a result. */
function withoutTexts(numbers: BatchNumbers): GraphBatch {
  const none = (): never => {
    throw new LogsterError('input-invalid', 'An engine has the numbers of a batch, not its texts');
  };
  return { ...numbers, nodeLabel: none, edgeEvent: none };
}

function buffersOf({ computeMs: _, ...arrays }: TimedScores): ArrayBuffer[] {
  const buffers = Object.values(arrays).map((array: Float32Array) => array.buffer);
  return [...new Set(buffers)].filter((buffer) => buffer instanceof ArrayBuffer);
}

async function answer(ask: EngineAsk): Promise<void> {
  if (ask.kind === 'end') {
    for (const { engine } of engines.values()) engine.close();
    parentPort?.close();
    return;
  }
  if (ask.kind === 'close') {
    engines.get(ask.engine)?.engine.close();
    engines.delete(ask.engine);
    return;
  }
  try {
    if (ask.kind === 'open') await open(ask);
    else await (ask.kind === 'score' ? score(ask) : explain(ask));
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'unavailable';
    send({ kind: 'refused', id: ask.id, code, reason: reasonOf(thrown) });
  }
}

let turn: Promise<void> = Promise.resolve();
parentPort?.on('message', (ask: EngineAsk) => {
  turn = turn.then(() => answer(ask)); // an engine takes one call at a time
});
send({ kind: 'up' });
