import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult } from '../contracts/bench.ts';
import { LogsterError } from '../contracts/errors.ts';
import type { InferenceResult } from '../contracts/inference.ts';
import { RESULTS_TOPIC, TOPICS } from '../contracts/topics.ts';
import type { Bus } from '../ports/bus/bus.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import type { ServerVariable } from '../ports/with-server.ts';
import { readConfig } from './config.ts';
import { distributedSite } from './distributed-site.ts';
import { openPorts } from './open-ports.ts';
import { type Usage, usageOf } from './process-usage.ts';
import { asideSettings, startProduct } from './product-process.ts';
import { syntheticFleet } from './synthetic-fleet.ts';

/** The median rate of a host in the captures (research figure of the corpus). */
const EVENTS_PER_SECOND = 3.5;
/** Windows are full after three minutes; then two minutes are measured. */
const FILL_SECONDS = 190;
const MEASURED_SECONDS = 120;
const LATENESS_SECONDS = 10;
const TARGET_ENDPOINTS = 2000;
/** Few enough that two cores keep up: of a pipeline that falls behind, no delay can be measured. */
const ENDPOINTS = 1200;

/**
 * How many endpoints one core carries through the whole pipeline: the product runs as a process tree of its own, this
 * process plays a fleet's shippers. Processor time is the product's, read from the system, so only Linux can measure;
 * that of servers which it uses is not in it. With servers, the embedded pipeline is measured in the same run.
 */
export async function benchPipeline(
  root: string,
  endpoints = ENDPOINTS,
  servers?: Readonly<Partial<Record<ServerVariable, string>>>,
): Promise<BenchResult[]> {
  if (process.platform !== 'linux')
    throw new LogsterError('unavailable', 'The pipeline benchmark reads /proc, which only Linux has');
  const embedded = await measure(root, endpoints, {});
  if (!servers) return rowsAgainstTargets(endpoints, embedded);
  const site = distributedSite(servers);
  const distributed = await measure(root, endpoints, site.settings);
  await site.cleanUp();
  return rowsAgainstEmbedded(distributed, embedded);
}

/** What one run showed. */
interface Measured {
  readonly endpointsPerCore: number;
  readonly eventsPerCpuSecond: number;
  readonly p50: number; // tick to result, seconds
  readonly p95: number;
  readonly windows: number; // scored
  readonly memoryBytes: number; // at the end
  readonly halfwayBytes: number;
}

