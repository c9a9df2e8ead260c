import {
  type Broker,
  type fetchV17,
  IS_CONTROL,
  IS_TRANSACTIONAL,
  type KafkaRecord,
  type RecordsBatch,
} from '@platformatic/kafka';
import type { Topic } from '../../contracts/topics.ts';
import type { Received } from './bus.ts';
import type { PlatformaticClient } from './platformatic-client.ts';

type Response = Awaited<ReturnType<typeof fetchV17.api.async>>;
type PartitionResponse = Response['responses'][number]['partitions'][number];

/** Where to read on. */
export interface Place {
  readonly topic: Topic;
  readonly partition: number;
  readonly from: number; // offset
}

/** What lay there. `gone` when the offset is not, or no longer, in the log; `moved` when another broker leads. */
export interface Found {
  readonly place: Place;
  readonly state: 'found' | 'gone' | 'moved';
  readonly messages: readonly Received[];
  readonly next: number; // offset to read on from
  readonly end: number; // offset behind the last message of the partition
}

export interface FetchNeeds {
  readonly client: PlatformaticClient;
  readonly prefix: string;
  readonly partitionBytes: number;
}

const RESPONSE_BYTES = 16 * 2 ** 20;
const READ_COMMITTED = 1;
const OFFSET_OUT_OF_RANGE = 1;

/** One request to one broker; waits at most so long until there is something to give. Throws the library's errors. */
export async function fetchFrom(
  { client, prefix, partitionBytes }: FetchNeeds,
  places: readonly Place[],
  waitMs: number,
): Promise<readonly Found[]> {
  const names = [...new Set(places.map(({ topic }) => prefix + topic))];
  const { topics, brokers } = await client.metadata(names);
  const [first] = places;
  if (!first) return [];
  const leader = topics.get(prefix + first.topic)?.partitions[first.partition]?.leader;
  const asked = names.map((name) => ({
    topicId: topics.get(name)?.id ?? '',
    partitions: places
      .filter(({ topic }) => prefix + topic === name)
      .map((one) => request(one, partitionBytes)),
  }));
  const broker = leader === undefined ? undefined : brokers.get(leader);
  const response = await fetch(client, broker, asked, waitMs);
  return places.map((place) => {
    const id = topics.get(prefix + place.topic)?.id;
    const partitions = response.responses.find(({ topicId }) => topicId === id)?.partitions;
    return read(
      place,
      partitions?.find(({ partitionIndex }) => partitionIndex === place.partition),
    );
  });
}

function request({ partition, from }: Place, partitionMaxBytes: number) {
  const fetchOffset = BigInt(from);
  return { partition, currentLeaderEpoch: -1, fetchOffset, lastFetchedEpoch: -1, partitionMaxBytes };
}

/** The library throws all away when one partition has an error; the response is in what it throws. */
async function fetch(
  client: PlatformaticClient,
  broker: Broker | undefined,
  topics: Parameters<typeof fetchV17.api.async>[7],
  waitMs: number,
): Promise<Response> {
  try {
    return await client.ask(
      'Fetch',
      broker,
      waitMs,
      1,
      RESPONSE_BYTES,
      READ_COMMITTED,
      0,
      -1,
      topics,
      [],
      '',
    );
  } catch (error) {
    const { response } = error as { readonly response?: Response };
    if (response?.errorCode !== 0) throw error;
    return response;
  }
}

function read(place: Place, response: PartitionResponse | undefined): Found {
  const { from } = place;
  const nothing = { place, messages: [], next: from, end: from };
  if (!response) return { ...nothing, state: 'moved' };
  if (response.errorCode !== 0)
    return { ...nothing, state: response.errorCode === OFFSET_OUT_OF_RANGE ? 'gone' : 'moved' };
  const messages: Received[] = [];
  let next = from;
  for (const batch of committed(response)) {
    next = Number(batch.firstOffset) + batch.lastOffsetDelta + 1;
    if (batch.attributes & IS_CONTROL || batch.isAborted) continue;
    for (const record of batch.records) {
      const message = received(batch, record, place);
      if (message.offset >= from) messages.push(message); // a batch may begin before what was asked for
    }
  }
  return { place, state: 'found', messages, next, end: Number(response.highWatermark) };
}

/** Batches in order, with whether their transaction was given up. */
function* committed({ records = [], abortedTransactions }: PartitionResponse) {
  const aborted = (abortedTransactions ?? []).toSorted((a, b) => Number(a.firstOffset - b.firstOffset));
  const open = new Set<bigint>();
  for (const batch of records) {
    for (; aborted[0] && aborted[0].firstOffset <= batch.firstOffset; aborted.shift())
      open.add(aborted[0].producerId);
    const isAborted = (batch.attributes & IS_TRANSACTIONAL) !== 0 && open.has(batch.producerId);
    if (batch.attributes & IS_CONTROL) open.delete(batch.producerId); // it ends that producer's transaction
    yield { ...batch, isAborted };
  }
}

/** A message as the port has it. */
function received(batch: RecordsBatch, record: KafkaRecord, { topic, partition }: Place): Received {
  const headers = record.headers.map(([name, value]) => [
    String(name),
    value === null ? '' : value.toString(),
  ]);
  return {
    topic,
    partition,
    offset: Number(batch.firstOffset) + record.offsetDelta,
    key: record.key?.toString() ?? '',
    value: record.value ?? Buffer.alloc(0),
    headers: Object.fromEntries(headers),
    publishedAt: Number(batch.firstTimestamp + record.timestampDelta) / 1000,
  };
}
