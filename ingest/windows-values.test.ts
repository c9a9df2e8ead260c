import { account, flag, guid, hashes, integer, text } from './windows-values.ts';

test('text() takes "-", nothing and null for none', () => {
  expect(['-', '', null, undefined, {}, []].map(text)).toEqual(Array(6).fill(undefined));
  expect(['a', 5, false].map(text)).toEqual(['a', '5', 'false']);
});

test('integer() reads decimal and hexadecimal, and nothing that a double cannot hold', () => {
  expect(['27', ' 27 ', '0x1B', 27, '-2'].map(integer)).toEqual([27, 27, 27, 27, -2]);
  expect(['', '2.5', '0x', '1e3', '0xffffffffffffffff', 2 ** 60, Number.NaN, null].map(integer)).toEqual(
    Array(8).fill(undefined),
  );
});

test('guid() gives lower case without braces, and none for zeroes or another text', () => {
  const bare = 'a158f72c-8827-5de8-0000-00109e7d9e00';
  expect([`{${bare}}`, bare, `{${bare.toUpperCase()}}`].map(guid)).toEqual([bare, bare, bare]);
  const zero = '{00000000-0000-0000-0000-000000000000}';
  expect([zero, '{}', 'x'.repeat(36), 5, null].map(guid)).toEqual(Array(5).fill(undefined));
});

test('flag() reads the ways to write true and false', () => {
  expect(['true', 'True', '1', 1, true].map(flag)).toEqual(Array(5).fill(true));
  expect(['false', 'False', '0', 0, false].map(flag)).toEqual(Array(5).fill(false));
  expect(['', 'yes', null].map(flag)).toEqual(Array(3).fill(undefined));
});

test('hashes() reads the algorithms that Sysmon knows', () => {
  expect(hashes('SHA1=AB,MD5=CD,SHA256=EF,IMPHASH=01')).toEqual({
    sha1: 'ab',
    md5: 'cd',
    sha256: 'ef',
    imphash: '01',
  });
  expect(hashes('constructor=AB, MD5=CD')).toEqual({ md5: 'cd' });
  expect(['-', '', 'AB', 'X=AB', null].map(hashes)).toEqual(Array(5).fill(undefined));
});

test('account() joins domain and name', () => {
  expect(account({ d: 'CORP', n: 'bo' }, 'd', 'n')).toBe('CORP\\bo');
  expect(account({ d: '-', n: 'bo' }, 'd', 'n')).toBe('bo');
  expect(account({ d: 'CORP', n: '-' }, 'd', 'n')).toBeUndefined();
});
