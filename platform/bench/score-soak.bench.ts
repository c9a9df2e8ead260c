import { join } from 'node:path';
import type { BenchResult } from '../../contracts/bench.ts';
import { LogsterError } from '../../contracts/errors.ts';
import type { Platform } from '../../contracts/event.ts';
import type { GraphBatch } from '../../contracts/graph.ts';
import { encodeGraphBatch } from '../../contracts/graph-batch.ts';
import { encodeModel, goldenOf } from '../../models/artifact.ts';
import type { Engine, EngineName } from '../../models/engine.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from '../../models/synthetic.ts';
import { wasmEngine } from '../../models/wasm/engine.ts';
import { recordedTelemetry } from '../../ports/telemetry/embedded.ts';
import { chooseBackend } from '../../serve/backend.ts';
import { BATCHES_AT_ONCE } from '../../serve/messages.ts';
import { scorerPool } from '../../serve/pool.ts';
import { openTrainer, TRAINING_BACKENDS } from '../../train/open-trainer.ts';
import { usageOf } from '../process-usage.ts';

const PLATFORM: Platform = 'linux';
const SEED = 7;
/** Enough that a leak of 100 bytes a batch shows. */
const BATCHES = 100_000;
/** Small batches, so that so many take minutes. */
const GRAPHS = 4;
const NODES = { nodesPerType: [8, 12, 2, 5, 3], edges: 45 };
/** Batches that are told apart by their content alone are sent again and again under new names. */
const KINDS = 50;
/** Remembered scores fill their memory in the first tenth; collected garbage has found its level by the third. */
const WARM_UP_TENTHS = 3;
const SAMPLE_EVERY = 100;
const ENGINE_BATCHES = 2000;
const STEPS = 1000;
const MIB = 2 ** 20;
/** What is measured is compared with itself. */
const EARLIER = 'after the warm-up';

/**
 * 100,000 batches through one scorer process, and thousands through an engine and a trainer in this one: whether the
 * memory of each stays where it is after a warm-up.
 */
export async function benchScoreSoak(root: string, backend: EngineName): Promise<readonly BenchResult[]> {
  if (process.platform !== 'linux')
    throw new LogsterError('unavailable', 'The soak benchmark reads /proc, which only Linux has');
  return [
    ...(await soakScorer(root, backend)),
    ...(await soakEngine(backend)),
    ...(await soakTrainer(TRAINING_BACKENDS.find((name) => name === backend) ?? 'wasm')),
  ];
}

async function soakScorer(root: string, backend: EngineName): Promise<readonly BenchResult[]> {
  const telemetry = recordedTelemetry();
  const script = join(root, 'dist', 'serve', 'scorer.js');
  const pool = await scorerPool({ scorers: 1, settings: { backend }, script, telemetry });
  try {
    const { model, files } = await provenModel();
    await pool.load({ platform: PLATFORM, name: model.manifest.name, version: '1', files });
    const kinds = Array.from({ length: KINDS }, (_, kind) => renamable(batchOf(kind)));
    const samples: number[] = [];
    const seconds: number[] = []; // that SAMPLE_EVERY batches took
    let next = 0;
    let since = performance.now();
    const lane = async (): Promise<void> => {
      for (let i = next++; i < BATCHES; i = next++) {
        const bytes = kinds[i % KINDS]?.(i) ?? new Uint8Array(0);
        await pool.score({ platform: PLATFORM, version: '1', bytes, from: 0, to: GRAPHS });
        if (i % SAMPLE_EVERY > 0) continue;
        samples.push(memoryOf(pool.processIds()) / MIB);
        seconds.push((performance.now() - since) / 1000);
        since = performance.now();
      }
    };
    await Promise.all(Array.from({ length: BATCHES_AT_ONCE }, lane));
    const perSecond = tenths(seconds).map((time) => SAMPLE_EVERY / time);
    const [first = Number.NaN, ...later] = tenths(samples).slice(WARM_UP_TENTHS);
    const farthest = later.reduce((most, one) =>
      Math.abs(one - first) > Math.abs(most - first) ? one : most,
    );
    const name = `${backend}: scorer process, ${BATCHES} batches of ${GRAPHS}`;
    return [
      beside(name, 'MiB', EARLIER, first, farthest),
      beside(name, 'batches/s', EARLIER, perSecond[WARM_UP_TENTHS] ?? 0, perSecond.at(-1) ?? 0),
    ];
  } finally {
    await pool.close();
  }
}

