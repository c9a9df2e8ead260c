const SEED = 0x9747b28c;
const MIX = 0x5bd1e995;

/**
 * The partition of a key as Kafka's default partitioner gives it: murmur2 of the key's UTF-8 bytes, sign bit
 * off, modulo the count (org.apache.kafka.common.utils.Utils.murmur2), so that a move to Kafka keeps placement.
 */
export function partitionOf(key: string, partitions: number): number {
  return (murmur2(Buffer.from(key)) & 0x7fffffff) % partitions;
}

/** Austin Appleby's MurmurHash2, 32 bit, with Kafka's seed; the result is a signed 32-bit integer. */
export function murmur2(bytes: Buffer): number {
  const length = bytes.length;
  let hash = SEED ^ length;
  const whole = length - (length % 4);
  for (let at = 0; at < whole; at += 4) {
    let word = Math.imul(bytes.readInt32LE(at), MIX);
    word ^= word >>> 24;
    hash = Math.imul(hash, MIX) ^ Math.imul(word, MIX);
  }
  if (length > whole) {
    for (let at = length - 1; at >= whole; at -= 1) hash ^= (bytes[at] ?? 0) << (8 * (at - whole));
    hash = Math.imul(hash, MIX);
  }
  hash ^= hash >>> 13;
  hash = Math.imul(hash, MIX);
  return hash ^ (hash >>> 15);
}
