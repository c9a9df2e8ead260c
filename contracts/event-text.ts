/**
 * An event message's fields without what arrived, which is most of its text. The normaliser writes `raw_event` last;
 * undefined for text of another order, or with the same words elsewhere: read that whole.
 */
export function withoutRaw(value: Buffer): unknown {
  const cut = value.indexOf(',"raw_event":');
  if (cut < 0) return undefined;
  try {
    return JSON.parse(`${value.toString('utf8', 0, cut)}}`);
  } catch {
    return undefined; // the caller reads it whole, which tells what is wrong
  }
}
