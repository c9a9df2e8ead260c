import { corrections, isCorrected, parseLabels } from './corrections.ts';

const entry = {
  capture: 'c1',
  host: 'DC.shire.com',
  label: 'unknown',
  because: 'wmiprvse starts the marked command here',
};
const file = (...entries: unknown[]) => JSON.stringify({ corrections: entries });

test('our own labels file is in order and every entry says why', () => {
  expect(corrections().length).toBeGreaterThan(0);
  for (const { because } of corrections()) expect(because).toMatch(/command/);
});

test('isCorrected() does not mind the case of a host', () => {
  const [one] = corrections();
  expect(isCorrected(one!.capture, one!.host.toUpperCase())).toBe(true);
  expect(isCorrected(one!.capture, 'another')).toBe(false);
});

test.each([
  ['no reason', file({ ...entry, because: '' }), /because/],
  ['a label that we do not give', file({ ...entry, label: 'benign' }), /label/],
  ['a misspelt field', file({ ...entry, reason: 'x' }), /reason/],
  ['the same machine twice', file(entry, { ...entry, host: 'dc.SHIRE.com' }), /twice/],
  ['what is no JSON', '{', /l\.json is not JSON/],
])('parseLabels() refuses %s', (_, text, message) => {
  expect(() => parseLabels(text, 'l.json')).toThrow(message);
});

test('parseLabels() reads what is right', () => {
  expect(parseLabels(file(entry), 'l.json')).toEqual([entry]);
});
