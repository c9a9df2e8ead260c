import type { BenchResult } from '../../contracts/bench.ts';
import type { ClosedWindow } from '../../featurize/window.ts';
import type { Received } from '../../ports/bus/bus.ts';
import { calibrate, livePath } from '../scale/live-path.ts';
import { percentile } from '../scale/moments.ts';
import { productMessages } from '../scale/product-sizes.ts';
import { desktopStream, type RecordedStream, recordedStreams } from '../scale/recorded-streams.ts';
import { mean, pathOf, scenariosOf } from '../scale/scenarios.ts';
import { networkSeconds } from '../scale/service-cost.ts';
import { type ServedFigures, type ServingPath, simulate, type WindowSize } from '../scale/simulate.ts';
import {
  coresPerEndpoint,
  monthlyCost,
  PIPELINE,
  partitionLimits,
  type Sizes,
  sizingOf,
  windowSeconds,
} from '../scale/sizing.ts';
import { documentBytes, sizeOf, windowSizes } from '../scale/stream-sizes.ts';
import { table } from '../table.ts';
import { sayOnStderr } from './arena.ts';

/** Windows of the desktops that play the fleet; each is scored once, since the scorer remembers equal ones. */
const DESKTOPS = 40;
const TICKS = 20;
const FLEETS = [1000, 10_000, 100_000, 1_000_000];
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

/** Benign ones, then attacks, which say what carried their score. */
function byPrediction(results: readonly Received[]): readonly [readonly Received[], readonly Received[]] {
  const isAttack = ({ value }: Received) =>
    (JSON.parse(value.toString()) as { prediction: string }).prediction === 'attack';
  return [results.filter((one) => !isAttack(one)), results.filter(isAttack)];
}

/** The least of the recorded streams: made-up desktops repeat themselves more than people do. */
const LZ4_OF_RECORDINGS = 6.8;

type Kind = ReturnType<typeof windowSizes> & { readonly stream: RecordedStream };

function messageTable(
  streams: readonly RecordedStream[],
  { results, alerts }: Awaited<ReturnType<typeof productMessages>>,
): string {
  const row = (what: string, of: Parameters<typeof sizeOf>[0], document?: number) => {
    const { count, bytes, lz4Ratio } = sizeOf(of);
    return [
      what,
      count,
      Math.round(bytes),
      lz4Ratio.toFixed(1),
      document === undefined ? '' : Math.round(document),
    ];
  };
  const lines = streams.flatMap(({ name, raw, events }) => [
    row(`${name} raw`, raw),
    row(`${name} event`, events, documentBytes('logster-events', events.slice(0, 5000), 'event_id')),
  ]);
  return table(
    ['message', 'count', 'bytes', 'lz4', 'bytes as document'],
    [
      ...lines,
      ...byPrediction(results).map((some, attack) =>
        row(
          attack === 1 ? 'result, attack' : 'result, benign',
          some,
          documentBytes('logster-inferences', some, 'inference_id'),
        ),
      ),
      row('change of an alert', alerts),
    ].map((line) => line.map(String)),
  );
}

function windowTable(kinds: readonly Kind[]): string {
  const of = (values: readonly number[]) => {
    const sorted = values.toSorted((a, b) => a - b);
    return [0.05, 0.5, 0.95, 1].map((share) => percentile(sorted, share)).join(' / ');
  };
  return table(
    [
      'sensor',
      'windows',
      'nodes p5 / p50 / p95 / max',
      'edges',
      'batch B/window',
      'lz4',
      'checkpoint B/endpoint',
      'head',
      'written B/s',
      'lz4',
    ],
    kinds.map(({ stream: { name, checkpoints }, sizes, lz4Ratio }) => [
      ...[
        name,
        String(sizes.length),
        of(sizes.map(({ nodes }) => nodes)),
        of(sizes.map(({ edges }) => edges)),
      ],
      ...[Math.round(mean(sizes.map(({ bytes }) => bytes))), lz4Ratio.toFixed(1)].map(String),
      ...[checkpoints.heldBytes, checkpoints.headBytes, checkpoints.writtenPerSecond].map((bytes) =>
        String(Math.round(bytes)),
      ),
      checkpoints.lz4Ratio.toFixed(1),
    ]),
  );
}

