import type { Feature } from './feature-table.ts';
import { placesOf } from './feature-table.ts';
import { trigrams, writeHashed } from './hash-names.ts';

/** How a system call ended, in the order of the places of `operations`. */
export const SYSCALL_OPS = ['succeeded', 'failed'] as const;
export type SyscallOp = (typeof SYSCALL_OPS)[number];

const CLASSES: readonly (readonly [string, RegExp])[] = [
  ['identity', /^set(re|res|fs)?[ug]id|^setgroups|^capset|^keyctl|^add_key/],
  ['memory', /^memfd|^mprotect|^mmap|^process_vm|^userfaultfd|^mremap|^shm/],
  ['tracing', /^ptrace|^process_vm|^kcmp|^perf_event/],
  ['kernel', /module|^bpf|^kexec|^iopl|^ioperm|^reboot|^syslog|^swapo/],
  ['namespaces', /^u?mount|^umount|^unshare|^setns|^pivot_root|^chroot|^move_mount|^fsopen|^open_tree/],
  ['signals', /kill$|^pidfd_send|^rt_sig|^sigaction/],
  ['processes', /^clone|^v?fork|^exec|^exit|^wait|^prctl|^setsid|^setpgid|^personality/],
  [
    'files',
    /^open|^unlink|^rename|link|^ch(mod|own)|^fch|^l?chown|^mk|^rmdir|xattr|^utime|^truncate|^creat|^stat|^access/,
  ],
  ['network', /socket|^connect|^accept|^bind|^listen|^send|^recv|^getsock|^setsockopt|^shutdown/],
  ['clock', /time|^adjtimex|^clock_|^nanosleep/],
];

const NAME_WIDTH = 12;

/** Features of a system call by name. */
export const SYSCALL_TABLE = [
  {
    name: 'nameHash',
    unit: 'signed hash of trigrams',
    reason: 'tells calls of one class apart; 12 places keep a dozen trigrams apart',
    width: NAME_WIDTH,
  },
  {
    name: 'class',
    unit: `0 or 1: ${CLASSES.map(([name]) => name).join(', ')}`,
    reason: 'what a call is for',
    width: 10,
  },
  { name: 'operations', unit: 'share of its events', reason: 'refused calls show attempts', width: 2 },
  { name: 'rarity', unit: '1 / log2(1 + processes)', reason: 'what one process alone calls is telling' },
] as const satisfies readonly Feature[];

const AT = placesOf(SYSCALL_TABLE);

/** Where `writeUse` puts what was seen of a call. */
export const SYSCALL_USE = { operations: AT.operations, count: 2, marks: 0, bits: 0, rarity: AT.rarity };

/** Writes what a call's name says. */
export function writeSyscall(out: Float32Array, name: string): void {
  writeHashed(out, AT.nameHash, NAME_WIDTH, trigrams(name));
  CLASSES.forEach(([, rule], i) => {
    out[AT.class + i] = rule.test(name) ? 1 : 0;
  });
}
