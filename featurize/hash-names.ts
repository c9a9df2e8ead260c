/** FNV-1a, 32 bit (Fowler, Noll, Vo): small, fast and the same everywhere. */
export function hash32(text: string): number {
  let hash = 0x811c9dc5;
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193);
  // FNV's low bits mix poorly for short texts: one finishing round of MurmurHash3
  hash = Math.imul(hash ^ (hash >>> 16), 0x85ebca6b);
  return (hash ^ (hash >>> 13)) >>> 0;
}

/**
 * Adds tokens to `width` places by signed hashing (Weinberger et al., 2009): collisions cancel on average
 * instead of adding up. Scaled by the root of their number, so that a long name weighs as much as a short one.
 */
export function writeHashed(
  out: Float32Array,
  place: number,
  width: number,
  tokens: readonly string[],
): void {
  if (tokens.length === 0) return;
  const step = 1 / Math.sqrt(tokens.length);
  for (const token of tokens) {
    const hash = hash32(token);
    const at = place + (hash % width);
    out[at] = (out[at] ?? 0) + (hash >>> 31 === 1 ? step : -step);
  }
  for (let at = place; at < place + width; at++) out[at] = Math.max(-4, Math.min(4, out[at] ?? 0));
}

/** Overlapping runs of three characters of a name in lower case, digits folded, its ends marked. At most 64. */
export function trigrams(name: string): string[] {
  const text = `^${name.toLowerCase().replace(/\d+/g, '#').slice(0, 62)}$`;
  const grams: string[] = [];
  for (let i = 0; i + 3 <= text.length; i++) grams.push(text.slice(i, i + 3));
  return grams;
}

const OPTION = /(?:^|\s)(--?[a-z][a-z-]{0,20}|\/[a-z]{1,12})(?=[\s:=]|$)/gi;
const COMMANDLET =
  /\b(?:get|set|new|invoke|start|stop|add|remove|import|export|out|write|convertto|convertfrom|select|where|foreach|test|enter|copy|move|register|unregister|enable|disable|clear)-[a-z]{2,30}\b|\.[a-z]{4,24}\(|\[[a-z.]{4,40}\]::[a-z0-9]{2,24}/gi;

/**
 * The words of a command line that say how something is done: options, cmdlets and method names. Free words
 * are left out since they name people, machines and folders.
 */
export function behaviourWords(text: string): string[] {
  const words: string[] = [];
  for (const match of text.matchAll(OPTION)) words.push((match[1] ?? '').toLowerCase());
  for (const match of text.matchAll(COMMANDLET)) words.push(match[0].toLowerCase());
  return words.slice(0, 64);
}
