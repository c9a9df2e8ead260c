import type { Label } from '../datasets/label.ts';
import { sessionOf } from './cross-fit.ts';
import type { Pair } from './example.ts';
import { seededRandom, shuffled } from './random.ts';
import type { ReadCapture } from './weights.ts';

/** Labels that are as many as the true ones and tell nothing. */
export interface ShuffledLabels {
  readonly sessions: ReadonlyMap<string, Label>; // by sessionOf()
  readonly pairs: ReadonlyMap<string, readonly [Label, Label]>; // before and during, by pairKey()
}

const pairKey = (capture: string, place: number): string => `${place} of ${capture}`;

/**
 * The same labels on other sessions of machines, and those of pairs on other pairs, either way round. A session keeps
 * one label and with it its weight: were single windows shuffled, what windows weigh (by capture, once where equal)
 * would still tell the classes apart; were pairs only turned, that attacks come from marked machines alone would.
 */
export function shuffledLabels(read: readonly ReadCapture[], seed: number): ShuffledLabels {
  const random = seededRandom(seed);
  const known = new Map<string, Label>();
  for (const { capture, content } of read)
    for (const { host, label } of content.windows) {
      const session = sessionOf(capture, host);
      known.set(session, known.get(session) ?? label);
    }
  const labels = shuffled([...known.values()], random);
  const ofPairs = shuffled(
    read.flatMap(({ content }) =>
      content.pairs.map(({ before, during }) => [before.label, during.label] as const),
    ),
    random,
  ).values();
  const pairs = read.flatMap(({ capture, content }) =>
    content.pairs.map(({ before, during }, place) => {
      const [first, second] = ofPairs.next().value ?? [before.label, during.label];
      const turned = random() < 0.5 ? ([first, second] as const) : ([second, first] as const);
      return [pairKey(capture.id, place), turned] as const;
    }),
  );
  return {
    sessions: new Map([...known.keys()].map((session, place) => [session, labels[place] ?? 'unknown'])),
    pairs: new Map(pairs),
  };
}

/** Captures with shuffled labels, and without their marks, by which trees would still tell what the attack began. */
export function withLabels(
  read: readonly ReadCapture[],
  { sessions, pairs }: ShuffledLabels,
): readonly ReadCapture[] {
  return read.map(({ capture, content }) => ({
    capture: { ...capture, mark: null },
    content: {
      ...content,
      windows: content.windows.map((one) => ({
        ...one,
        label: sessions.get(sessionOf(capture, one.host)) ?? one.label,
      })),
      pairs: content.pairs.map(({ kind, before, during }, place): Pair => {
        const [first, second] = pairs.get(pairKey(capture.id, place)) ?? [before.label, during.label];
        return { kind, before: { ...before, label: first }, during: { ...during, label: second } };
      }),
    },
  }));
}
