import type { Platform } from '../../contracts/event.ts';
import { seededRandom } from '../../train/random.ts';
import { percentile } from './moments.ts';
import { allenCunneenWait, type Station } from './queueing.ts';
import { spreadFactor } from './random-draws.ts';
import { type StationFigures, type StationOptions, scorerStation } from './scorer-station.ts';
import { simulatedFeaturizer } from './simulated-featurizer.ts';
import { type Timetable, timetable } from './timetable.ts';

/** Longer than a stalled job takes to come back, so that what is late is counted as late. */
const SETTLING_SECONDS = 60;

/** What a window costs on its way. */
export interface WindowSize {
  readonly platform: Platform;
  readonly nodes: number;
  readonly edges: number;
  readonly bytes: number; // of the batch that it takes
}

/** A stretch in which a share of the endpoints makes more events than usual. */
export interface Burst {
  readonly from: number; // seconds
  readonly until: number; // seconds
  readonly share: number;
  readonly factor: number;
}

export interface ServingPath {
  readonly endpoints: number;
  readonly intervalSeconds: number;
  readonly sizes: readonly WindowSize[]; // each as likely as the others
  readonly burst?: Burst;
  /** Seconds from a tick until the windows of the endpoint close: until its next event has arrived. */
  readonly closing: (random: () => number) => number;
  /** Ticks fall anywhere within the second; the product has them on whole ones. */
  readonly spreadTicks?: boolean;
  readonly featurizers: number;
  readonly partitions: number;
  /** A featurizer's time per window, from closing it to its bytes in the batch. */
  readonly buildSeconds: number;
  /** A featurizer's time per batch: storing the bytes, adding the job. */
  readonly storeSeconds: number;
  readonly scoreSeconds: (window: WindowSize) => number;
  readonly scoreBatchSeconds: number;
  /** Variance over squared mean of one batch's time beside what its windows explain. */
  readonly scoreVariation: number;
  readonly station: Omit<StationOptions, 'countFrom'>;
  readonly seconds: number;
  readonly warmUpSeconds: number;
  readonly seed: number;
}

export interface ServedFigures {
  readonly windows: number;
  readonly p50: number; // seconds from tick to result, without the lateness that every tick waits
  readonly p95: number;
  readonly p99: number;
  readonly batchesPerSecond: number;
  readonly graphsPerBatch: number;
  readonly utilisation: number; // of the scorers
  readonly featurizerUtilisation: number; // of the busiest one
  readonly blockedSeconds: number; // that featurizers waited for room in the queue, together
  readonly unfinished: number; // windows that closed in time and had no result a minute after the end
  readonly queue: StationFigures;
  /** What Allen and Cunneen's formula says of the same station, seconds. */
  readonly formulaWait: number;
}

interface Waiting extends WindowSize {
  readonly tick: number;
}

/** Lets the path run for so many seconds of its own time. The same seed gives the same figures. */
export function simulate(path: ServingPath): ServedFigures {
  const time = timetable();
  const random = seededRandom(path.seed);
  const countFrom = path.warmUpSeconds;
  const station = scorerStation(time, seededRandom(path.seed + 1), { ...path.station, countFrom });
  const delays: number[] = [];
  const totals = { due: 0, batches: 0, graphs: 0 };
  const counts = ({ tick }: Waiting) => tick >= countFrom && tick < path.seconds;

  function offer(batch: readonly Waiting[]): 'added' | 'full' {
    const own = batch.reduce((sum, window) => sum + path.scoreSeconds(window), path.scoreBatchSeconds);
    const answer = station.add({
      bytes: batch.reduce((sum, window) => sum + window.bytes, 0),
      serviceSeconds: own * spreadFactor(random, path.scoreVariation),
      done(at) {
        for (const window of batch) if (counts(window)) delays.push(at - window.tick);
      },
    });
    if (answer === 'added' && time.now >= countFrom) {
      totals.batches += 1;
      totals.graphs += batch.length;
    }
    return answer;
  }

  const featurizers = Array.from({ length: path.featurizers }, () =>
    simulatedFeaturizer<Waiting>(time, { ...path, countFrom, offer, onRoom: station.onRoom }),
  );
  playEndpoints(time, path, random, (place, window) => {
    if (counts(window)) totals.due += 1;
    featurizers[place]?.take(window);
  });
  time.runUntil(path.seconds);
  const counted = path.seconds - countFrom;
  const batchesPerSecond = totals.batches / counted;
  const atEnd = {
    batchesPerSecond,
    graphsPerBatch: totals.graphs / Math.max(1, totals.batches),
    utilisation: station.figures.busySeconds / counted / path.station.scorers,
    featurizerUtilisation: Math.max(...featurizers.map((one) => one.busySeconds)) / counted,
    blockedSeconds: featurizers.reduce((sum, one) => sum + one.blockedSeconds, 0),
  };
  time.runUntil(path.seconds + SETTLING_SECONDS);
  const sorted = Float64Array.from(delays).sort();
  return {
    ...atEnd,
    windows: sorted.length,
    p50: percentile(sorted, 0.5),
    p95: percentile(sorted, 0.95),
    p99: percentile(sorted, 0.99),
    unfinished: totals.due - sorted.length,
    queue: station.figures,
    formulaWait: allenCunneenWait(stationOf(station.figures, path.station.scorers, batchesPerSecond)),
  };
}

/** Ticks fall on whole seconds, by a hash of the endpoint; so does its partition. */
function playEndpoints(
  time: Timetable,
  path: ServingPath,
  random: () => number,
  close: (featurizer: number, window: Waiting) => void,
): void {
  const { endpoints, intervalSeconds, partitions, burst } = path;
  const bySecond: number[][] = Array.from({ length: intervalSeconds }, () => []);
  const featurizerOf = new Uint16Array(endpoints);
  const joinsBurst = new Uint8Array(endpoints);
  for (let endpoint = 0; endpoint < endpoints; endpoint++) {
    bySecond[Math.floor(random() * intervalSeconds)]?.push(endpoint);
    featurizerOf[endpoint] = Math.floor(random() * partitions) % path.featurizers;
    joinsBurst[endpoint] = burst && random() < burst.share ? 1 : 0;
  }
  const tickAt = (tick: number): void => {
    const bursting = burst !== undefined && tick >= burst.from && tick < burst.until;
    for (const endpoint of bySecond[tick % intervalSeconds] ?? []) {
      const size = path.sizes[Math.floor(random() * path.sizes.length)] as WindowSize;
      const factor = bursting && joinsBurst[endpoint] === 1 ? burst.factor : 1;
      const at = path.spreadTicks ? tick + random() : tick;
      const window = {
        ...{ tick: at, platform: size.platform },
        nodes: size.nodes * factor,
        edges: size.edges * factor,
        bytes: size.bytes * factor,
      };
      time.at(at + path.closing(random), () => close(featurizerOf[endpoint] ?? 0, window));
    }
    if (tick + 1 < path.seconds) time.at(tick + 1, () => tickAt(tick + 1));
  };
  time.at(0, () => tickAt(0));
}

function stationOf(
  { service, between }: StationFigures,
  servers: number,
  arrivalsPerSecond: number,
): Station {
  return {
    ...{ arrivalsPerSecond, servers },
    serviceSeconds: service.mean,
    arrivalVariation: between.variation,
    serviceVariation: service.variation,
  };
}