function printSizing(sizes: Sizes): void {
  const variants = [
    ...FLEETS.map((endpoints) => ({ name: endpoints.toLocaleString('en'), fleet: { ...USUAL, endpoints } })),
    {
      name: '100,000, events x3',
      fleet: { ...USUAL, endpoints: 100_000, eventsPerSecond: 3 * USUAL.eventsPerSecond },
    },
    { name: '100,000, every 15 s', fleet: { ...USUAL, endpoints: 100_000, intervalSeconds: 15 } },
  ].map(({ name, fleet }) => ({ name, fleet, sizing: sizingOf(fleet, sizes) }));
  const short = (value: number) =>
    value >= 100 ? Math.round(value).toLocaleString('en') : value.toPrecision(3);
  const line = (what: string, of: (one: (typeof variants)[number]) => number) => [
    what,
    ...variants.map((one) => short(of(one))),
  ];
  const head = ['endpoints', ...variants.map(({ name }) => name)];
  print(
    'Sizing',
    table(head, [
      line('events/s', ({ sizing }) => sizing.events),
      line('windows/s', ({ sizing }) => sizing.windows),
      line('raw MB/s', ({ sizing }) => sizing.rawBytes / 1e6),
      line('events MB/s', ({ sizing }) => sizing.eventBytes / 1e6),
      line('results MB/s', ({ sizing }) => sizing.resultBytes / 1e6),
      line('alerts kB/s', ({ sizing }) => sizing.alertBytes / 1e3),
      line('Kafka in, compressed MB/s', ({ sizing }) => sizing.kafkaIn / 1e6),
      line('Kafka disk TB', ({ sizing }) => sizing.kafkaDisk / 1e12),
      line('brokers', ({ sizing }) => sizing.brokers),
      line(
        'cores busy',
        ({ fleet }) =>
          fleet.endpoints * Object.values(coresPerEndpoint(fleet)).reduce((sum, one) => sum + one, 0),
      ),
      line('ingest', ({ sizing }) => sizing.replicas.ingest),
      line('featurize', ({ sizing }) => sizing.replicas.featurize),
      line('scorers', ({ sizing }) => sizing.replicas.scorers),
      line('alerting', ({ sizing }) => sizing.replicas.alerting),
      line('index', ({ sizing }) => sizing.replicas.index),
      line('Redis checkpoints GB', ({ sizing }) => sizing.redis.heldBytes / 1e9),
      line('Redis checkpoints MB/s', ({ sizing }) => sizing.redis.checkpointBytes / 1e6),
      line('Redis batches in and out MB/s', ({ sizing }) => (2 * sizing.redis.batchBytes) / 1e6),
      line('one head of 12 MB', ({ sizing }) => sizing.redis.headBytes / 1e6),
      line(
        'documents/day, million',
        ({ sizing }) => (sizing.perDay.eventDocuments + sizing.perDay.resultDocuments) / 1e6,
      ),
      line('documents JSON/day TB', ({ sizing }) => sizing.perDay.json / 1e12),
      line('event shards/day', ({ sizing }) => sizing.shardsPerDay),
      line('Elasticsearch disk TB', ({ sizing }) => sizing.elasticDisk / 1e12),
      line('Elasticsearch nodes', ({ sizing }) => sizing.elasticNodes),
      line('alert transactions/s', ({ sizing }) => sizing.postgres.transactions),
      ...(['stages', 'kafka', 'redis', 'elasticsearch', 'total'] as const).map((part) =>
        line(`$ per endpoint-month, ${part}`, ({ sizing }) => monthlyCost(sizing)[part] / sizing.endpoints),
      ),
    ]),
  );
  const limits = Object.entries(partitionLimits(USUAL)).map(([stage, endpoints]) => [
    stage,
    short(endpoints),
  ]);
  print('Endpoints at which the present partitions are used up', table(['stage', 'endpoints'], limits));
}

function scenarioTable(
  scenarios: readonly {
    readonly name: string;
    readonly path: ServingPath;
    readonly figures: ServedFigures;
  }[],
): string {
  const ms = (seconds: number) => (seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0);
  return table(
    [
      'scenario',
      'featurizers',
      'busiest',
      'scorers',
      'used',
      'windows',
      'p50 ms',
      'p95 ms',
      'p99 ms',
      'batches/s',
      'graphs',
      'wait ms',
      'formula ms',
      'most waiting',
      'most MB',
      'blocked s',
      'returned',
      'unfinished',
    ],
    scenarios.map(({ name, path, figures }) => [
      ...[name, path.featurizers, figures.featurizerUtilisation.toFixed(2), path.station.scorers].map(String),
      ...[
        figures.utilisation.toFixed(2),
        String(figures.windows),
        ms(figures.p50),
        ms(figures.p95),
        ms(figures.p99),
      ],
      ...[
        figures.batchesPerSecond.toFixed(1),
        figures.graphsPerBatch.toFixed(1),
        ms(figures.queue.wait.mean),
        ms(figures.formulaWait),
      ],
      ...[
        figures.queue.mostWaiting,
        Math.round(figures.queue.mostBytes / 1e6),
        Math.round(figures.blockedSeconds),
      ].map(String),
      ...[figures.queue.returned, figures.unfinished].map(String),
    ]),
  );
}

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

function print(title: string, text: string): void {
  process.stdout.write(`\n${title}\n\n${text}\n`);
}
