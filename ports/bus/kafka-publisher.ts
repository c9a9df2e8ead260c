import { LogsterError } from '../../contracts/errors.ts';
import { TOPICS, type Topic } from '../../contracts/topics.ts';
import type { Telemetry } from '../telemetry/telemetry.ts';
import type { Message } from './bus.ts';
import { MESSAGE_BYTES, REQUEST_BYTES } from './kafka-place.ts';
import { partitionOf } from './partition-of.ts';

/** All partitions together; a broker takes 100 MB. */
const ALL_BYTES = 16 * 2 ** 20;
/** Key, headers and lengths beside a value. */
const OVERHEAD_BYTES = 100;
const RETRY_MS = 500;

/** One engine's producer: idempotent, waiting for all replicas. */
export interface RequestSender {
  connect(): Promise<void>;
  /** Stores the items, or throws. What is sent again, unchanged, is stored once. */
  send(items: readonly Item[]): Promise<void>;
  /** What helps after `send` threw: to send again, to send again under new numbers, or nothing. */
  remedyFor(error: unknown): 'again' | 'renumber' | undefined;
  /** What went wrong, for people. */
  reasonOf(error: unknown): string;
  /** Begins anew, with numbers that the broker has never seen. */
  renumber(): Promise<void>;
  close(): Promise<void>;
}

/** Messages of one `publish`, all confirmed or refused together. */
export interface Order {
  readonly topic: Topic;
  left: number; // messages not yet confirmed
  readonly done: () => void;
  readonly fail: (error: unknown) => void;
}

/** A message on its way, with the partition that its key belongs to. */
export interface Item {
  readonly order: Order;
  readonly message: Message;
  readonly partition: number;
  readonly bytes: number;
}

/**
 * Sends in the order of `publish` with one request under way, so that a retry cannot overtake; what is published
 * meanwhile shares the next request. The producer is idempotent and waits for all replicas: a request that is sent
 * again, unchanged, is stored once. While no broker answers, publishing waits; only a message that the broker will never
 * take is refused.
 */
export class KafkaPublisher {
  private readonly sender: RequestSender;
  private readonly telemetry: Telemetry;
  private items: Item[] = [];
  private sending: Promise<void> | undefined;
  private closed = false;

  constructor(sender: RequestSender, telemetry: Telemetry) {
    this.sender = sender;
    this.telemetry = telemetry;
  }

  connect(): Promise<void> {
    return this.sender.connect();
  }

  publish(topic: Topic, messages: readonly Message[]): Promise<void> {
    const { partitions } = TOPICS[topic];
    const tooLarge = messages.find((message) => bytesOf(message) > MESSAGE_BYTES - OVERHEAD_BYTES);
    if (tooLarge)
      return Promise.reject(
        new LogsterError(
          'input-invalid',
          `A message of ${bytesOf(tooLarge)} bytes is larger than topic ${topic} takes (${MESSAGE_BYTES})`,
        ),
      );
    return new Promise((done, fail) => {
      const order: Order = { topic, left: messages.length, done, fail };
      for (const message of messages)
        this.items.push({
          order,
          message,
          partition: partitionOf(message.key, partitions),
          bytes: bytesOf(message) + OVERHEAD_BYTES,
        });
      this.sending ??= this.sendAll();
    });
  }

  /** Waits for what was published, at most so long. */
  async close(withinMs: number): Promise<void> {
    const late = new Promise((resolve) => setTimeout(resolve, withinMs).unref());
    await Promise.race([this.sending, late]);
    this.closed = true;
    await Promise.race([this.sender.close(), late]);
  }

  private async sendAll(): Promise<void> {
    await Promise.resolve(); // what is published in the same turn goes together
    while (this.items.length > 0 && !this.closed) {
      const count = countOfRequest(this.items);
      await this.sendOrRefuse(this.items.slice(0, count));
      this.items = this.items.slice(count);
    }
    this.sending = undefined; // in the turn of the last look: what comes later begins anew
    for (const { order } of this.items) order.fail(new LogsterError('closed', 'The bus was closed'));
  }

  private async sendOrRefuse(items: readonly Item[]): Promise<void> {
    try {
      await this.send(items);
      for (const { order } of items) {
        order.left -= 1;
        if (order.left === 0) order.done();
      }
    } catch (error) {
      const orders = [...new Set(items.map(({ order }) => order))];
      if (orders.length === 1) orders[0]?.fail(error);
      else for (const order of orders) await this.sendOrRefuse(items.filter((item) => item.order === order));
    }
  }

  /** Tries until it is stored; throws what no trying again can mend. */
  private async send(items: readonly Item[]): Promise<void> {
    const { sender, telemetry } = this;
    for (let tries = 0; ; tries += 1) {
      try {
        await sender.send(items);
        if (tries > 0) telemetry.log.info('Kafka took messages again', { tries });
        return;
      } catch (error) {
        const remedy = sender.remedyFor(error);
        if (this.closed || !remedy) throw error;
        telemetry.metrics.count('bus_publish_retries_total');
        const reason = sender.reasonOf(error);
        if (tries === 0) telemetry.log.warn('Kafka took no messages; they wait', { reason });
        await new Promise((resolve) => setTimeout(resolve, RETRY_MS));
        const mend = remedy === 'renumber' ? sender.renumber() : sender.connect();
        await mend.catch(() => undefined); // the next try says what is wrong
      }
    }
  }
}

function bytesOf({ key, value, headers = {} }: Message): number {
  let bytes = value.length + Buffer.byteLength(key);
  for (const [name, text] of Object.entries(headers)) bytes += name.length + Buffer.byteLength(text);
  return bytes;
}

/** As many items as one request holds: a batch per partition within a broker's limit, at least one item. */
function countOfRequest(items: readonly Item[]): number {
  const perPartition = new Map<string, number>();
  let all = 0;
  for (const [count, { order, partition, bytes }] of items.entries()) {
    const place = `${order.topic}/${partition}`;
    const there = (perPartition.get(place) ?? 0) + bytes;
    all += bytes;
    if (count > 0 && (there > REQUEST_BYTES || all > ALL_BYTES)) return count;
    perPartition.set(place, there);
  }
  return items.length;
}
