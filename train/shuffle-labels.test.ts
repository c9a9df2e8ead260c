import { testCapture, testExample } from './example-fixtures.ts';
import { shuffledLabels, withLabels } from './shuffle-labels.ts';
import type { ReadCapture } from './weights.ts';

const mark = { start: '2024-05-01T10:00:00Z', end: '2024-05-01T10:02:00Z' };

const read = Array.from({ length: 20 }, (_, at) => {
  const label = at < 8 ? ('attack' as const) : ('benign' as const);
  return ['auditd', 'ebpf'].map((view) => {
    const captureId = `${at} ${view}`;
    const windows = [1, 2, 3].map((feature) => testExample({ label, captureId, feature }));
    return {
      capture: testCapture({ id: captureId, run: `run ${at}`, attack_window: mark }),
      content: {
        windows,
        pairs: [
          {
            kind: 'marked' as const,
            before: testExample({ label: 'benign' }),
            during: testExample({ label }),
          },
        ],
        parsing: { lines: 0, events: 0, dropped: {}, dead: 0, error: null },
      },
    };
  });
}).flat();

const withShuffled = (captures: readonly ReadCapture[], seed: number) =>
  withLabels(captures, shuffledLabels(captures, seed));

const labelsOf = (captures: readonly ReadCapture[]) =>
  captures.map(({ content }) => content.windows.map((one) => one.label));

const pairLabels = (captures: readonly ReadCapture[]) =>
  captures.flatMap(({ content }) => content.pairs.map(({ before, during }) => [before.label, during.label]));

test('labels move to other runs as a whole, as many of each, and the same for the same seed', () => {
  const before = labelsOf(read);
  const after = labelsOf(withShuffled(read, 1));
  expect(after).not.toEqual(before);
  expect(after.flat().sort()).toEqual(before.flat().sort());
  for (const labels of after) expect(new Set(labels).size).toBe(1);
  for (let run = 0; run < after.length; run += 2) expect(after[run]).toEqual(after[run + 1]);
  expect(labelsOf(withShuffled(read, 1))).toEqual(after);
  const pairs = pairLabels(withShuffled(read, 1));
  expect(pairs).not.toEqual(pairLabels(read));
  expect(pairs.map((pair) => pair.sort().join()).sort()).toEqual(
    pairLabels(read)
      .map((pair) => pair.sort().join())
      .sort(),
  );
  expect(labelsOf(withShuffled(read, 2))).not.toEqual(after);
});

test('no mark is left by which an attack could be told', () => {
  expect(read.some(({ capture }) => capture.mark !== null)).toBe(true);
  expect(withShuffled(read, 1).every(({ capture }) => capture.mark === null)).toBe(true);
});

test('a part of the captures, or the same renamed, gets the labels that all of them got together', () => {
  const labels = shuffledLabels(read, 1);
  const all = withLabels(read, labels);
  expect(labelsOf(withLabels(read.slice(6, 10), labels))).toEqual(labelsOf(all.slice(6, 10)));
  const renamed = read.map(({ capture, content }) => ({
    capture,
    content: { ...content, windows: content.windows.map((one) => ({ ...one, host: `x${one.host}` })) },
  }));
  expect(labelsOf(withLabels(renamed, labels))).toEqual(labelsOf(all)); // views of a run are one session
  expect(pairLabels(withLabels(renamed, labels))).toEqual(pairLabels(all));
});
