import { exponential } from './random-draws.ts';
import { networkSeconds } from './service-cost.ts';
import type { ServingPath, WindowSize } from './simulate.ts';
import {
  ASSUMED,
  coresPerEndpoint,
  PIPELINE,
  type Sizes,
  scorerSeconds,
  sizingOf,
  windowSeconds,
} from './sizing.ts';

export interface Scenario {
  readonly name: string;
  readonly path: ServingPath;
}

const USUAL = { eventsPerSecond: PIPELINE.eventsPerSecond, intervalSeconds: PIPELINE.intervalSeconds };
const PARTITIONS = 12;
/** Of one batch's time beside what its windows explain: the pipeline shares its cores with others. */
const SCORE_VARIATION = 0.04;
/** A command to a store in the same network, of which a batch waits for some before its job is taken. */
const STORE_SECONDS = 0.002;
const SEED = 7;
/** Limits of the queue as they come (platform/config.ts), and of a worker (serve/serve.ts, serve/messages.ts). */
const STATION = {
  limits: { jobs: 1000, bytes: 512 * 2 ** 20 },
  ...{ ahead: 3, attempts: 3, stalledAfterSeconds: 10, restartSeconds: 20 },
  killedEverySeconds: Number.POSITIVE_INFINITY,
} as const;

/** The path at a size of fleet, with as many replicas as the sizing gives it. */
export function pathOf(endpoints: number, sizes: readonly WindowSize[], bytes: Sizes): ServingPath {
  const { replicas } = sizingOf({ ...USUAL, endpoints }, bytes);
  const beside = scorerSeconds() - mean(sizes.map(({ nodes }) => networkSeconds(nodes)));
  const featurizers = replicas.featurize;
  const eventShare =
    (PIPELINE.mainSecondsPerEvent * (1 - ASSUMED.ingestShareOfMain) * USUAL.eventsPerSecond * endpoints) /
    featurizers;
  return {
    ...{ endpoints, sizes, featurizers, intervalSeconds: USUAL.intervalSeconds, seed: SEED },
    partitions: Math.max(PARTITIONS, 2 ** Math.ceil(Math.log2(featurizers))),
    closing: (random) => exponential(random, 1 / USUAL.eventsPerSecond),
    buildSeconds: windowSeconds() / (1 - eventShare), // events are taken in on the same thread meanwhile
    storeSeconds: STORE_SECONDS,
    scoreSeconds: ({ nodes }) => networkSeconds(nodes) + Math.max(0, beside),
    ...{ scoreBatchSeconds: 0, scoreVariation: SCORE_VARIATION },
    station: { ...STATION, scorers: replicas.scorers },
    // half a minute of a million endpoints is a million windows already
    ...(endpoints > 500_000 ? { seconds: 45, warmUpSeconds: 15 } : { seconds: 90, warmUpSeconds: 30 }),
  };
}

/** Sizes of fleets first, then what may go wrong with one of them. */
export function scenariosOf(sizes: readonly WindowSize[], bytes: Sizes): readonly Scenario[] {
  const fleets = [1000, 10_000, 100_000, 1_000_000].map((endpoints) => ({
    name: `${endpoints.toLocaleString('en')} endpoints`,
    path: pathOf(endpoints, sizes, bytes),
  }));
  const usual = pathOf(100_000, sizes, bytes);
  const scorers = (count: number) => ({ ...usual.station, scorers: count });
  const change = (name: string, of: Partial<ServingPath>) => ({
    name: `100,000, ${name}`,
    path: { ...usual, ...of },
  });
  const least = Math.ceil((usual.endpoints * coresPerEndpoint(USUAL).serve) / 0.95);
  return [
    ...fleets,
    change('log-on: 40 % double for 30 s', {
      burst: { from: 45, until: 75, share: 0.4, factor: 2 },
    }),
    change('each scorer killed every minute', {
      station: { ...usual.station, killedEverySeconds: 60 },
    }),
    change(`${least} scorers`, { station: scorers(least) }),
    change(`${least - 1} scorers: too few`, { station: scorers(least - 1) }),
    change('windows of the wider captures', { sizes: widerSizes() }),
    change(`${least} scorers, ticks anywhere in the second`, { station: scorers(least), spreadTicks: true }),
    change('the same, one job at a time', {
      station: { ...scorers(least), ahead: 1 },
      spreadTicks: true,
    }),
  ];
}

/**
 * Nodes and edges at p5, p50, p95 and the most of the 480 windows of recorded captures in docs/performance.md; drawn
 * straight between them on a logarithmic scale. Bytes per node as measured on the desktops.
 */
const WIDER = {
  shares: [0, 0.05, 0.5, 0.95, 1],
  nodes: [3, 5, 51, 825, 2118],
  edges: [2, 3, 61, 1717, 7279],
};
const WIDER_BYTES_PER_NODE = 470;

function widerSizes(): readonly WindowSize[] {
  return Array.from({ length: 1000 }, (_, place) => {
    const share = (place + 0.5) / 1000;
    const nodes = Math.round(between(share, WIDER.nodes));
    const edges = Math.round(between(share, WIDER.edges));
    return {
      platform: place % 2 === 0 ? ('windows' as const) : ('linux' as const),
      nodes,
      edges,
      bytes: nodes * WIDER_BYTES_PER_NODE,
    };
  });
}

function between(share: number, values: readonly number[]): number {
  const next = WIDER.shares.findIndex((one) => one >= share);
  const [low = 0, high = 1] = WIDER.shares.slice(next - 1, next + 1);
  const [from = 1, to = 1] = values.slice(next - 1, next + 1);
  return from * (to / from) ** ((share - low) / (high - low));
}

export function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / Math.max(1, values.length);
}
