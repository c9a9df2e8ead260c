import type { BenchResult } from '../contracts/bench.ts';
import type { NormalizedEvent } from '../contracts/event.ts';
import { BATCH_LIMITS, type HeteroGraph, type WindowOf } from '../contracts/graph.ts';
import { encodeBatch } from './batch.ts';
import { buildGraph } from './build-graph.ts';
import { forgetNames } from './entity.ts';
import { addToPane, emptyPane, type Pane, settlePane } from './pane.ts';
import { BEGIN, EVENTS_PER_PANE, PANE_SECONDS, type Stream, streamsOf } from './synthetic-stream.ts';

const ENDPOINTS = 200;
const WINDOW_PANES = 6;
const FIRST_TICK = WINDOW_PANES - 1; // the first whole window: before it lies history, which is not timed
const TICKS = 6;
const ROUNDS = 3;

type Read<T> = (item: T) => NormalizedEvent;

/**
 * Events of 200 endpoints through panes to encoded batches, in CPU time of the whole process, garbage collection
 * included; once from event objects in memory, once from messages of JSON text, which are parsed too. The peers run
 * the same code on the same windows, but build each window from its own events, of which every one lies in six:
 * one keeps nothing at all between windows, the other, which is harder to beat, keeps what we remember of names.
 */
export async function benchFeaturize(): Promise<readonly BenchResult[]> {
  return [...compareEvents(), ...compareMessages()];
}

function compareEvents(): readonly BenchResult[] {
  const streams = streamsOf(ENDPOINTS, FIRST_TICK + TICKS, (event) => event);
  return compare('featurize: events to encoded batches', streams, (event) => event);
}

function compareMessages(): readonly BenchResult[] {
  const streams = streamsOf(ENDPOINTS, FIRST_TICK + TICKS, (event) => Buffer.from(JSON.stringify(event)));
  return compare('featurize: stored messages to encoded batches', streams, (bytes) => {
    return JSON.parse(bytes.toString('utf8')) as NormalizedEvent;
  });
}

// Rounds of the three take turns, and each counts with its best: on a shared machine the others pay for neighbours
function compare<T>(name: string, streams: readonly Stream<T>[], read: Read<T>): readonly BenchResult[] {
  const ways: readonly Way[] = [byPanes, byRereading(forgetNames), byRereading(nothing)];
  for (const way of ways) secondsOf(streams.slice(0, 40), way, read);
  const best = ways.map(() => Number.POSITIVE_INFINITY);
  for (let round = 0; round < ROUNDS; round++) {
    ways.forEach((way, i) => {
      best[i] = Math.min(best[i] ?? 0, secondsOf(streams, way, read));
    });
  }
  const events = streams.length * TICKS * EVENTS_PER_PANE;
  const [ours = 0, anew = 0, sharing = 0] = best.map((seconds) => events / seconds);
  return [
    result(name, ours, 'six-fold re-reading that keeps nothing between windows', anew),
    result(name, ours, 'six-fold re-reading that shares our memory of names', sharing),
  ];
}

function result(name: string, ours: number, peer: string, peerValue: number): BenchResult {
  return { name, unit: 'events per CPU-second', ours, peer, peerValue, ratio: ours / peerValue };
}

function nothing(): void {}

type Way = <T>(streams: readonly Stream<T>[], read: Read<T>, timed: Timed) => void;
type Timed = (run: () => void) => void;

function secondsOf<T>(streams: readonly Stream<T>[], way: Way, read: Read<T>): number {
  let seconds = 0;
  way(streams, read, (run) => {
    const before = process.cpuUsage();
    run();
    const { user, system } = process.cpuUsage(before);
    seconds += (user + system) / 1e6;
  });
  return seconds;
}

function windowAt(endpoint: number, tick: number): WindowOf {
  const end = BEGIN + (tick + 1) * PANE_SECONDS;
  const name = `ws-${endpoint}`;
  const start = end - WINDOW_PANES * PANE_SECONDS;
  return { tenantId: 'bench', endpointId: name, hostname: name, platform: 'windows', start, end };
}

function paneOf<T>(stream: Stream<T>, tick: number, read: Read<T>): Pane {
  const pane = emptyPane('windows', BEGIN + tick * PANE_SECONDS);
  for (const item of stream[tick] ?? []) addToPane(pane, read(item));
  return pane;
}

function byPanes<T>(streams: readonly Stream<T>[], read: Read<T>, timed: Timed): void {
  const panes = streams.map((stream) =>
    Array.from({ length: FIRST_TICK }, (_, tick) => paneOf(stream, tick, read)),
  );
  // the windows before asked for these panes already
  for (const own of panes) own.forEach(settlePane);
  timed(() => {
    for (let tick = FIRST_TICK; tick < FIRST_TICK + TICKS; tick++) {
      const graphs = streams.map((stream, endpoint) => {
        const own = panes[endpoint] ?? [];
        own.push(paneOf(stream, tick, read));
        if (own.length > WINDOW_PANES) own.shift();
        return buildGraph(windowAt(endpoint, tick), own);
      });
      encodeAll(graphs);
    }
  });
}

function byRereading(between: () => void): Way {
  return (streams, read, timed) =>
    timed(() => {
      for (let tick = FIRST_TICK; tick < FIRST_TICK + TICKS; tick++) {
        const graphs = streams.map((stream, endpoint) => {
          between();
          const first = tick - WINDOW_PANES + 1;
          const panes = Array.from({ length: WINDOW_PANES }, (_, place) =>
            paneOf(stream, first + place, read),
          );
          return buildGraph(windowAt(endpoint, tick), panes);
        });
        encodeAll(graphs);
      }
    });
}

function encodeAll(graphs: readonly HeteroGraph[]): void {
  let batch: HeteroGraph[] = [];
  let edges = 0;
  for (const graph of graphs) {
    const full = batch.length >= BATCH_LIMITS.graphs || edges + graph.source.length > BATCH_LIMITS.edges;
    if (full && batch.length > 0) {
      encodeBatch('windows', batch);
      batch = [];
      edges = 0;
    }
    batch.push(graph);
    edges += graph.source.length;
  }
  if (batch.length > 0) encodeBatch('windows', batch);
}
