import type { Topic } from '../../contracts/topics.ts';

/** A message to publish. Messages of one key stay in order. */
export interface Message {
  readonly key: string;
  readonly value: Buffer;
  readonly headers?: Readonly<Record<string, string>>;
}

/** Where a message lies. Offsets grow by one within a partition, beginning at 0. */
export interface Position {
  readonly topic: Topic;
  readonly partition: number;
  readonly offset: number;
}

export interface Received extends Message, Position {
  readonly headers: Readonly<Record<string, string>>;
  readonly publishedAt: number; // epoch seconds
}

/** What a consumer gets: messages of one partition, in order, never empty. */
export interface Batch {
  readonly topic: Topic;
  readonly partition: number;
  readonly messages: readonly Received[];
  /** Messages of this partition that lie behind this batch. 0 means that the consumer has caught up. */
  readonly remaining: number;
  /** What lies from this offset on is given again with the next batch, once this one has been worked on. */
  giveBackFrom(offset: number): void;
  /** True once the partition belongs to another consumer: stop, and commit nothing. */
  isStale(): boolean;
}

export interface Consumer {
  readonly topics: readonly Topic[];
  readonly group: string;
  /** Called with one batch at a time per partition. What it throws stops the consumer (see `failed`). */
  readonly onBatch: (batch: Batch) => Promise<void>;
  /**
   * Called before the first batch of a partition that this consumer was given. It may answer the offset to
   * start from (a stage that keeps its own checkpoint); else the group's committed offset, or 0.
   */
  readonly onAssigned?: (topic: Topic, partition: number) => Promise<number | undefined>;
  /** Called when a partition goes to another consumer or this one closes, after its last batch. */
  readonly onRevoked?: (topic: Topic, partition: number) => Promise<void>;
  /** At most so many messages a batch (default 500). */
  readonly maxMessages?: number;
}

export interface Subscription {
  /** Everything of the partition before `offset` is done: a restart goes on from there. */
  commit(topic: Topic, partition: number, offset: number): Promise<void>;
  /** No further batches until `resume()`. Back-pressure: what is published waits in the log. */
  pause(): void;
  resume(): void;
  /** Ends with what made the consumer stop; never ends while it runs; ends quietly on close. */
  readonly failed: Promise<void>;
  /** Waits for the running batches, gives the partitions back. */
  close(): Promise<void>;
}

/**
 * A durable log. Promise: order per key; at least once; consumers of a group share the partitions, each
 * partition has one consumer at a time; nothing that `publish` confirmed is lost when the process is killed.
 */
export interface Bus {
  /** Confirmed when durable. All or nothing is not promised across partitions. */
  publish(topic: Topic, messages: readonly Message[]): Promise<void>;
  subscribe(consumer: Consumer): Promise<Subscription>;
  /** Messages behind the group's committed offsets, per partition. */
  lag(group: string, topic: Topic): Promise<readonly number[]>;
  /** Reads without a group, for tools: up to `limit` messages from `offset` on. */
  read(topic: Topic, partition: number, offset: number, limit: number): Promise<readonly Received[]>;
  /** The first and the next offset of every partition of a topic. */
  offsets(topic: Topic): Promise<readonly { readonly first: number; readonly next: number }[]>;
  close(): Promise<void>;
}
