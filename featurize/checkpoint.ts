import { LogsterError } from '../contracts/errors.ts';
import { EVENTS_TOPIC, TOPICS } from '../contracts/topics.ts';
import type { State } from '../ports/state/state.ts';
import type { PaneRef, PaneStore } from './window-snapshot.ts';

/** Where a partition's reader stood. */
export interface Standing {
  /** The first message that is not part of it. */
  readonly offset: number;
  /** When the last message that is part of it was published, epoch seconds. */
  readonly publishedAt: number;
}

/** A standing with everything that was kept there, for `SlidingWindows.restore()`. */
export interface Checkpoint extends Standing {
  readonly windows: Buffer;
  readonly paneAt: (ref: PaneRef) => Buffer;
}

/**
 * The checkpoints of one partition. A pane that is complete is written once, into a segment; a checkpoint is the
 * open panes and references to segments. So its cost follows from what is new, not from all that is kept.
 */
export interface Checkpoints {
  /** The last one, or undefined when there is none. Throws schema-mismatch for a form or a segment unknown. */
  read(): Promise<Checkpoint | undefined>;
  /** Stores one in place of the one before: segments first, so that a kill leaves the old one whole. */
  write(standing: Standing, snapshot: (panes: PaneStore) => Buffer): Promise<void>;
}

/** `LGC` and the number of the form; then offset, publishedAt (f64), first and next segment (u32). */
const MAGIC = 0x4c474302;
const HEAD_BYTES = 4 + 8 + 8 + 4 + 4;
/** Once the log has let go of the messages behind it, a checkpoint leads nowhere. */
const TTL_SECONDS = TOPICS[EVENTS_TOPIC].retentionHours * 3600;

/** Opens the checkpoints of a partition in `state`. */
export function partitionCheckpoints(state: State, partition: number): Checkpoints {
  const headKey = `featurize/checkpoint/${partition}`;
  const segmentKey = (segment: number): string => `${headKey}/segment/${segment}`;
  let firstSegment = 0;
  let nextSegment = 0;

  async function readSegments(): Promise<Map<number, Buffer>> {
    const segments = new Map<number, Buffer>();
    for (let segment = firstSegment; segment < nextSegment; segment++) {
      const bytes = await state.get(segmentKey(segment));
      if (bytes) segments.set(segment, bytes);
    }
    return segments;
  }

  return {
    async read() {
      const bytes = await state.get(headKey);
      if (!bytes) return undefined;
      if (bytes.length < HEAD_BYTES || bytes.readUInt32BE(0) !== MAGIC) {
        throw new LogsterError(
          'schema-mismatch',
          `The checkpoint ${headKey} has a form that is not known here`,
        );
      }
      firstSegment = bytes.readUInt32BE(20);
      nextSegment = bytes.readUInt32BE(24);
      const segments = await readSegments();
      return {
        offset: bytes.readDoubleBE(4),
        publishedAt: bytes.readDoubleBE(12),
        windows: bytes.subarray(HEAD_BYTES),
        paneAt({ segment, from, length }) {
          const found = segments.get(segment);
          if (found && from + length <= found.length) return found.subarray(from, from + length);
          throw new LogsterError('schema-mismatch', `The checkpoint ${headKey} lacks its segment ${segment}`);
        },
      };
    },
    async write({ offset, publishedAt }, snapshot) {
      const fresh: Buffer[] = [];
      let from = 0;
      let oldest = nextSegment;
      const windows = snapshot({
        put(bytes) {
          fresh.push(bytes);
          from += bytes.length;
          return { segment: nextSegment, from: from - bytes.length, length: bytes.length };
        },
        keep: (ref) => {
          oldest = Math.min(oldest, ref.segment);
        },
      });
      if (fresh.length > 0) {
        await state.set(segmentKey(nextSegment), Buffer.concat(fresh), TTL_SECONDS);
        nextSegment += 1;
      }
      const head = Buffer.alloc(HEAD_BYTES);
      head.writeUInt32BE(MAGIC, 0);
      head.writeDoubleBE(offset, 4);
      head.writeDoubleBE(publishedAt, 12);
      head.writeUInt32BE(oldest, 20);
      head.writeUInt32BE(nextSegment, 24);
      await state.set(headKey, Buffer.concat([head, windows]), TTL_SECONDS);
      for (; firstSegment < oldest; firstSegment++) await state.delete(segmentKey(firstSegment));
    },
  };
}
