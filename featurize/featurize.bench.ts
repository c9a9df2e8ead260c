import type { BenchResult } from '../contracts/bench.ts';
import type { NormalizedEvent } from '../contracts/event.ts';
import { BATCH_LIMITS, type HeteroGraph, type WindowOf } from '../contracts/graph.ts';
import { encodeBatch } from './batch.ts';
import { buildGraph } from './build-graph.ts';
import { forgetNames } from './entity.ts';
import { addToPane, emptyPane, type Pane } from './pane.ts';
import { BEGIN, EVENTS_PER_PANE, PANE_SECONDS, type Stream, streamsOf } from './synthetic-stream.ts';

const ENDPOINTS = 200;
const WINDOW_PANES = 6;
const FIRST_TICK = WINDOW_PANES - 1; // the first whole window: before it lies history, which is not timed
const TICKS = 6;

type Read<T> = (item: T) => NormalizedEvent;

/** Events through panes to encoded batches, against building every window from its events anew. */
export async function benchFeaturize(): Promise<readonly BenchResult[]> {
  const messages = compareMessages();
  return [...compareEvents(), ...messages];
}

function compareEvents(): readonly BenchResult[] {
  const streams = streamsOf(ENDPOINTS, FIRST_TICK + TICKS, (event) => event);
  const read: Read<NormalizedEvent> = (event) => event;
  const ours = rateOf(streams, byPanes, read);
  const anew = rateOf(streams, byRereading(forgetNames), read);
  const sharing = rateOf(streams, byRereading(nothing), read);
  const name = 'featurize: events to encoded batches';
  return [
    result(name, ours, 'six-fold re-reading that remembers nothing between windows', anew),
    result(name, ours, 'six-fold re-reading that shares our memory of names', sharing),
  ];
}

function compareMessages(): readonly BenchResult[] {
  const streams = streamsOf(ENDPOINTS, FIRST_TICK + TICKS, (event) => Buffer.from(JSON.stringify(event)));
  const read: Read<Buffer> = (bytes) => JSON.parse(bytes.toString('utf8')) as NormalizedEvent;
  const ours = rateOf(streams, byPanes, read);
  const anew = rateOf(streams, byRereading(nothing), read);
  const peer = 'six-fold re-reading of stored messages that shares our memory of names';
  return [result('featurize: messages to encoded batches', ours, peer, anew)];
}

function result(name: string, ours: number, peer: string, peerValue: number): BenchResult {
  return { name, unit: 'events per CPU-second', ours, peer, peerValue, ratio: ours / peerValue };
}

function nothing(): void {}

type Way = <T>(streams: readonly Stream<T>[], read: Read<T>, timed: Timed) => void;
type Timed = (run: () => void) => void;

// The better of two rounds after a short one: on a shared machine the other pays for the neighbours. CPU time.
function rateOf<T>(streams: readonly Stream<T>[], way: Way, read: Read<T>): number {
  way(streams.slice(0, 40), read, (run) => run());
  const rounds = [0, 1].map(() => {
    let seconds = 0;
    way(streams, read, (run) => {
      const before = process.cpuUsage();
      run();
      const { user, system } = process.cpuUsage(before);
      seconds += (user + system) / 1e6;
    });
    return seconds;
  });
  return (streams.length * TICKS * EVENTS_PER_PANE) / Math.min(...rounds);
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
