import { Producer } from '@platformatic/kafka';
import type { KafkaPlace } from './kafka-place.ts';
import type { Item, RequestSender } from './kafka-publisher.ts';
import type { Compression } from './kafka-settings.ts';
import { clientOptions, dropConnections, isLate } from './platformatic-client.ts';
import { innermostReason, isKafkaError, isPassing } from './platformatic-errors.ts';

/** The library counts messages of a partition beyond the 31 bits that Kafka has for them; long before, it begins anew. */
const MESSAGES_A_NUMBERING = 2 ** 30;
const ACKS_ALL = -1;

/** Stores requests through @platformatic/kafka. */
export function platformaticSender(
  place: KafkaPlace,
  prefix: string,
  compression: Compression,
): RequestSender {
  const producer = new Producer<Buffer, Buffer, Buffer, Buffer>({
    ...clientOptions(place),
    retries: 2,
    idempotent: true,
    acks: ACKS_ALL,
    compression,
    repeatOnStaleMetadata: true,
  });
  const stored = new WeakSet<Item>();
  let numbered = 0;
  let isSpoilt = false;

  async function renumber(): Promise<void> {
    await producer.initIdempotentProducer({});
    numbered = 0;
    isSpoilt = false;
  }

  return {
    async connect() {
      await producer.metadata({});
    },
    async send(items) {
      if (isSpoilt || numbered > MESSAGES_A_NUMBERING) await renumber();
      const left = items.filter((item) => !stored.has(item));
      numbered += left.length;
      try {
        await producer.send({ messages: left.map((item) => messageOf(item, prefix)) });
      } catch (error) {
        // Another broker's share may have been stored, under numbers that are used up: it must not go again.
        const places = placesStored(error);
        for (const item of left) if (places.has(placeOf(item, prefix))) stored.add(item);
        if (isLate(error)) dropConnections(producer); // the library loses its place when a late answer comes
        if (isPassing(error) || isKafkaError(error, ...LOST_NUMBERS)) throw error;
        isSpoilt = true; // parts of what is refused may go again, in other company
        throw new Error(innermostReason(error), { cause: error });
      }
    },
    remedyFor(error) {
      if (isKafkaError(error, ...LOST_NUMBERS)) return 'renumber';
      return isPassing(error) ? 'again' : undefined;
    },
    reasonOf: innermostReason,
    renumber,
    close: () => producer.close(),
  };
}

/** The broker does not know this producer's numbers any more. */
const LOST_NUMBERS = [
  'UNKNOWN_PRODUCER_ID',
  'INVALID_PRODUCER_EPOCH',
  'INVALID_PRODUCER_ID_MAPPING',
  'OUT_OF_ORDER_SEQUENCE_NUMBER',
  'PRODUCER_FENCED',
] as const;

const placeOf = ({ order, partition }: Item, prefix: string): string =>
  `${prefix}${order.topic}/${partition}`;

function placesStored(error: unknown): ReadonlySet<string> {
  const { produced } = error as { readonly produced?: { readonly offsets?: readonly Produced[] } };
  return new Set((produced?.offsets ?? []).map(({ topic, partition }) => `${topic}/${partition}`));
}

interface Produced {
  readonly topic: string;
  readonly partition: number;
}

function messageOf({ order, message, partition }: Item, prefix: string) {
  const { key, value, headers = {} } = message;
  return {
    topic: prefix + order.topic,
    partition,
    key: Buffer.from(key),
    value,
    headers: new Map(Object.entries(headers).map(([name, text]) => [Buffer.from(name), Buffer.from(text)])),
  };
}
