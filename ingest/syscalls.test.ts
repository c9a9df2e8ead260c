import { architectureOf, isSyscall, syscallName } from './syscalls.ts';
import { absolutePath } from './syscalls-values.ts';

describe('syscallName()', () => {
  test.each([
    ['c000003e', 0, 'read'],
    ['c000003e', 59, 'execve'],
    ['c000003e', 257, 'openat'],
    ['c000003e', 334, 'rseq'],
    ['c000003e', 424, 'pidfd_send_signal'],
    ['c000003e', 0x40000000 + 59, 'execve'],
    ['40000003', 11, 'execve'],
    ['40000003', 102, 'socketcall'],
    ['40000003', 362, 'connect'],
    ['c00000b7', 221, 'execve'],
    ['c00000b7', 56, 'openat'],
    ['c00000b7', 79, 'newfstatat'],
    ['c00000b7', 203, 'connect'],
    ['aarch64', 435, 'clone3'],
    ['x86_64', 462, 'mseal'],
    ['i386', 469, 'file_setattr'],
  ])('%s %i is %s', (architecture, number, name) => {
    expect(syscallName(architectureOf(architecture), number)).toBe(name);
  });

  test('does not guess', () => {
    expect(syscallName(architectureOf('c000003e'), 340)).toBeUndefined();
    expect(syscallName(architectureOf('c00000b7'), 244)).toBeUndefined();
    expect(architectureOf('constructor')).toBeUndefined();
    expect(syscallName(undefined, 59)).toBeUndefined();
    expect(isSyscall('ptrace')).toBe(true);
    expect(isSyscall('toString')).toBe(false);
  });
});

test.each([
  ['/a/b', '/x', '/a/b'],
  ['b', '/a', '/a/b'],
  ['../b', '/a/c', '/a/b'],
  ['../../../../etc/passwd', '/a', '/etc/passwd'],
  ['/a//./b/../c', undefined, '/a/c'],
  ['b', undefined, 'b'],
  ['b', 'relative', 'b'],
  ['pipe:[123]', '/a', 'pipe:[123]'],
  ['@abstract', '/a', '@abstract'],
])('absolutePath(%j, %j) is %s', (path, folder, absolute) => {
  expect(absolutePath(path, folder)).toBe(absolute);
});
