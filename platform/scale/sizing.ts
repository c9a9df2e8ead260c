import { TOPICS } from '../../contracts/topics.ts';

/** Processor time of the embedded pipeline by `npm run bench -- pipeline`, as docs/performance.md has it. */
export const PIPELINE = {
  endpointsPerCore: 1203,
  mainSecondsPerEvent: 94e-6, // ingest, the log, windows' intake, checkpoints, serving
  indexSecondsPerEvent: 50e-6,
  scorerSecondsPerEvent: 8e-6,
  eventsPerSecond: 3.5,
  intervalSeconds: 30,
} as const;

/** What was measured of messages and stores, all in bytes. */
export interface Sizes {
  readonly raw: number;
  readonly event: number;
  readonly result: number;
  readonly alert: number;
  readonly eventDocument: number;
  readonly resultDocument: number;
  readonly batchPerWindow: number;
  readonly checkpointHeld: number; // per endpoint
  readonly checkpointHead: number; // per endpoint
  readonly checkpointPerSecond: number; // per endpoint
  readonly lz4: number; // how often messages fit into themselves compressed
}

/** What nobody measured: change it here and run the benchmark again. */
export const ASSUMED = {
  targetUtilisation: 0.6, // of a process, so that bursts and a lost replica fit
  ingestShareOfMain: 0.5, // the rest is featurize's
  alertingSecondsPerResult: 1e-3,
  alertingShare: 0.001, // of windows that are above the threshold
  kafkaCopies: 3,
  brokerBytesPerSecond: 100e6, // written, all copies
  nodeDiskBytes: 8e12,
  diskFill: 0.7,
  elasticDiskPerJson: 0.5, // compressed source and index structures per byte of JSON
  elasticCopies: 2,
  elasticShardBytes: 50e9,
  redisBytesPerCoreSecond: 250e6,
  dollarsPerCoreHour: 0.045,
  dollarsPerMemoryGbHour: 0.006,
  dollarsPerDiskGbMonth: 0.08,
  hoursPerMonth: 730,
} as const;

/** Most documents one Lucene index, so one shard, can hold (IndexWriter.MAX_DOCS). */
export const SHARD_DOCUMENTS = 2_147_483_519;
/** Largest value of a Redis string (redis.io, strings). */
export const REDIS_VALUE_BYTES = 512 * 2 ** 20;

const DAY = 86_400;
const EVENT_DAYS = 30;
const RESULT_DAYS = 90;

export interface Fleet {
  readonly endpoints: number;
  readonly eventsPerSecond: number;
  readonly intervalSeconds: number;
}

/** Processor time of one window beside its events and its scoring: what the pipeline's figure leaves over. */
export function windowSeconds(): number {
  const { endpointsPerCore, eventsPerSecond, intervalSeconds, ...each } = PIPELINE;
  const perEvent = each.mainSecondsPerEvent + each.indexSecondsPerEvent + each.scorerSecondsPerEvent;
  return intervalSeconds * (1 / endpointsPerCore - eventsPerSecond * perEvent);
}

/** Processor time of scoring one window, reading it and writing its result included. */
export function scorerSeconds(): number {
  return PIPELINE.scorerSecondsPerEvent * PIPELINE.eventsPerSecond * PIPELINE.intervalSeconds;
}

/** Cores' worth of work that one endpoint is to each stage. */
export function coresPerEndpoint({ eventsPerSecond, intervalSeconds }: Omit<Fleet, 'endpoints'>) {
  const main = PIPELINE.mainSecondsPerEvent * eventsPerSecond;
  return {
    ingest: main * ASSUMED.ingestShareOfMain,
    featurize: main * (1 - ASSUMED.ingestShareOfMain) + windowSeconds() / intervalSeconds,
    // a window costs by what lies in it
    serve: (scorerSeconds() * (eventsPerSecond / PIPELINE.eventsPerSecond)) / intervalSeconds,
    alerting: ASSUMED.alertingSecondsPerResult / intervalSeconds,
    index: PIPELINE.indexSecondsPerEvent * eventsPerSecond,
  };
}

export type StageLoad = ReturnType<typeof coresPerEndpoint>;

/** Endpoints that one process of each stage carries at the target; each works on one core. */
export function endpointsPerProcess(fleet: Omit<Fleet, 'endpoints'>): StageLoad {
  const load = coresPerEndpoint(fleet);
  const carried = Object.entries(load).map(([stage, cores]) => [stage, ASSUMED.targetUtilisation / cores]);
  return Object.fromEntries(carried) as StageLoad;
}

/** Endpoints at which the present partitions have no room for another replica, by stage. */
export function partitionLimits(fleet: Omit<Fleet, 'endpoints'>) {
  const each = endpointsPerProcess(fleet);
  return {
    ingest: each.ingest * TOPICS['sysmon-logs'].partitions,
    featurize: each.featurize * TOPICS['normalized-endpoint-events'].partitions,
    alerting: each.alerting * TOPICS['logster-inference-results'].partitions,
    index: each.index * TOPICS['normalized-endpoint-events'].partitions,
  };
}

