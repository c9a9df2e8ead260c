// The thread that computes, beside the one that talks to the pool: chooses and proves the backend, holds the engines
// of all loaded models. A model is opened in steps between two batches, so that none waits long. Started by engine-thread.ts.

import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { LogsterError, reasonOf } from '../contracts/errors.ts';
import type { GraphBatch } from '../contracts/graph.ts';
import { openProven } from '../models/artifact.ts';
import type { Engine, Model } from '../models/engine.ts';
import { syntheticBatch, syntheticSizes } from '../models/synthetic.ts';
import { createExplainer, type Explainer } from '../models/wasm/explainer.ts';
import { chooseBackend } from './backend.ts';
import type { BatchNumbers, EngineAnswer, EngineAsk, TimedScores } from './engine-messages.ts';
import type { ScorerSettings } from './messages.ts';
import { readModel, readModelAside } from './read-model.ts';

interface Opened {
  readonly engine: Engine;
  readonly explainer: Explainer;
}

const settings = workerData as ScorerSettings;
const engines = new Map<number, Opened>();
/** Before the first batch nobody waits, and starting a thread takes longer than reading. */
let hasScored = false;

function send(answer: EngineAnswer, transfer: readonly ArrayBuffer[] = []): void {
  parentPort?.postMessage(answer, transfer);
}

/** An engine takes one call at a time, and so does this thread. */
let turn: Promise<unknown> = Promise.resolve();
function inTurn<T>(run: () => Promise<T> | T): Promise<T> {
  const result = turn.then(run);
  turn = result.catch(() => undefined); // whoever asked hears of it
  return result;
}

/** A step of opening a model: batches that have come meanwhile go first. */
async function between<T>(run: () => Promise<T> | T): Promise<T> {
  await new Promise<void>((resolve) => setImmediate(resolve));
  return inTurn(run);
}

async function open(ask: EngineAsk & { kind: 'open' }): Promise<void> {
  const read = hasScored
    ? await readModelAside(join(import.meta.dirname, 'model-reader-main.js'), ask)
    : readModel(ask);
  const model: Model = {
    ...{ manifest: read.manifest, parameters: read.parameters, trees: read.trees },
    ...(read.golden && { golden: { ...read.golden, batch: withoutTexts(read.golden.batch) } }),
  };
  let opening = true;
  const { engine, passedOver } = await chooseBackend(settings.backend, (engineOf) =>
    openProven(model, async () => {
      const made = await between(() => engineOf(model));
      // score() of an open engine has its turn already
      return { ...made, score: (batch) => (opening ? between(() => made.score(batch)) : made.score(batch)) };
    }),
  );
  await warmUp(model, engine);
  opening = false;
  const explainer = await between(() => createExplainer(model));
  engines.set(ask.engine, { engine, explainer });
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

/** Sizes of batches that engines with compilers of their own prepare for at the first batch of each. */
const WARM_UP_GRAPHS = [1, 16, 64];

/** The first batch of a size is slow on engines that compile or allocate for it; our kernels do neither. */
async function warmUp({ manifest: { platform } }: Model, engine: Engine): Promise<void> {
  if (engine.name === 'wasm' || engine.name === 'cpu') return;
  for (const graphs of WARM_UP_GRAPHS)
    await engine.score(syntheticBatch(platform, syntheticSizes(graphs, graphs), graphs));
}

function opened(place: number): Opened {
  const found = engines.get(place);
  if (!found) throw new LogsterError('closed', `Engine ${place} is not open; load its model again`);
  return found;
}

async function score(ask: EngineAsk & { kind: 'score' }): Promise<void> {
  const { engine } = opened(ask.engine);
  hasScored = true;
  const begun = performance.now();
  const scores = await engine.score(withoutTexts(ask.batch));
  const timed: TimedScores = { ...scores, computeMs: performance.now() - begun };
  send({ kind: 'scored', id: ask.id, scores: timed }, buffersOf(timed));
}

async function explain(ask: EngineAsk & { kind: 'explain' }): Promise<void> {
  const explanation = opened(ask.engine).explainer.explain(withoutTexts(ask.batch));
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

function end(): void {
  for (const { engine } of engines.values()) engine.close();
  parentPort?.close();
}

function close(ask: EngineAsk & { kind: 'close' }): void {
  engines.get(ask.engine)?.engine.close();
  engines.delete(ask.engine);
}

async function answer(ask: Exclude<EngineAsk, { kind: 'close' | 'end' }>): Promise<void> {
  try {
    if (ask.kind === 'open') await open(ask);
    else await inTurn(() => (ask.kind === 'score' ? score(ask) : explain(ask)));
  } catch (thrown) {
    const code = thrown instanceof LogsterError ? thrown.code : 'unavailable';
    send({ kind: 'refused', id: ask.id, code, reason: reasonOf(thrown) });
  }
}

parentPort?.on('message', (ask: EngineAsk) => {
  if (ask.kind === 'end') void inTurn(end);
  else if (ask.kind === 'close') void inTurn(() => close(ask));
  else void answer(ask);
});
send({ kind: 'up' });
