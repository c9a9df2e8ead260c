import { LogsterError } from '../contracts/errors.ts';
import { EVENTS_TOPIC, TOPICS } from '../contracts/topics.ts';
import type { State } from '../ports/state/state.ts';

/** Where a partition's reader stood, and everything it kept there. */
export interface Checkpoint {
  /** The first message that is not part of it. */
  readonly offset: number;
  /** When the last message that is part of it was published, epoch seconds. */
  readonly publishedAt: number;
  /** What `SlidingWindows.snapshot()` gave. */
  readonly windows: Buffer;
}

/** `LGCP` and the number of the form. */
const MAGIC = 0x4c474301;
const HEAD_BYTES = 4 + 8 + 8;
/** Once the log has let go of the messages behind it, a checkpoint leads nowhere. */
const TTL_SECONDS = TOPICS[EVENTS_TOPIC].retentionHours * 3600;

const keyOf = (partition: number): string => `featurize/checkpoint/${partition}`;

/** Stores a partition's checkpoint in place of the one before. */
export async function writeCheckpoint(state: State, partition: number, point: Checkpoint): Promise<void> {
  const head = Buffer.alloc(HEAD_BYTES);
  head.writeUInt32BE(MAGIC, 0);
  head.writeDoubleBE(point.offset, 4);
  head.writeDoubleBE(point.publishedAt, 12);
  await state.set(keyOf(partition), Buffer.concat([head, point.windows]), TTL_SECONDS);
}

/** The partition's last checkpoint, or undefined when there is none. Throws schema-mismatch for another form. */
export async function readCheckpoint(state: State, partition: number): Promise<Checkpoint | undefined> {
  const bytes = await state.get(keyOf(partition));
  if (!bytes) return undefined;
  if (bytes.length < HEAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) {
    throw new LogsterError(
      'schema-mismatch',
      `The checkpoint ${keyOf(partition)} has a form that this version does not know; delete it to begin without`,
    );
  }
  return {
    offset: bytes.readDoubleBE(4),
    publishedAt: bytes.readDoubleBE(12),
    windows: bytes.subarray(HEAD_BYTES),
  };
}