/** What a fleet asks of every part. */
export function sizingOf(fleet: Fleet, sizes: Sizes) {
  const { endpoints, eventsPerSecond, intervalSeconds } = fleet;
  const events = endpoints * eventsPerSecond;
  const windows = endpoints / intervalSeconds;
  const hits = windows * ASSUMED.alertingShare;
  const each = endpointsPerProcess(fleet);
  const replicas = (stage: keyof StageLoad) => Math.max(2, Math.ceil(endpoints / each[stage]));
  const kafkaIn =
    (events * (sizes.raw + sizes.event) + windows * sizes.result + hits * sizes.alert) / sizes.lz4;
  const hours = (topic: keyof typeof TOPICS) => TOPICS[topic].retentionHours * 3600;
  const kafkaDisk =
    (ASSUMED.kafkaCopies *
      (events * sizes.raw * hours('sysmon-logs') +
        events * sizes.event * hours('normalized-endpoint-events') +
        windows * sizes.result * hours('logster-inference-results'))) /
    sizes.lz4;
  const perDay = {
    eventDocuments: events * DAY,
    resultDocuments: windows * DAY,
    json: (events * sizes.eventDocument + windows * sizes.resultDocument) * DAY,
  };
  const disk = (documentsPerSecond: number, bytes: number, days: number) =>
    documentsPerSecond * bytes * DAY * days * ASSUMED.elasticDiskPerJson * ASSUMED.elasticCopies;
  const elasticDisk =
    disk(events, sizes.eventDocument, EVENT_DAYS) + disk(windows, sizes.resultDocument, RESULT_DAYS);
  const usable = ASSUMED.nodeDiskBytes * ASSUMED.diskFill;
  const shardsPerDay = Math.max(
    Math.ceil((events * sizes.eventDocument * DAY * ASSUMED.elasticDiskPerJson) / ASSUMED.elasticShardBytes),
    Math.ceil(perDay.eventDocuments / SHARD_DOCUMENTS),
  );
  const featurizers = replicas('featurize');
  return {
    ...{ endpoints, events, windows, hits, kafkaIn, kafkaDisk, elasticDisk, shardsPerDay, perDay },
    rawBytes: events * sizes.raw,
    eventBytes: events * sizes.event,
    resultBytes: windows * sizes.result,
    alertBytes: hits * sizes.alert,
    replicas: {
      ...{ ingest: replicas('ingest'), featurize: featurizers, alerting: replicas('alerting') },
      ...{ index: replicas('index'), scorers: replicas('serve') },
    },
    brokers: Math.max(
      3,
      Math.ceil((kafkaIn * ASSUMED.kafkaCopies) / ASSUMED.brokerBytesPerSecond),
      Math.ceil(kafkaDisk / usable),
    ),
    elasticNodes: Math.max(3, Math.ceil(elasticDisk / usable)),
    redis: {
      heldBytes: endpoints * sizes.checkpointHeld,
      checkpointBytes: endpoints * sizes.checkpointPerSecond,
      batchBytes: windows * sizes.batchPerWindow, // written, and read once more
      headBytes: (endpoints / TOPICS['normalized-endpoint-events'].partitions) * sizes.checkpointHead,
    },
    postgres: { transactions: hits },
  };
}

export type Sizing = ReturnType<typeof sizingOf>;

/** Dollars a month by part, at the assumed prices. */
export function monthlyCost(sizing: Sizing) {
  const { replicas, brokers, elasticNodes, redis } = sizing;
  const { hoursPerMonth, dollarsPerCoreHour, dollarsPerMemoryGbHour, dollarsPerDiskGbMonth } = ASSUMED;
  const cores = (count: number) => count * dollarsPerCoreHour * hoursPerMonth;
  const memory = (gigabytes: number) => gigabytes * dollarsPerMemoryGbHour * hoursPerMonth;
  const disk = (bytes: number) => (bytes / 1e9) * dollarsPerDiskGbMonth;
  const processes = Object.values(replicas).reduce((sum, count) => sum + count, 0);
  const redisBytes = redis.checkpointBytes + 2 * redis.batchBytes;
  const redisCores = Math.max(4, Math.ceil(redisBytes / ASSUMED.redisBytesPerCoreSecond));
  const parts = {
    stages: cores(processes) + memory(processes), // a core and a gigabyte each
    kafka: cores(4 * brokers) + memory(16 * brokers) + disk(sizing.kafkaDisk / ASSUMED.diskFill),
    redis: cores(redisCores) + memory((2 * 1.3 * redis.heldBytes) / 1e9), // a copy, and room for writing the file
    elasticsearch:
      cores(8 * elasticNodes) + memory(64 * elasticNodes) + disk(sizing.elasticDisk / ASSUMED.diskFill),
  };
  return { ...parts, total: Object.values(parts).reduce((sum, dollars) => sum + dollars, 0) };
}
