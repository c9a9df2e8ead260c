import { readdirSync, readFileSync } from 'node:fs';

/** What a process and all below it have used. */
export interface Usage {
  readonly cpuSeconds: number;
  /** Memory of their own: without the pages of files that are only mapped, which the system takes back at will. */
  readonly memoryBytes: number;
}

/** Linux counts processor time in hundredths of a second for programs. */
const CLOCK_TICKS = 100;

interface Counted {
  readonly pid: number;
  readonly parent: number;
  readonly cpuSeconds: number;
  readonly memoryBytes: number;
}

/** Processor time and memory of a process tree, from /proc (proc(5)): Linux only. */
export function usageOf(root: number): Usage {
  const processes = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => {
      try {
        return [counted(Number(name))];
      } catch {
        return []; // it ended between the listing and the reading
      }
    });
  const family = new Set([root]);
  for (let size = 0; size < family.size; ) {
    size = family.size;
    for (const { pid, parent } of processes) if (family.has(parent)) family.add(pid);
  }
  const own = processes.filter(({ pid }) => family.has(pid));
  return {
    cpuSeconds: own.reduce((sum, { cpuSeconds }) => sum + cpuSeconds, 0),
    memoryBytes: own.reduce((sum, { memoryBytes }) => sum + memoryBytes, 0),
  };
}

function counted(pid: number): Counted {
  // the name in brackets may hold anything, so the fields are counted from behind it
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8')
    .replace(/^.*\) /s, '')
    .split(' ')
    .map(Number);
  const anonymous = /^RssAnon:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, 'utf8'))?.[1];
  return {
    pid,
    parent: fields[1] ?? 0,
    cpuSeconds: ((fields[11] ?? 0) + (fields[12] ?? 0)) / CLOCK_TICKS,
    memoryBytes: Number(anonymous ?? 0) * 1024,
  };
}
