import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { BenchResult } from '../contracts/bench.ts';
import { LogsterError } from '../contracts/errors.ts';
import { EVENTS_TOPIC, GROUPS } from '../contracts/topics.ts';
import { recordedTelemetry } from '../ports/telemetry/embedded.ts';
import { readConfig } from './config.ts';
import { openPorts } from './open-ports.ts';
import { usageOf } from './process-usage.ts';
import { asideSettings, startProduct } from './product-process.ts';
import { syntheticFleet } from './synthetic-fleet.ts';

const MINUTES = 10;
const ENDPOINTS = 300;
const EVENTS_PER_SECOND = 3.5;
/** The stream's time runs as fast as events are taken in: so many may wait before more are sent. */
const MOST_BEHIND = 20_000;
/** featurize commits with its checkpoints, every ten seconds or 50,000 events. */
const MOST_UNCOMMITTED = 120_000;
const STEP_SECONDS = 2;
/** What is allocated while caches fill and code is compiled is not growth. */
const WARM_UP_SHARE = 0.3;

/**
 * Replays a fleet at full speed for ten minutes and watches the memory of the product's processes: the median of the
 * last tenth beside that of the tenth after the warm-up.
 */
export async function benchSoak(root: string): Promise<BenchResult[]> {
  if (process.platform !== 'linux')
    throw new LogsterError('unavailable', 'The soak benchmark reads /proc, which only Linux has');
  const directory = mkdtempSync(join(tmpdir(), 'logster-soak-'));
  const settings = asideSettings(directory);
  const product = startProduct(root, settings);
  const ports = await openPorts(readConfig(settings, root), recordedTelemetry(), { only: ['bus'] });
  try {
    const fleet = syntheticFleet(ENDPOINTS, EVENTS_PER_SECOND);
    const begun = Date.now();
    const samples: number[] = [];
    let streamed = begun / 1000;
    let events = 0;
    let nextSample = begun;
    while (Date.now() < begun + MINUTES * 60_000) {
      const behind = [
        ...(await ports.bus.lag(GROUPS.ingest, 'sysmon-logs')),
        ...(await ports.bus.lag(GROUPS.index, EVENTS_TOPIC)),
      ].reduce((sum, lag) => sum + lag, 0);
      const uncommitted = (await ports.bus.lag(GROUPS.featurize, EVENTS_TOPIC)).reduce(
        (sum, lag) => sum + lag,
        0,
      );
      if (behind < MOST_BEHIND && uncommitted < MOST_UNCOMMITTED) {
        const messages = fleet.between(streamed, streamed + STEP_SECONDS);
        streamed += STEP_SECONDS;
        events += messages.length;
        await ports.bus.publish('sysmon-logs', messages);
      } else await new Promise((resolve) => setTimeout(resolve, 20));
      if (Date.now() > nextSample) {
        samples.push(usageOf(product.pid ?? 0).memoryBytes / 2 ** 20);
        nextSample += 2000;
      }
    }
    const tenth = Math.ceil(samples.length / 10);
    const warm = Math.floor(samples.length * WARM_UP_SHARE);
    const early = median(samples.slice(warm, warm + tenth));
    const late = median(samples.slice(-tenth));
    const rate = events / (MINUTES * 60);
    return [
      {
        name: 'memory of all processes',
        unit: 'MiB',
        ours: late,
        peer: 'after the warm-up',
        peerValue: early,
        ratio: early / late,
      },
      {
        name: 'events taken in',
        unit: 'events/s',
        ours: rate,
        peer: `${ENDPOINTS} endpoints live`,
        peerValue: ENDPOINTS * EVENTS_PER_SECOND,
        ratio: rate / (ENDPOINTS * EVENTS_PER_SECOND),
      },
    ];
  } finally {
    product.kill('SIGTERM');
    await new Promise((resolve) => product.once('exit', resolve));
    await ports.close();
    rmSync(directory, { recursive: true, force: true });
  }
}

function median(values: readonly number[]): number {
  return [...values].sort((a, b) => a - b)[values.length >> 1] ?? Number.NaN;
}
