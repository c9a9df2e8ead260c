import type { KafkaMessage } from 'kafkajs';
import type { Topic } from '../../contracts/topics.ts';
import type { Received } from './bus.ts';

/** A message as the port has it. */
export function received(message: KafkaMessage, topic: Topic, partition: number): Received {
  const headers = Object.entries(message.headers ?? {}).flatMap(([name, value]) =>
    value === undefined ? [] : [[name, String(Array.isArray(value) ? value[0] : value)] as const],
  );
  return {
    topic,
    partition,
    offset: Number(message.offset),
    key: message.key?.toString() ?? '',
    value: message.value ?? Buffer.alloc(0),
    headers: Object.fromEntries(headers),
    publishedAt: Number(message.timestamp) / 1000,
  };
}