/** The engine alone: the memory of its kernels where they have one, the number of tensors where it is on tfjs. */
async function soakEngine(backend: EngineName): Promise<readonly BenchResult[]> {
  const model = syntheticModel(PLATFORM, SEED);
  const wasm = backend === 'wasm' ? wasmEngine(model) : null;
  const engine: Engine = wasm ?? (await chooseBackend(backend, async (open) => open(model))).engine;
  const tfjs = backend === 'cpu' || backend === 'webgpu' ? await import('@tensorflow/tfjs-core') : null;
  const held = () => wasm?.sizeBytes() ?? tfjs?.memory().numTensors ?? process.memoryUsage.rss();
  const batches = Array.from({ length: KINDS }, (_, kind) => batchOf(kind));
  for (const batch of batches) await engine.score(batch);
  const before = held();
  const rounds = backend === 'cpu' ? 1 : Math.ceil(ENGINE_BATCHES / KINDS);
  for (let round = 0; round < rounds; round++) for (const batch of batches) await engine.score(batch);
  const after = held();
  engine.close();
  const what = wasm ? 'memory of the kernels' : tfjs ? 'tensors' : 'memory of this process';
  const [unit, by] = tfjs ? ['tensors', 1] : ['MiB', MIB];
  const name = `${backend}: ${what}, ${rounds * KINDS} batches of ${GRAPHS}`;
  return [beside(name, unit, EARLIER, before / by, after / by)];
}

async function soakTrainer(backend: (typeof TRAINING_BACKENDS)[number]): Promise<readonly BenchResult[]> {
  const options = { seed: SEED, learningRate: 1e-3, weightDecay: 1e-2, clipNorm: 1 };
  const dropout = { node: 0.1, edge: 0.1, feature: 0.1 };
  const trainer = await openTrainer(backend, PLATFORM, { ...options, dropout });
  const labels = Float32Array.from({ length: GRAPHS }, (_, i) => i % 2);
  const weights = new Float32Array(GRAPHS).fill(1);
  const run = async (steps: number) => {
    for (let step = 0; step < steps; step++) await trainer.step(batchOf(step % KINDS), labels, weights);
    return trainer.sizeBytes() / MIB;
  };
  const before = await run(KINDS);
  const residentBefore = process.memoryUsage.rss() / MIB;
  const after = await run(STEPS);
  const name = `${backend}: trainer, ${STEPS} steps of ${GRAPHS}`;
  trainer.close();
  return [
    beside(`${name}, memory of the kernels`, 'MiB', EARLIER, before, after),
    beside(`${name}, resident`, 'MiB', EARLIER, residentBefore, process.memoryUsage.rss() / MIB),
  ];
}

/** A row for memory: below 1 it has grown. */
function beside(name: string, unit: string, peer: string, before: number, after: number): BenchResult {
  const ratio = unit.endsWith('/s') ? after / before : before / after;
  return { name, unit, ours: after, peer, peerValue: before, ratio };
}

async function provenModel() {
  const model = syntheticModel(PLATFORM, SEED);
  const engine = wasmEngine(model);
  const golden = await goldenOf(engine, syntheticBatch(PLATFORM, syntheticSizes(2, SEED), SEED));
  engine.close();
  return { model, files: encodeModel({ ...model, golden }) };
}

function batchOf(kind: number): GraphBatch {
  return syntheticBatch(PLATFORM, new Array(GRAPHS).fill(NODES), SEED + kind);
}

/** A batch's bytes under any number, so that no scorer can remember its scores. */
function renamable(batch: GraphBatch): (number: number) => Uint8Array {
  const placeholder = (graph: number) => `soak ${graph} ${'#'.repeat(8)}`;
  const graphs = batch.graphs.map((graph, g) => ({ ...graph, contentHash: placeholder(g) }));
  const bytes = encodeGraphBatch({ ...batch, graphs });
  const places = graphs.map((_, g) => bytes.indexOf(placeholder(g)) + 7);
  return (number) => {
    const copy = Buffer.from(bytes);
    for (const at of places) copy.write(String(number).padStart(8, '0'), at, 'latin1');
    return copy;
  };
}

function memoryOf(processIds: readonly number[]): number {
  return processIds.reduce((sum, pid) => sum + usageOf(pid).memoryBytes, 0);
}

/** The medians of ten stretches of equal length. */
function tenths(samples: readonly number[]): number[] {
  return Array.from({ length: 10 }, (_, tenth) => {
    const [from, to] = [tenth, tenth + 1].map((end) => Math.floor((samples.length * end) / 10));
    const own = samples.slice(from, to).sort((a, b) => a - b);
    return own[own.length >> 1] ?? Number.NaN;
  });
}
