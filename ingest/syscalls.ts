import { ARM64, I386, X86_64 } from './syscalls-tables.ts';

/** An architecture whose system calls we know by number. */
export type Architecture = 'x86_64' | 'i386' | 'arm64';

/** AUDIT_ARCH_* of the kernel's `linux/audit.h` (ELF machine with the 64-bit and little-endian bits), and names. */
const ARCHITECTURES: ReadonlyMap<string, Architecture> = new Map([
  ['c000003e', 'x86_64'],
  ['x86_64', 'x86_64'],
  ['x86-64', 'x86_64'],
  ['amd64', 'x86_64'],
  ['40000003', 'i386'],
  ['i386', 'i386'],
  ['i486', 'i386'],
  ['i586', 'i386'],
  ['i686', 'i386'],
  ['c00000b7', 'arm64'],
  ['aarch64', 'arm64'],
  ['arm64', 'arm64'],
]);

const TABLES: Readonly<Record<Architecture, string>> = { x86_64: X86_64, i386: I386, arm64: ARM64 };

/** Calls of the x32 ABI are those of x86-64 with this bit set. */
const X32_BIT = 0x40000000;

const read: { names?: ReadonlySet<string>; byNumber: Map<Architecture, ReadonlyMap<number, string>> } = {
  byNumber: new Map(),
};

/** The architecture by its audit number in hex, with or without `0x`, or by its name. */
export function architectureOf(text: string): Architecture | undefined {
  const plain = text.toLowerCase();
  return ARCHITECTURES.get(plain.startsWith('0x') ? plain.slice(2) : plain);
}

/** The name of a system call; undefined when the architecture or the number is not known. */
export function syscallName(architecture: Architecture | undefined, number: number): string | undefined {
  if (architecture === undefined) return undefined;
  const plain = architecture === 'x86_64' && number >= X32_BIT ? number - X32_BIT : number;
  return tableOf(architecture).get(plain);
}

/** True for the name of a system call of any known architecture. */
export function isSyscall(name: string): boolean {
  read.names ??= new Set(
    (['x86_64', 'i386', 'arm64'] as const).flatMap((architecture) => [...tableOf(architecture).values()]),
  );
  return read.names.has(name);
}

function tableOf(architecture: Architecture): ReadonlyMap<number, string> {
  const known = read.byNumber.get(architecture);
  if (known !== undefined) return known;
  const table = new Map<number, string>();
  let next = 0;
  for (const word of TABLES[architecture].trim().split(/\s+/)) {
    if (/^\d+$/.test(word)) next = Number(word);
    else table.set(next++, word);
  }
  read.byNumber.set(architecture, table);
  return table;
}
