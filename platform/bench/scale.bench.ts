import type { BenchResult } from '../../contracts/bench.ts';
import type { ClosedWindow } from '../../featurize/window.ts';
import { calibrate, livePath } from '../scale/live-path.ts';
import { percentile } from '../scale/moments.ts';
import { productMessages } from '../scale/product-sizes.ts';
import { desktopStream, type RecordedStream, recordedStreams } from '../scale/recorded-streams.ts';
import { mean, pathOf, scenariosOf } from '../scale/scenarios.ts';
import { networkSeconds } from '../scale/service-cost.ts';
import { type ServedFigures, type ServingPath, simulate, type WindowSize } from '../scale/simulate.ts';
import { PIPELINE, type Sizes, windowSeconds } from '../scale/sizing.ts';
import { documentBytes, sizeOf, windowSizes } from '../scale/stream-sizes.ts';
import { sayOnStderr } from './arena.ts';
import {
  byPrediction,
  messageTable,
  print,
  printPartitionLimits,
  printSizing,
  scenarioTable,
  windowTable,
} from './scale-tables.ts';

/** Windows of the desktops that play the fleet; each is scored once, since the scorer remembers equal ones. */
const DESKTOPS = 40;
const TICKS = 20;
const USUAL = { eventsPerSecond: PIPELINE.eventsPerSecond, intervalSeconds: PIPELINE.intervalSeconds };
/** A desktop's next event after its tick comes within this. */
const CLOSING_SECONDS = 1 / PIPELINE.eventsPerSecond;
/** The whole pipeline as docs/performance.md has it: windows a second, and its delays. */
const MEASURED_PIPELINE = { endpoints: 1200, p50: 0.64, p95: 1.2 };
const PUBLISH_SECONDS = 0.1; // the benchmark's fleet sends so often

/**
 * Sizes of everything that moves, measured with the product's own code; a simulation of the serving path from 1,000 to
 * 1,000,000 endpoints beside the closed form of the same queue; and what the simulation says of a path that was measured.
 */
export async function benchScale(root: string): Promise<readonly BenchResult[]> {
  sayOnStderr('windows of desktops and recordings …');
  const desktops = await desktopStream(DESKTOPS, TICKS);
  const streams = [desktops, ...(await recordedStreams(root))];
  sayOnStderr('results and alerts of the product …');
  const messages = await productMessages(root);
  const kinds = streams.map((stream) => ({ stream, ...windowSizes(stream.windows) }));
  print('Messages', messageTable(streams, messages));
  print('Windows and checkpoints', windowTable(kinds));
  const sizes = sizesFrom(desktops, kinds[0]?.sizes ?? [], messages);
  printSizing(sizes);
  printPartitionLimits();

  sayOnStderr('simulating …');
  const all = kinds.flatMap((kind) => kind.sizes);
  const rows: BenchResult[] = [];
  const scenarios = scenariosOf(all, sizes).map(({ name, path }) => ({
    name,
    path,
    figures: simulate(path),
  }));
  print('Simulated', scenarioTable(scenarios));
  for (const { name, figures } of scenarios) rows.push(...rowsOf(name, figures));
  rows.push(...pipelineRows(simulate(pipelinePath(kinds[0]?.sizes ?? [], sizes))));

  sayOnStderr('the real path with one scorer …');
  rows.push(...(await validate(root, desktops.windows, kinds[0]?.sizes ?? [], sizes)));
  return rows;
}

function sizesFrom(
  desktops: RecordedStream,
  windows: readonly WindowSize[],
  { results, alerts }: Awaited<ReturnType<typeof productMessages>>,
): Sizes {
  const { heldBytes, headBytes, writtenPerSecond } = desktops.checkpoints;
  const [ordinary] = byPrediction(results);
  return {
    raw: sizeOf(desktops.raw).bytes,
    event: sizeOf(desktops.events).bytes,
    result: sizeOf(ordinary).bytes,
    alert: sizeOf(alerts).bytes,
    eventDocument: documentBytes('logster-events', desktops.events.slice(0, 5000), 'event_id'),
    resultDocument: documentBytes('logster-inferences', ordinary, 'inference_id'),
    batchPerWindow: mean(windows.map(({ bytes }) => bytes)),
    ...{ checkpointHeld: heldBytes, checkpointHead: headBytes, checkpointPerSecond: writtenPerSecond },
    lz4: LZ4_OF_RECORDINGS,
  };
}

