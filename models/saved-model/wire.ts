// The wire format of protocol buffers, as far as a SavedModel needs it: writing only.
// https://protobuf.dev/programming-guides/encoding/

/** A message's bytes, or a part of one: fields may be put one after the other in any order. */
export type Bytes = Uint8Array;

/** A field that is a whole number or a boolean; negative numbers are written as 64-bit two's complement. */
export function wholeField(field: number, value: number): Bytes {
  return Buffer.concat([varint(field << 3), varint(value)]);
}

/** A field of 4 bytes. */
export function floatField(field: number, value: number): Bytes {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return Buffer.concat([varint((field << 3) | 5), bytes]);
}

/** A field that is a text, raw bytes or a message within the message. */
export function bytesField(field: number, value: string | Bytes): Bytes {
  const bytes = typeof value === 'string' ? Buffer.from(value) : value;
  return Buffer.concat([varint((field << 3) | 2), varint(bytes.length), bytes]);
}

/** A field that is a map from texts to messages. */
export function mapField(field: number, entries: Readonly<Record<string, Bytes>>): Bytes {
  return message(
    Object.entries(entries).map(([key, value]) =>
      bytesField(field, message([bytesField(1, key), bytesField(2, value)])),
    ),
  );
}

/** Fields together. */
export function message(fields: readonly Bytes[]): Bytes {
  return Buffer.concat(fields);
}

function varint(value: number): Bytes {
  const bytes: number[] = [];
  let rest = BigInt.asUintN(64, BigInt(value));
  do {
    const low = Number(rest & 0x7fn);
    rest >>= 7n;
    bytes.push(rest > 0n ? low | 0x80 : low);
  } while (rest > 0n);
  return Uint8Array.from(bytes);
}