async function measure(
  root: string,
  endpoints: number,
  more: Readonly<Record<string, string>>,
): Promise<Measured> {
  const directory = mkdtempSync(join(tmpdir(), 'logster-bench-'));
  const settings = { ...asideSettings(directory), ...more };
  const product = startProduct(root, settings);
  const ports = await openPorts(readConfig(settings, root), recordedTelemetry(), { only: ['bus'] });
  try {
    const fleet = syntheticFleet(endpoints, EVENTS_PER_SECOND);
    const begun = Date.now() / 1000;
    let sentUntil = begun;
    let before: { usage: Usage; at: number; offsets: readonly number[] } | undefined;
    let halfwayBytes = 0;
    while (Date.now() / 1000 < begun + FILL_SECONDS + MEASURED_SECONDS) {
      const now = Date.now() / 1000;
      for (const batch of chunks(fleet.between(sentUntil, now), 2000))
        await ports.bus.publish('sysmon-logs', batch);
      sentUntil = now;
      if (!before && now > begun + FILL_SECONDS) {
        before = { usage: usageOf(product.pid ?? 0), at: now, offsets: await nextOffsets(ports.bus) };
      }
      if (now > begun + FILL_SECONDS + MEASURED_SECONDS / 2)
        halfwayBytes ||= usageOf(product.pid ?? 0).memoryBytes;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    if (!before) throw new LogsterError('unavailable', 'The machine is too slow to begin measuring');
    const after = usageOf(product.pid ?? 0);
    const seconds = Date.now() / 1000 - before.at;
    const delays = (await resultsSince(ports.bus, before.offsets)).map(
      ({ publishedAt, result }) => publishedAt - result.window_end - LATENESS_SECONDS,
    );
    const cpuSeconds = after.cpuSeconds - before.usage.cpuSeconds;
    return {
      endpointsPerCore: (endpoints * seconds) / cpuSeconds,
      eventsPerCpuSecond: (endpoints * EVENTS_PER_SECOND * seconds) / cpuSeconds,
      p50: quantile(delays, 0.5),
      p95: quantile(delays, 0.95),
      windows: delays.length,
      memoryBytes: after.memoryBytes,
      halfwayBytes,
    };
  } finally {
    product.kill('SIGTERM');
    await new Promise((resolve) => product.once('exit', resolve));
    await ports.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function rowsAgainstTargets(endpoints: number, measured: Measured): BenchResult[] {
  const { endpointsPerCore, p50, p95, windows, memoryBytes, halfwayBytes } = measured;
  const share = windows / ((endpoints * MEASURED_SECONDS) / 30);
  const row = (name: string, unit: string, ours: number, peerValue: number, ratio: number): BenchResult => ({
    ...{ name, unit, ours, peer: 'target', peerValue, ratio },
  });
  return [
    row(
      'endpoints per core',
      'endpoints',
      endpointsPerCore,
      TARGET_ENDPOINTS,
      endpointsPerCore / TARGET_ENDPOINTS,
    ),
    row('tick to result, p50', 's', p50, 2, 2 / p50),
    row('tick to result, p95', 's', p95, 2, 2 / p95),
    row('windows scored of those due', 'share', share, 1, share),
    row('resident memory', 'MiB', memoryBytes / 2 ** 20, halfwayBytes / 2 ** 20, halfwayBytes / memoryBytes),
  ];
}

function rowsAgainstEmbedded(distributed: Measured, embedded: Measured): BenchResult[] {
  const row = (
    name: string,
    unit: string,
    figure: (one: Measured) => number,
    lessIsBetter = false,
  ): BenchResult => {
    const [ours, peerValue] = [figure(distributed), figure(embedded)];
    return {
      name,
      unit,
      ours,
      peer: 'embedded',
      peerValue,
      ratio: lessIsBetter ? peerValue / ours : ours / peerValue,
    };
  };
  return [
    row('events end to end', 'events/CPU s', (one) => one.eventsPerCpuSecond),
    row('endpoints per core', 'endpoints', (one) => one.endpointsPerCore),
    row('tick to result, p50', 's', (one) => one.p50, true),
    row('tick to result, p95', 's', (one) => one.p95, true),
    row('windows scored', 'windows', (one) => one.windows),
    row('resident memory', 'MiB', (one) => one.memoryBytes / 2 ** 20, true),
  ];
}

async function nextOffsets(bus: Bus): Promise<readonly number[]> {
  return (await bus.offsets(RESULTS_TOPIC)).map(({ next }) => next);
}

async function resultsSince(
  bus: Bus,
  offsets: readonly number[],
): Promise<{ publishedAt: number; result: InferenceResult }[]> {
  const found: { publishedAt: number; result: InferenceResult }[] = [];
  for (let partition = 0; partition < TOPICS[RESULTS_TOPIC].partitions; partition++) {
    for (let offset = offsets[partition] ?? 0; ; ) {
      const page = await bus.read(RESULTS_TOPIC, partition, offset, 1000);
      if (page.length === 0) break;
      for (const message of page) {
        found.push({
          publishedAt: message.publishedAt,
          result: JSON.parse(message.value.toString()) as InferenceResult,
        });
      }
      offset = (page.at(-1)?.offset ?? offset) + 1;
    }
  }
  return found;
}

function quantile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

function chunks<T>(values: readonly T[], size: number): T[][] {
  return Array.from({ length: Math.ceil(values.length / size) }, (_, place) =>
    values.slice(place * size, (place + 1) * size),
  );
}
