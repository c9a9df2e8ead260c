import type { Label } from '../datasets/label.ts';
import { sessionOf } from './cross-fit.ts';
import type { Pair } from './example.ts';
import { seededRandom, shuffled } from './random.ts';
import type { ReadCapture } from './weights.ts';

/**
 * The same labels on other sessions of machines, and each pair the right way round or the wrong one by chance. A
 * session keeps one label and with it its weight: were single windows shuffled, what windows weigh (by capture,
 * once where equal) would still tell the classes apart.
 */
export function withShuffledLabels(read: readonly ReadCapture[], seed: number): readonly ReadCapture[] {
  const random = seededRandom(seed);
  const first = new Map<string, Label>();
  for (const { capture, content } of read)
    for (const { host, label } of content.windows) {
      const session = sessionOf(capture, host);
      first.set(session, first.get(session) ?? label);
    }
  const labels = shuffled([...first.values()], random);
  const given = new Map([...first.keys()].map((session, place) => [session, labels[place] ?? 'unknown']));
  const turned = (pair: Pair): Pair => {
    if (random() < 0.5) return pair;
    const { before, during } = pair;
    return {
      ...pair,
      before: { ...before, label: during.label },
      during: { ...during, label: before.label },
    };
  };
  return read.map(({ capture, content }) => ({
    capture,
    content: {
      ...content,
      windows: content.windows.map((one) => ({
        ...one,
        label: given.get(sessionOf(capture, one.host)) ?? one.label,
      })),
      pairs: content.pairs.map(turned),
    },
  }));
}
