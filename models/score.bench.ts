import type { BenchResult } from '../contracts/bench.ts';
import { cpuEngine } from './cpu-engine.ts';
import type { Engine } from './engine.ts';
import { syntheticBatch, syntheticModel, syntheticSizes } from './synthetic.ts';
import { wasmEngine } from './wasm/engine.ts';
import { wasmTrainer } from './wasm/trainer.ts';

const PLATFORM = 'linux';
const SEED = 7;
/** Enough graphs that sizes average out, few enough that a round takes a tenth of a second. */
const GRAPHS = 128;
/** The peer needs about a second for this many; its speed does not depend on the batch. */
const PEER_GRAPHS = 4;
/** The best of a few rounds: what else the machine does only ever slows a round down. */
const ROUNDS = 5;

/** Graphs per CPU-second of the WebAssembly engine at several batch sizes, the tfjs reference as its peer. */
export async function benchScore(): Promise<BenchResult[]> {
  const model = syntheticModel(PLATFORM, SEED);
  const wasm = wasmEngine(model);
  const cpu = cpuEngine(model);
  const peerValue = await graphsPerCpuSecond(cpu, PEER_GRAPHS, PEER_GRAPHS, 1);
  const results: BenchResult[] = [];
  for (const size of [1, 16, 64]) {
    const ours = await graphsPerCpuSecond(wasm, GRAPHS, size, ROUNDS);
    results.push({
      name: `wasm, batch ${size}`,
      unit: 'graphs/CPU-second',
      ours,
      peer: 'tfjs cpu, same network',
      peerValue,
      ratio: ours / peerValue,
    });
  }
  wasm.close();
  cpu.close();
  return results;
}

/** CPU milliseconds of a training step (forward, backward, AdamW) of 64 graphs, without a peer. */
export async function trainingStepMs(): Promise<number> {
  const trainer = wasmTrainer(PLATFORM, { seed: SEED, learningRate: 1e-3, weightDecay: 1e-2, clipNorm: 1 });
  const batch = syntheticBatch(PLATFORM, syntheticSizes(64, SEED), SEED);
  const labels = Float32Array.from(batch.graphs, (_, i) => i % 2);
  const weights = new Float32Array(labels.length).fill(1);
  const step = async () => trainer.step(batch, labels, weights);
  return (await fewestCpuSeconds(ROUNDS, step)) * 1000;
}

async function graphsPerCpuSecond(
  engine: Engine,
  graphs: number,
  batchSize: number,
  rounds: number,
): Promise<number> {
  const sizes = syntheticSizes(graphs, SEED);
  const batches = Array.from({ length: Math.ceil(graphs / batchSize) }, (_, i) =>
    syntheticBatch(PLATFORM, sizes.slice(i * batchSize, (i + 1) * batchSize), SEED + i),
  );
  for (const batch of batches.slice(0, 2)) await engine.score(batch); // compiled code before the clock starts
  const round = async () => {
    for (const batch of batches) await engine.score(batch);
  };
  return graphs / (await fewestCpuSeconds(rounds, round));
}

async function fewestCpuSeconds(rounds: number, work: () => Promise<unknown>): Promise<number> {
  let fewest = Number.POSITIVE_INFINITY;
  for (let round = 0; round < rounds; round++) {
    const before = process.cpuUsage();
    await work();
    const { user, system } = process.cpuUsage(before);
    fewest = Math.min(fewest, (user + system) / 1e6);
  }
  return fewest;
}
