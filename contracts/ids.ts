import { createHash } from 'node:crypto';

/** Namespaces of our name-based UUIDs, each itself a version 5 UUID of "logster.<kind>" in the DNS namespace. */
const DNS = Buffer.from('6ba7b8109dad11d180b400c04fd430c8', 'hex');

/**
 * A name-based UUID (RFC 9562, version 5): the same parts always give the same id, so that a redelivery
 * changes nothing downstream.
 */
export function idOf(
  kind: 'event' | 'window' | 'inference' | 'alert' | 'batch' | 'feedback',
  ...parts: readonly string[]
): string {
  return uuid5(NAMESPACES[kind], parts.join('\u001f'));
}

function uuid5(namespace: Buffer, name: string): string {
  const digest = createHash('sha1').update(namespace).update(name).digest();
  digest[6] = ((digest[6] ?? 0) & 0x0f) | 0x50;
  digest[8] = ((digest[8] ?? 0) & 0x3f) | 0x80;
  const hex = digest.toString('hex');
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20, 32)}`;
}

const namespaceOf = (kind: string): Buffer =>
  Buffer.from(uuid5(DNS, `logster.${kind}`).replaceAll('-', ''), 'hex');

const NAMESPACES = {
  event: namespaceOf('event'),
  window: namespaceOf('window'),
  inference: namespaceOf('inference'),
  alert: namespaceOf('alert'),
  batch: namespaceOf('batch'),
  feedback: namespaceOf('feedback'),
};
