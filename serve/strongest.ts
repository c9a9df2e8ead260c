/** A place takes the lower bits of a sorting key, so that equal values keep their order: more than a batch has edges. */
const PLACES = 2 ** 20;

/**
 * Places of the values from the largest down; equal values keep their order. The values become whole numbers, which
 * sort several times faster than anything that a function compares. They must be numbers.
 */
export function strongestFirst(values: Float32Array): Uint32Array {
  const bits = new Int32Array(values.buffer, values.byteOffset, values.length);
  const keys = new Float64Array(values.length);
  for (let place = 0; place < keys.length; place++) {
    const own = bits[place] ?? 0;
    // the bits of floats above 0 rise with them, those of floats below fall; -0 has the lowest and is as large as 0
    const fromLargest =
      own < 0 && own > -0x8000_0000 ? own + 0x1_0000_0000 : 0x7fff_ffff - (own & 0x7fff_ffff);
    keys[place] = fromLargest * PLACES + place;
  }
  keys.sort();
  const places = new Uint32Array(keys.length);
  for (let rank = 0; rank < places.length; rank++) {
    const key = keys[rank] ?? 0;
    places[rank] = key - Math.floor(key / PLACES) * PLACES;
  }
  return places;
}

/** The first `most` of strongestFirst(), without putting the rest in order. */
export function strongest(values: Float32Array, most: number): number[] {
  const places: number[] = [];
  for (let place = 0; place < values.length; place++) {
    const value = values[place] ?? 0;
    let at = places.length;
    if (at < most) places.push(place);
    else if (value <= (values[places[--at] ?? 0] ?? 0)) continue;
    for (; at > 0 && (values[places[at - 1] ?? 0] ?? 0) < value; at--) places[at] = places[at - 1] ?? 0;
    places[at] = place;
  }
  return places;
}