/** The least of the recorded streams: made-up desktops repeat themselves more than people do. */
const LZ4_OF_RECORDINGS = 6.8;

/** Seconds below which nobody waits and a ratio says nothing. */
const NO_WAIT = 1e-4;

function rowsOf(name: string, { p95, queue, formulaWait }: ServedFigures): BenchResult[] {
  const wait = queue.wait.mean;
  return [
    {
      name: `${name}: tick to result p95`,
      unit: 's',
      ours: p95,
      peer: 'target',
      peerValue: 2,
      ratio: 2 / p95,
    },
    {
      ...{ name: `${name}: mean wait in the queue`, unit: 's', ours: wait, peer: 'Allen-Cunneen' },
      ...{ peerValue: formulaWait, ratio: formulaWait / wait },
    },
  ].filter((row) => Number.isFinite(row.peerValue) && row.ours > NO_WAIT);
}

/** The embedded pipeline at 1,200 endpoints: its main process does everything but scoring and indexing. */
function pipelinePath(sizes: readonly WindowSize[], bytes: Sizes): ServingPath {
  const { endpoints } = MEASURED_PIPELINE;
  const path = pathOf(endpoints, sizes, bytes);
  const eventShare = endpoints * PIPELINE.eventsPerSecond * PIPELINE.mainSecondsPerEvent;
  return {
    ...{ ...path, featurizers: 1, partitions: 1 },
    closing: (random) => random() * CLOSING_SECONDS + random() * PUBLISH_SECONDS,
    buildSeconds: windowSeconds() / (1 - eventShare), // the same thread takes the events in meanwhile
    station: { ...path.station, scorers: 1 },
  };
}

function pipelineRows({ p50, p95 }: ServedFigures): BenchResult[] {
  const row = (name: string, ours: number, peerValue: number): BenchResult => ({
    ...{ name: `pipeline, 1,200 endpoints: predicted ${name}`, unit: 's', ours, peer: 'docs/performance.md' },
    ...{ peerValue, ratio: peerValue / ours },
  });
  return [row('p50', p50, MEASURED_PIPELINE.p50), row('p95', p95, MEASURED_PIPELINE.p95)];
}

const VALIDATED = [
  { perSecond: 10, windows: 100 },
  { perSecond: 20, windows: 200 },
] as const;

/** Measures the real path, tells the simulation the costs of single batches alone, and compares the delays. */
async function validate(
  root: string,
  windows: readonly ClosedWindow[],
  sizes: readonly WindowSize[],
  bytes: Sizes,
): Promise<BenchResult[]> {
  let next = 0;
  const take = (count: number) => {
    next += count;
    return windows.slice(next - count, next);
  };
  const path = await livePath(root);
  const rows: BenchResult[] = [];
  try {
    const costs = await calibrate(path, take);
    sayOnStderr(
      `a window is built in ${(costs.buildSeconds * 1e3).toFixed(2)} ms and scored in ${(costs.scoreSeconds * 1e3).toFixed(2)} ms, a batch takes ${(costs.batchSeconds * 1e3).toFixed(1)} ms more`,
    );
    const network = mean(sizes.map(({ nodes }) => networkSeconds(nodes)));
    for (const { perSecond, windows: count } of VALIDATED) {
      const measured = Float64Array.from(await path.play(take(count), perSecond, CLOSING_SECONDS)).sort();
      const predicted = simulate({
        ...pathOf(perSecond * USUAL.intervalSeconds, sizes, bytes),
        ...{ featurizers: 1, partitions: 1, buildSeconds: costs.buildSeconds, storeSeconds: 0 },
        closing: (random) => random() * CLOSING_SECONDS,
        scoreSeconds: ({ nodes }) => costs.scoreSeconds * (networkSeconds(nodes) / network),
        scoreBatchSeconds: costs.batchSeconds,
        station: { ...pathOf(1000, sizes, bytes).station, scorers: 1 },
      });
      for (const share of ['p50', 'p95'] as const) {
        const ours = predicted[share];
        const peerValue = percentile(measured, share === 'p50' ? 0.5 : 0.95);
        rows.push({
          ...{ name: `real path, ${perSecond} windows/s: predicted ${share}`, unit: 's', ours },
          ...{ peer: `measured, ${measured.length} windows`, peerValue, ratio: peerValue / ours },
        });
      }
    }
    return rows;
  } finally {
    await path.close();
  }
}
