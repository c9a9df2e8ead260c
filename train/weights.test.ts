import { testCapture, testExample } from './example-fixtures.ts';
import { pairExamples, type ReadCapture, windowExamples } from './weights.ts';

const parsing = { lines: 0, events: 0, dropped: {}, dead: 0, error: null };

function read(id: string, label: 'attack' | 'benign', windows: number, lab = 'l'): ReadCapture {
  const examples = Array.from({ length: windows }, (_, at) =>
    testExample({ captureId: id, label, feature: at }),
  );
  const [before, during] = [testExample({ label: 'benign' }), testExample({ label: 'attack' })];
  const pairs = label === 'attack' ? [{ kind: 'marked' as const, before, during }] : [];
  return { capture: testCapture({ id, lab }), content: { windows: examples, pairs, parsing } };
}

const captures = [
  read('a', 'attack', 4),
  read('b', 'attack', 1),
  read('c', 'benign', 16),
  read('d', 'benign', 1, 'other'),
];
const massOf = (examples: ReturnType<typeof windowExamples>, id: string) =>
  examples.filter((one) => one.capture.id === id).reduce((sum, one) => sum + one.weight, 0);

test('classes weigh the same, captures and labs with the square root of what they hold', () => {
  const examples = windowExamples(captures);
  const attack = massOf(examples, 'a') + massOf(examples, 'b');
  expect(attack).toBeCloseTo(massOf(examples, 'c') + massOf(examples, 'd'), 6);
  expect(massOf(examples, 'a') / massOf(examples, 'b')).toBeCloseTo(2, 6);
  expect(massOf(examples, 'c') / massOf(examples, 'd')).toBeCloseTo(2, 6); // 4 for its windows, 1/2 for its lab
});

test('equal graphs of one capture and label count once', () => {
  const twice = read('a', 'attack', 2);
  const windows = [...twice.content.windows, ...twice.content.windows];
  expect(windowExamples([{ ...twice, content: { ...twice.content, windows } }])).toHaveLength(2);
});

test('pairs weigh before and during the same and together what is asked for', () => {
  const examples = pairExamples(captures, 40);
  const mass = (label: string) =>
    examples.filter((one) => one.example.label === label).reduce((sum, one) => sum + one.weight, 0);
  expect(mass('attack')).toBeCloseTo(20, 6);
  expect(mass('benign')).toBeCloseTo(20, 6);
});
