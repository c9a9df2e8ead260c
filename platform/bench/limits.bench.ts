import { join } from 'node:path';
import type { BenchResult } from '../../contracts/bench.ts';
import { bytesTouched, flopsOf, type GraphSize } from '../../models/flops.ts';
import { nodesOf } from '../../models/prepare.ts';
import { table } from '../table.ts';
import { type Arena, openArena, type Say, sayOnStderr } from './arena.ts';
import type { Contestant } from './contestants.ts';
import { curveOverBatches, curveOverNodes, curveOverWorkers, type Point } from './curves.ts';
import { writeFigure } from './figure.ts';
import { type GraphSet, syntheticSet } from './graph-sets.ts';

const SIZES = [512, 768, 1024];
const MULTIPLY_PASSES = 8;
/** Far beyond the last cache. */
const COPY_BYTES = 256 * 1024 * 1024;
const BATCH = 64;
const GIGA = 1e9;

/** What this machine's one core can do at most. */
interface Machine {
  readonly flops: number; // of the best matrix multiplication, per CPU-second
  readonly whose: string;
  readonly bytes: number; // copied from memory to memory, read and written, per CPU-second
}

/**
 * How near every backend comes to what one core can do: its share of the best matrix multiplication measured in the
 * same run, where it stands under the roofline, and what a graph costs by batch size, graph size and workers.
 */
export async function benchLimits(root: string): Promise<readonly BenchResult[]> {
  const say = sayOnStderr;
  const arena = await openArena(root, ['geometric', 'fused-compiled'], say);
  try {
    const machine = await measureMachine(arena, say);
    const batches = await curveOverBatches(arena, say);
    const nodes = await curveOverNodes(arena, say);
    const workers = await curveOverWorkers(root, arena, say);
    print('CPU µs per graph by batch size', batches, 'graphs in a batch');
    print('CPU µs per graph by its nodes, one graph at a time', nodes, 'nodes');
    print('Graphs per second on the clock by workers', workers, 'workers');
    printRoofline(machine, batches);
    say(await writeFigure(join(root, '.logster', 'bench'), { batches, nodes, workers }));
    return sharesOfPeak(machine, batches);
  } finally {
    await arena.close();
  }
}

async function measureMachine({ ours, peers }: Arena, say: Say): Promise<Machine> {
  const multiplying = [...ours.filter(({ name }) => name === 'wasm'), ...peers.filter(({ peer }) => peer)];
  let best = { flops: 0, whose: '' };
  for (const one of multiplying) {
    for (const size of SIZES) {
      const { flopsPerCpuSecond } = await one.ask({ do: 'multiply', size, passes: MULTIPLY_PASSES });
      say(`${one.name} multiplies ${size} x ${size} at ${giga(flopsPerCpuSecond)} GFLOP/s`);
      if (flopsPerCpuSecond > best.flops) best = { flops: flopsPerCpuSecond, whose: one.name };
    }
  }
  const copying = ours.find(({ name }) => name === 'wasm') as Contestant;
  const { bytesPerCpuSecond } = await copying.ask({ do: 'copy', bytes: COPY_BYTES, passes: MULTIPLY_PASSES });
  return { ...best, bytes: bytesPerCpuSecond };
}

function sizeOf({ exchanges }: GraphSet): GraphSize {
  const graphs = exchanges.flatMap(({ batch }) => batch.graphs);
  return {
    graphs: graphs.length,
    nodes: graphs.reduce((sum, graph) => sum + nodesOf(graph), 0),
    messages: graphs.reduce((sum, graph) => sum + 2 * graph.edges, 0),
  };
}

/** Per contestant the operations per CPU-second that its cost per graph at `BATCH` amounts to. */
function speeds(batches: readonly Point[]): readonly { readonly name: string; readonly flops: number }[] {
  const size = sizeOf(syntheticSet(256));
  const perGraph = flopsOf(size).total / size.graphs;
  return batches
    .filter(({ at }) => at === BATCH)
    .map(({ contestant, value }) => ({ name: contestant, flops: (perGraph / value) * 1e6 }));
}

function sharesOfPeak(machine: Machine, batches: readonly Point[]): readonly BenchResult[] {
  return speeds(batches).map(({ name, flops }) => ({
    name: `${name}, synthetic, batch ${BATCH}`,
    unit: 'GFLOP/CPU-second',
    ours: flops / GIGA,
    peer: `matrix multiplication (${machine.whose})`,
    peerValue: machine.flops / GIGA,
    ratio: flops / machine.flops,
  }));
}

/**
 * Where each stands under the roofline: operations per byte, what one core could do at that intensity if every byte
 * came from memory, and the bytes it gets through. More than memory gives means that caches hold them.
 */
function printRoofline(machine: Machine, batches: readonly Point[]): void {
  const set = syntheticSet(256);
  const size = sizeOf(set);
  const parameters = set.exchanges[0]?.parameters.length ?? 0;
  const { total, dense } = flopsOf(size);
  const bytes = bytesTouched(size, parameters, size.graphs / BATCH);
  const intensity = total / bytes;
  const roof = Math.min(machine.flops, intensity * machine.bytes);
  const write = (line: string) => process.stdout.write(`${line}\n`);
  write(
    `A graph takes ${(total / size.graphs / 1e6).toFixed(2)} MFLOP, ${((100 * dense) / total).toFixed(0)} % of it in products, ` +
      `and touches ${(bytes / size.graphs / 1024).toFixed(0)} KiB: ${intensity.toFixed(1)} operations per byte.`,
  );
  write(
    `One core multiplies matrices at ${giga(machine.flops)} GFLOP/s (${machine.whose}) and copies ${giga(machine.bytes)} GB/s, ` +
      `so from ${(machine.flops / machine.bytes).toFixed(1)} operations per byte on arithmetic is the limit: here ${giga(roof)} GFLOP/s.`,
  );
  const rows = speeds(batches).map(({ name, flops }) => [
    name,
    giga(flops),
    `${((100 * flops) / roof).toFixed(0)} %`,
    giga(flops / intensity),
  ]);
  write(`${table(['roofline, batch 64', 'GFLOP/s', 'of the roof', 'GB/s touched'], rows)}\n`);
}

function print(title: string, points: readonly Point[], x: string): void {
  const names = [...new Set(points.map(({ contestant }) => contestant))];
  const rows = [...new Set(points.map(({ at }) => at))].map((at) => [
    at,
    ...names.map((name) => {
      const value = points.find((point) => point.at === at && point.contestant === name)?.value;
      return Number((value ?? Number.NaN).toPrecision(4));
    }),
  ]);
  process.stdout.write(`${title}\n${table([x, ...names], rows)}\n\n`);
}

function giga(perSecond: number): number {
  return Number((perSecond / GIGA).toPrecision(3));
}
