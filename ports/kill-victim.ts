import { writeSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { EVENTS_TOPIC, type Topic } from '../contracts/topics.ts';
import { embeddedBus } from './bus/embedded.ts';
import { embeddedQueue } from './queue/embedded.ts';
import { embeddedState } from './state/embedded.ts';

/** What a victim is told on its first line of input. */
export interface Orders {
  readonly directory: string;
  readonly part: 'write' | 'consume';
  readonly round: number;
  readonly leaseMs: number;
  /** Messages after which a consuming victim hangs in its batch. */
  readonly hangAfter: number;
}

/** Keys of the messages a victim writes, in turn. */
export const VICTIM_KEYS = ['default:one', 'default:two', 'default:three', 'default:four'];
export const VICTIM_QUEUE = 'kill';
export const VICTIM_LIMITS = { jobs: 1_000_000, bytes: 1e12 };

/** The bytes of write `sequence` of a round: its name, then filling that shows any torn byte. */
export function victimValue(round: number, sequence: number): Buffer {
  const name = Buffer.from(`${round}/${sequence}/`);
  return Buffer.concat([name, Buffer.alloc((sequence * 977) % 9_000, sequence % 251)]);
}

/** Blocks while nobody reads: what a stream kept for later would be lost with the process. */
const say = (line: string): void => void writeSync(1, `${line}\n`);

/** Writes to all three ports at once until it is killed, and says what was confirmed. */
async function write({ directory, round }: Orders): Promise<void> {
  const bus = embeddedBus({ directory: `${directory}/bus` });
  const queue = embeddedQueue<number>({
    directory: `${directory}/queue`,
    name: VICTIM_QUEUE,
    limits: VICTIM_LIMITS,
  });
  const state = embeddedState({ directory: `${directory}/state` });
  const each = async (port: string, run: (sequence: number) => Promise<unknown>): Promise<never> => {
    for (let sequence = 0; ; sequence += 1) {
      await run(sequence);
      say(`${port} ${sequence}`);
    }
  };
  await Promise.all([
    each('bus', (sequence) =>
      bus.publish(
        EVENTS_TOPIC,
        VICTIM_KEYS.map((key) => ({ key, value: victimValue(round, sequence) })),
      ),
    ),
    each('queue', (sequence) =>
      queue.add({ id: `${round}/${sequence}`, tenant: 'default', sizeBytes: 1, data: sequence }),
    ),
    each('state', async (sequence) => {
      await state.set(`value ${sequence % 10}`, victimValue(round, sequence));
      const counter = await state.getVersioned('counter');
      const next = Number(counter?.value.toString() ?? 0) + 1;
      if (!(await state.compareAndSet('counter', counter?.version ?? 0, Buffer.from(String(next)))))
        say('conflict');
    }),
  ]);
}

/** Reads as one of a group, commits every batch, and hangs in a batch when told to. */
async function consume({ directory, leaseMs, hangAfter }: Orders): Promise<void> {
  const bus = embeddedBus({ directory: `${directory}/bus`, leaseMs });
  let read = 0;
  const subscription = await bus.subscribe({
    topics: [EVENTS_TOPIC],
    group: 'shared',
    maxMessages: 10,
    onAssigned: async (_: Topic, partition: number) => {
      say(`assigned ${partition}`);
      return undefined;
    },
    onRevoked: async (_: Topic, partition: number) => say(`revoked ${partition}`),
    onBatch: async ({ topic, partition, messages }) => {
      read += messages.length;
      if (read > hangAfter) {
        say(`hanging ${partition}`);
        await new Promise(() => undefined);
      }
      const next = (messages.at(-1)?.offset ?? 0) + 1;
      await subscription.commit(topic, partition, next);
      say(`committed ${partition} ${next}`);
    },
  });
}

/** Waits for its orders, so that a started process costs no time when it is needed. */
export function awaitOrders(): void {
  createInterface({ input: process.stdin }).once('line', (line) => {
    const orders: Orders = JSON.parse(line);
    setInterval(() => undefined, 60_000); // the ports' timers do not keep a process alive
    void (orders.part === 'write' ? write(orders) : consume(orders));
  });
}
