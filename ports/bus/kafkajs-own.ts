import { createRequire } from 'node:module';
import kafkajs, { type Assigner, AssignerProtocol, CompressionTypes, type PartitionAssigners } from 'kafkajs';
import { LogsterError } from '../../contracts/errors.ts';
import { type Codec, lz4Codec, snappyCodec, zstdCodec } from './kafka-codecs.ts';

/**
 * What kafkajs lacks and will not get (its last release is of 2023): codecs, a way to give partitions back before the
 * group is joined anew, and timers that Node 24 accepts. The two patches reach into its modules, so the version is exact.
 */
const PATCHED_VERSION = '2.2.4';

const load = createRequire(import.meta.url);
// CommonJS exports that Node does not find by name
const { KafkaJSError, CompressionCodecs } = kafkajs;

/** An assigner that is told, and waited for, before its consumer joins a group (again). */
export interface AwareAssigner extends Assigner {
  readonly beforeJoin: () => Promise<void>;
}

interface ConsumerGroupClass {
  readonly prototype: { joinAndSync(this: { readonly assigners: readonly Assigner[] }): Promise<void> };
}

interface RequestQueueClass {
  readonly prototype: {
    scheduleCheckPendingRequests(this: {
      throttledUntil: number;
      throttleCheckTimeoutId: NodeJS.Timeout | null;
      readonly pending: readonly unknown[];
      checkPendingRequests(): void;
    }): void;
  };
}

let isReady = false;

/** Patches and registers once; a message in any of Kafka's codecs can be read afterwards. */
export function prepareKafkajs(): void {
  if (isReady) return;
  isReady = true;
  const { version } = load('kafkajs/package.json') as { readonly version: string };
  if (version !== PATCHED_VERSION)
    throw new LogsterError(
      'config-invalid',
      `kafkajs is ${version}, but what Logster mends in it is of ${PATCHED_VERSION}; install that one`,
    );
  giveBackBeforeJoining(load('kafkajs/src/consumer/consumerGroup') as ConsumerGroupClass);
  scheduleInTheFuture(load('kafkajs/src/network/requestQueue') as RequestQueueClass);
  for (const [type, codec] of [
    [CompressionTypes.Snappy, snappyCodec],
    [CompressionTypes.LZ4, lz4Codec],
    [CompressionTypes.ZSTD, zstdCodec],
  ] as const)
    CompressionCodecs[type] = () => kafkajsCodec(codec);
}

/**
 * kafkajs joins again at once when a group rebalances, and only afterwards tells what it lost. Whoever gets a partition
 * next would then read the state that this consumer is still writing. Batches have ended when this is called.
 */
function giveBackBeforeJoining({ prototype }: ConsumerGroupClass): void {
  const joinAndSync = prototype.joinAndSync;
  prototype.joinAndSync = async function () {
    for (const assigner of this.assigners) await (assigner as Partial<AwareAssigner>).beforeJoin?.();
    return joinAndSync.call(this);
  };
}

/** kafkajs asks for timers in the past (its issue 1751), at which Node warns from version 24 on. */
function scheduleInTheFuture({ prototype }: RequestQueueClass): void {
  const CHECK_MS = 10; // kafkajs' own CHECK_PENDING_REQUESTS_INTERVAL
  prototype.scheduleCheckPendingRequests = function () {
    if (this.throttleCheckTimeoutId) return;
    const throttledMs = this.throttledUntil - Date.now();
    const waitMs = throttledMs > 0 ? throttledMs : this.pending.length > 0 ? CHECK_MS : 1;
    this.throttleCheckTimeoutId = setTimeout(() => {
      this.throttleCheckTimeoutId = null;
      this.checkPendingRequests();
    }, waitMs);
  };
}

function kafkajsCodec(codec: Codec) {
  return {
    compress: async (encoder: { readonly buffer: Buffer }) => codec.compress(encoder.buffer),
    decompress: async (data: Buffer) => codec.decompress(data),
  };
}

/**
 * Gives partition n of every topic to the same member, so that topics with the same keys can be read in step; is told
 * before each join.
 */
export function awareAssigner(beforeJoin: () => Promise<void>) {
  const name = 'LogsterByNumber';
  return ({ cluster }: Parameters<typeof PartitionAssigners.roundRobin>[0]): AwareAssigner => ({
    ...{ name, version: 1, beforeJoin },
    async assign({ members, topics }) {
      const ids = members.map(({ memberId }) => memberId).sort();
      const shares = new Map<string, Record<string, number[]>>(ids.map((id) => [id, {}]));
      for (const topic of topics)
        for (const { partitionId } of cluster.findTopicPartitionMetadata(topic)) {
          const share = shares.get(ids[partitionId % ids.length] ?? '') ?? {};
          share[topic] = [...(share[topic] ?? []), partitionId];
        }
      return [...shares].map(([memberId, assignment]) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 1,
          assignment,
          userData: Buffer.alloc(0),
        }),
      }));
    },
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 1, topics, userData: Buffer.alloc(0) }),
    }),
  });
}

/** Gives every member one and the same partition: for tools that read one without sharing it. */
export function soleAssigner(topic: string, partition: number) {
  const name = 'LogsterSole';
  return (): Assigner => ({
    name,
    version: 0,
    assign: async ({ members }) =>
      members.map(({ memberId }) => ({
        memberId,
        memberAssignment: AssignerProtocol.MemberAssignment.encode({
          version: 0,
          assignment: { [topic]: [partition] },
          userData: Buffer.alloc(0),
        }),
      })),
    protocol: ({ topics }) => ({
      name,
      metadata: AssignerProtocol.MemberMetadata.encode({ version: 0, topics, userData: Buffer.alloc(0) }),
    }),
  });
}

/** What kafkajs calls final though it passes: a coordinator is found once its broker has read its log again. */
const PASSING = /^KafkaJS(GroupCoordinatorNotFound|Timeout|LockTimeout|NumberOfRetriesExceeded)$/;

/** Whether asking again may help; kafkajs hides the reason behind causes. */
export function isRetriable(error: unknown): boolean {
  const { cause } = error as { readonly cause?: unknown };
  if (cause instanceof KafkaJSError && cause !== error) return isRetriable(cause);
  return error instanceof KafkaJSError && (error.retriable || PASSING.test(error.name));
}
