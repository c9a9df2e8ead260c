import fc from 'fast-check';
import { splitArray } from './split-array.ts';

const split = (text: string) => splitArray(Buffer.from(text))?.map(String);

test('splitArray() gives the elements as they were written', () => {
  expect(split('\uFEFF [ {"a": [1,2]} ,\n{"b":"],}\\""}, 3 ]\n')).toEqual([
    '{"a": [1,2]}',
    '{"b":"],}\\""}',
    '3',
  ]);
  expect(split('[]')).toEqual([]);
});

test('splitArray() leaves what is no array', () => {
  expect(split('{"a":[1]}')).toBeUndefined();
  expect(split('')).toBeUndefined();
  expect(split('type=SYSCALL')).toBeUndefined();
});

test('splitArray() keeps what follows damage as an element of its own', () => {
  expect(split('[{"a":1},{"b":"')).toEqual(['{"a":1}', '{"b":"']);
  expect(split('[1}2,3]')).toEqual(['1}2', '3']);
  expect(split('[1]{"c":3}')).toEqual(['1', '{"c":3}']);
});

test('splitArray() finds the elements of any JSON array', () => {
  fc.assert(
    fc.property(fc.array(fc.jsonValue()), fc.boolean(), (values, spaced) => {
      const elements = splitArray(Buffer.from(JSON.stringify(values, null, spaced ? 1 : 0)));
      expect(elements?.map((element) => JSON.parse(String(element)))).toEqual(
        JSON.parse(JSON.stringify(values)),
      );
    }),
  );
});
