import type { CellOutput } from './ipynb.ts';
import { difference } from './same-outputs.ts';

const shown = (data: Record<string, unknown>): CellOutput => ({ output_type: 'execute_result', data });
const said = (text: string | string[]): CellOutput => ({ output_type: 'stream', name: 'stdout', text });
const svg = (text: string): CellOutput[] => [shown({ 'image/svg+xml': text })];

test('difference() lets the last digits of computed numbers differ', () => {
  expect(difference(svg('<path d="M1.204,7.5e-3"/>'), svg('<path d="M1.2042,7.5004e-3"/>'))).toBeNull();
  expect(difference(svg('x 0.734'), svg('x 0.735'))).toBeNull();
});

test('difference() tells every other difference', () => {
  expect(difference(svg('x 0.73'), svg('x 0.77'))).toContain('0.77');
  expect(difference(svg('6 alarms'), svg('7 alarms'))).toContain('7');
  expect(difference(svg('sudo 0.7'), svg('bash 0.7'))).toContain('bash');
  expect(difference(svg('a 0.7'), svg('a 0.7 b 0.1'))).toContain('0.1');
  expect(difference(svg('a 0.7 b 0.1'), svg('a 0.7'))).not.toBeNull();
  expect(difference(svg('a'), [shown({ 'text/html': 'a' })])).toContain('gone');
  expect(difference(svg('a'), [])).toContain('gone');
  expect(difference([], svg('a'))).toContain('new');
});

test('difference() does not mind how a kernel cuts texts into lines, outputs and keys', () => {
  expect(difference([said(['one\n', 'two\n'])], [said('one\n'), said('two\n')])).toBeNull();
  const mime = 'application/vnd.vegalite.v5+json';
  expect(
    difference([shown({ [mime]: { title: 'a', width: 1 } })], [shown({ [mime]: { width: 1, title: 'a' } })]),
  ).toBeNull();
});
