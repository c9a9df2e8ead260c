import type { Label } from '../datasets/label.ts';
import { sessionOf } from './cross-fit.ts';
import type { Pair } from './example.ts';
import { seededRandom, shuffled } from './random.ts';
import type { ReadCapture } from './weights.ts';

/**
 * The same labels on other sessions of machines, and those of pairs on other pairs, either way round. A session keeps
 * one label and with it its weight: were single windows shuffled, what windows weigh (by capture, once where equal)
 * would still tell the classes apart; were pairs only turned, that attacks come from marked machines alone would.
 */
export function withShuffledLabels(read: readonly ReadCapture[], seed: number): readonly ReadCapture[] {
  const random = seededRandom(seed);
  const known = new Map<string, Label>();
  for (const { capture, content } of read)
    for (const { host, label } of content.windows) {
      const session = sessionOf(capture, host);
      known.set(session, known.get(session) ?? label);
    }
  const labels = shuffled([...known.values()], random);
  const given = new Map([...known.keys()].map((session, place) => [session, labels[place] ?? 'unknown']));
  const ofPairs = shuffled(
    read.flatMap(({ content }) => content.pairs.map(({ before, during }) => [before.label, during.label])),
    random,
  ).values();
  const relabelled = ({ kind, before, during }: Pair): Pair => {
    const pair = ofPairs.next().value ?? [];
    const [first = before.label, second = during.label] = random() < 0.5 ? pair : pair.toReversed();
    return { kind, before: { ...before, label: first }, during: { ...during, label: second } };
  };
  return read.map(({ capture, content }) => ({
    capture: { ...capture, mark: null }, // by which trees would still tell what the attack began
    content: {
      ...content,
      windows: content.windows.map((one) => ({
        ...one,
        label: given.get(sessionOf(capture, one.host)) ?? one.label,
      })),
      pairs: content.pairs.map(relabelled),
    },
  }));
}
