// One contestant of the benchmarks: a backend of ours in a process of its own. Started by contestants.ts.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { reasonOf } from '../../contracts/errors.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { selectGraphs } from '../../contracts/select-graphs.ts';
import { HIDDEN } from '../../models/architecture.ts';
import type { Engine, EngineName, Model } from '../../models/engine.ts';
import { decodeExchange, type Exchange } from '../../models/exchange.ts';
import { syntheticModel } from '../../models/synthetic.ts';
import { fastestBuild, openKernels } from '../../models/wasm/kernels.ts';
import { chooseBackend } from '../../serve/backend.ts';
import type { Answers, CaseOf, Greeting, Question, Timing } from './protocol.ts';
import { openStepping, type Stepping, TRAINING } from './trainers.ts';

interface Loaded {
  readonly exchange: Exchange;
  readonly engine: Engine;
}

const name = process.argv[2] ?? '';
const sets = new Map<string, readonly Loaded[]>();
const joined = new Map<string, readonly { readonly engine: Engine; readonly batch: GraphBatch }[]>();
let trainer: Stepping | undefined;
let trained = 0;

/** An engine of the named backend; throws where it cannot run. */
async function open(model: Model): Promise<Engine> {
  const { engine } = await chooseBackend(name as EngineName, async (engineOf) => engineOf(model));
  return engine;
}

async function load(set: string, files: readonly string[]): Promise<Answers['load']> {
  const loaded: Loaded[] = [];
  for (const file of files) {
    const exchange = decodeExchange(readFileSync(file));
    const { batch, parameters } = exchange;
    loaded.push({ exchange, engine: await open({ ...syntheticModel(batch.platform), parameters }) });
  }
  sets.set(set, loaded);
  return {};
}

/** The batches of a case; joined once, which is not part of the timed work. */
function batchesOf({ set, batch, graphs }: CaseOf) {
  const key = `${set} ${batch} ${graphs}`;
  const known = joined.get(key);
  if (known) return known;
  const batches = (sets.get(set) ?? []).flatMap(({ exchange, engine }) =>
    splitUp(exchange.batch, batch, graphs).map((part) => ({ engine, batch: part })),
  );
  joined.set(key, batches);
  return batches;
}

function splitUp(whole: GraphBatch, size: number, most = whole.graphs.length): readonly GraphBatch[] {
  const end = Math.min(most, whole.graphs.length);
  return Array.from({ length: Math.ceil(end / size) }, (_, part) => {
    const length = Math.min(size, end - part * size);
    return selectGraphs(
      whole,
      Array.from({ length }, (_, i) => part * size + i),
    );
  });
}

async function timed(work: () => Promise<void>): Promise<Timing> {
  const cpu = process.cpuUsage();
  const wall = performance.now();
  await work();
  const wallSeconds = (performance.now() - wall) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  return { cpuSeconds: (user + system) / 1e6, wallSeconds };
}

async function probabilities(of: CaseOf): Promise<Answers['probabilities']> {
  const all: number[] = [];
  for (const { engine, batch } of batchesOf(of)) all.push(...(await engine.score(batch)).rawProb);
  return { probabilities: all };
}

async function score(of: CaseOf, passes: number): Promise<Answers['score']> {
  const batches = batchesOf(of);
  const timing = await timed(async () => {
    for (let pass = 0; pass < passes; pass++) {
      for (const { engine, batch } of batches) await engine.score(batch);
    }
  });
  return { ...timing, graphs: passes * batches.reduce((sum, { batch }) => sum + batch.graphs.length, 0) };
}

/** Steps over the set's batches in turn, going on from the last question's steps. */
async function train(question: Question & { do: 'train' }): Promise<Answers['train']> {
  const [first] = sets.get(question.set) ?? [];
  const training = TRAINING.find((one) => one === name);
  if (!first || !training) throw new RangeError(`${name} has no trainer, or no set ${question.set}`);
  const { batch, parameters } = first.exchange;
  const { learningRate, weightDecay, clipNorm } = question;
  const options = { seed: 1, learningRate, weightDecay, clipNorm, initial: parameters };
  trainer ??= await openStepping(training, batch.platform, options);
  const stepping = trainer;
  const steps = splitUp(batch, question.batch).map((part) => ({
    part,
    labels: Float32Array.from(part.graphs, (_, graph) => graph % 2),
    weights: new Float32Array(part.graphs.length).fill(1),
  }));
  const losses: number[] = [];
  const timing = await timed(async () => {
    for (let step = 0; step < question.steps; step++) {
      const next = steps[trained++ % steps.length];
      if (next) losses.push((await stepping.step(next.part, next.labels, next.weights)).loss);
    }
  });
  return { ...timing, losses };
}

/** The fastest of a few products [size, size] x [size, HIDDEN] on our kernels, in operations per CPU-second. */
async function multiply(size: number, passes: number): Promise<Answers['multiply']> {
  const { kernels, arena } = openKernels(fastestBuild());
  const a = arena.put(new Float32Array(size * size).fill(1));
  const plain = arena.put(new Float32Array(size * HIDDEN).fill(1));
  const [w, out] = [arena.reserve(4 * size * HIDDEN), arena.reserve(4 * size * HIDDEN)];
  kernels.pack(plain, size, HIDDEN, w);
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < passes; pass++) {
    const { cpuSeconds } = await timed(async () => kernels.multiply(a, w, out, size, size, false));
    best = Math.min(best, cpuSeconds);
  }
  return { flopsPerCpuSecond: (2 * size ** 2 * HIDDEN) / best };
}

/** The fastest of a few copies, in bytes read and written per CPU-second. */
async function copy(bytes: number, passes: number): Promise<Answers['copy']> {
  const from = new Uint8Array(bytes).fill(1);
  const to = new Uint8Array(bytes).fill(2);
  let best = Number.POSITIVE_INFINITY;
  for (let pass = 0; pass < passes; pass++) {
    best = Math.min(best, (await timed(async () => to.set(from))).cpuSeconds);
  }
  return { bytesPerCpuSecond: (2 * bytes) / best };
}

async function answer(question: Question): Promise<object> {
  switch (question.do) {
    case 'load':
      return load(question.set, question.files);
    case 'probabilities':
      return probabilities(question);
    case 'score':
      return score(question, question.passes);
    case 'train':
      return train(question);
    case 'multiply':
      return multiply(question.size, question.passes);
    case 'copy':
      return copy(question.bytes, question.passes);
  }
}

async function greet(): Promise<Greeting> {
  try {
    const engine = await open(syntheticModel('linux'));
    engine.close();
    return { detail: engine.detail };
  } catch (thrown) {
    return { missing: reasonOf(thrown) };
  }
}
const write = (line: object) => process.stdout.write(`${JSON.stringify(line)}\n`);
write(await greet());
for await (const line of createInterface({ input: process.stdin }))
  write(await answer(JSON.parse(line) as Question));
