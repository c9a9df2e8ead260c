import { LogsterError, reasonOf } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import { openStore, type Survives } from '../lmdb-store.ts';
import { systemClock } from '../telemetry/clock.ts';
import type { Clock, Telemetry } from '../telemetry/telemetry.ts';
import { unheard } from '../unheard.ts';
import type { Bus } from './bus.ts';
import { GroupTable } from './group-table.ts';
import { LogTable } from './log-table.ts';
import { trimTopic } from './retention.ts';
import { checkConsumer, EmbeddedSubscription } from './subscription.ts';

/** How soon another process's messages are seen. Within a process a commit wakes its readers at once. */
const POLL_MS = 50;
/** At 100 MB/s of input a topic outgrows its limit by no more than 1 GB between two looks. */
const TRIM_MS = 10_000;

export interface EmbeddedBusOptions {
  readonly directory: string;
  readonly clock?: Clock;
  readonly telemetry?: Telemetry;
  readonly survives?: Survives;
  /** A killed consumer's partitions go on elsewhere after so long; longer than any pause of a busy process. */
  readonly leaseMs?: number;
  /** Bytes kept per topic; 4 GiB hold half an hour of 1,000 endpoints at 2 KB an event. */
  readonly topicBytes?: number;
  /** A batch ends at so many bytes: 500 messages of 8 KB, four times the usual event. */
  readonly batchBytes?: number;
}

/**
 * The log in lmdb: safe from a killed process when `publish` resolves (see `Survives`), shared by all processes
 * that open the directory. Keys lie in partitions as Kafka would put them. A message's value shares
 * memory with its neighbours: who keeps one for long copies it. A value published must not be changed until
 * its promise has resolved. A commit of a partition that has gone to another consumer changes nothing.
 */
export function embeddedBus({
  directory,
  clock = systemClock,
  telemetry = unheard,
  survives = 'kill',
  leaseMs = 5_000,
  topicBytes = 4 * 2 ** 30,
  batchBytes = 4 * 2 ** 20,
}: EmbeddedBusOptions): Bus {
  const store = openStore(directory, survives);
  const log = new LogTable(store);
  const groups = new GroupTable(store);
  const subscriptions = new Set<EmbeddedSubscription>();
  let closed = false;
  const needOpen = (): void => {
    if (closed) throw new LogsterError('closed', 'The bus was closed');
  };

  const polling = every(POLL_MS, clock, async () => {
    store.refresh();
    for (const subscription of subscriptions) subscription.poll();
  });
  const trimming = every(TRIM_MS, clock, async () => {
    store.releaseDeadReaders();
    try {
      for (const topic of Object.keys(TOPICS) as Topic[]) {
        await trimTopic({ store, log, groups, telemetry, topicBytes }, topic, clock.now());
      }
    } catch (error) {
      telemetry.log.warn('old messages could not be trimmed, tried again later', { reason: reasonOf(error) });
    }
  });

  return {
    async publish(topic, messages) {
      needOpen();
      if (messages.length > 0) await store.write(() => log.append(topic, messages, clock.now()));
    },
    async subscribe(consumer) {
      needOpen();
      checkConsumer(consumer);
      const needs = { store, log, groups, clock, telemetry, leaseMs, batchBytes };
      const subscription = new EmbeddedSubscription(needs, consumer, (ended) => subscriptions.delete(ended));
      subscriptions.add(subscription);
      await subscription.join();
      return subscription;
    },
    async lag(group, topic) {
      needOpen();
      store.refresh();
      return partitionsOf(topic).map((partition) => {
        const { first, next } = log.head(topic, partition);
        return next - Math.max(first, groups.committed(group, topic, partition) ?? 0);
      });
    },
    async read(topic, partition, offset, limit) {
      needOpen();
      store.refresh();
      return log.read(topic, partition, offset, { messages: limit, bytes: batchBytes });
    },
    async offsets(topic) {
      needOpen();
      store.refresh();
      return partitionsOf(topic).map((partition) => {
        const { first, next } = log.head(topic, partition);
        return { first, next };
      });
    },
    async close() {
      if (closed) return;
      closed = true;
      await Promise.all([...subscriptions].map((subscription) => subscription.close()));
      await Promise.all([polling.stop(), trimming.stop()]);
      await store.close();
    },
  };
}

function partitionsOf(topic: Topic): number[] {
  return Array.from({ length: TOPICS[topic].partitions }, (_, partition) => partition);
}

/** Runs again and again, so long after it ended; `stop` waits for the running one. */
function every(ms: number, clock: Clock, run: () => Promise<void>): { stop(): Promise<void> } {
  let stopped = false;
  let running = Promise.resolve();
  let cancel = (): void => undefined;
  const later = (): void => {
    cancel = clock.after(ms, () => {
      running = run().then(() => (stopped ? undefined : later()));
    });
  };
  later();
  return {
    stop() {
      stopped = true;
      cancel();
      return running;
    },
  };
}
