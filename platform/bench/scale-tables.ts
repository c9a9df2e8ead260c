import type { Received } from '../../ports/bus/bus.ts';
import { percentile } from '../scale/moments.ts';
import type { ProductMessages } from '../scale/product-sizes.ts';
import type { RecordedStream } from '../scale/recorded-streams.ts';
import { mean } from '../scale/scenarios.ts';
import type { ServedFigures, ServingPath } from '../scale/simulate.ts';
import {
  coresPerEndpoint,
  monthlyCost,
  PIPELINE,
  partitionLimits,
  type Sizes,
  sizingOf,
} from '../scale/sizing.ts';
import { documentBytes, sizeOf, type windowSizes } from '../scale/stream-sizes.ts';
import { table } from '../table.ts';

const FLEETS = [1000, 10_000, 100_000, 1_000_000];
const USUAL = { eventsPerSecond: PIPELINE.eventsPerSecond, intervalSeconds: PIPELINE.intervalSeconds };

/** Benign ones, then attacks, which say what carried their score. */
export function byPrediction(
  results: readonly Received[],
): readonly [readonly Received[], readonly Received[]] {
  const isAttack = ({ value }: Received) =>
    (JSON.parse(value.toString()) as { prediction: string }).prediction === 'attack';
  return [results.filter((one) => !isAttack(one)), results.filter(isAttack)];
}

/** Windows of a sensor with what they cost. */
export type Kind = ReturnType<typeof windowSizes> & { readonly stream: RecordedStream };

/** Sizes of messages and of the documents made of them. */
export function messageTable(
  streams: readonly RecordedStream[],
  { results, alerts }: ProductMessages,
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

/** Sizes of windows and of checkpoints. */
export function windowTable(kinds: readonly Kind[]): string {
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

const short = (value: number): string =>
  value >= 100 || Number.isInteger(value) ? Math.round(value).toLocaleString('en') : value.toPrecision(3);

/** What fleets ask for. */
export function printSizing(sizes: Sizes): void {
  const variants = [
    ...FLEETS.map((endpoints) => ({ name: endpoints.toLocaleString('en'), fleet: { ...USUAL, endpoints } })),
    {
      name: '100,000, events x3',
      fleet: { ...USUAL, endpoints: 100_000, eventsPerSecond: 3 * USUAL.eventsPerSecond },
    },
    { name: '100,000, every 15 s', fleet: { ...USUAL, endpoints: 100_000, intervalSeconds: 15 } },
  ].map(({ name, fleet }) => ({ name, fleet, sizing: sizingOf(fleet, sizes) }));
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
}

/** Where the present partitions end. */
export function printPartitionLimits(): void {
  const limits = Object.entries(partitionLimits(USUAL)).map(([stage, endpoints]) => [
    stage,
    short(endpoints),
  ]);
  print('Endpoints at which the present partitions are used up', table(['stage', 'endpoints'], limits));
}

/** What the simulation says, a scenario a row. */
export function scenarioTable(
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

/** Shows a table under its title. */
export function print(title: string, text: string): void {
  process.stdout.write(`\n${title}\n\n${text}\n`);
}
