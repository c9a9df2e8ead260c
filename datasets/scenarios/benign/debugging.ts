import type { Activity } from '../scenario.ts';
import { maybe, root, workFolder, write } from '../ways.ts';

/** A program under development is debugged from outside. */
const inspected: Activity = {
  name: 'debugger-session',
  kind: 'build',
  often: 'weekly',
  as: 'either',
  needs: ['gcc', 'gdb', 'strace'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const name = `${folder}/${draw.word()}`;
    const what = draw.pick(['count', 'total', 'left', 'state']);
    return [
      `mkdir -p ${folder}`,
      write(
        draw,
        `${name}.c`,
        `#include <stdio.h>\n#include <unistd.h>\nint ${what} = ${draw.int(1, 9)};\nint step(int n) { ${what} += n; return ${what}; }\nint main(void) { for (int i = 0; i < ${draw.int(20, 60)}; i++) { step(i); sleep(1); } printf("%d\\n", ${what}); return 0; }`,
      ),
      `gcc -g -O0 -o ${name} ${name}.c`,
      ...draw.some(
        [
          `(${name} > /dev/null &); sleep 1; gdb -q -batch -p $(pgrep -f ${name} | head -1) -ex bt -ex 'print ${what}' -ex 'set var ${what} = ${draw.int(10, 99)}' -ex detach 2>&1 | tail -4`,
          `timeout 20 gdb -q -batch -ex 'break step' -ex run -ex 'info locals' -ex bt -ex kill ${name} 2>&1 | tail -4`,
          `timeout 3 strace -c ${name}`,
          `timeout 4 strace -f -o ${name}.log -e trace=write,clock_nanosleep ${name}; tail -2 ${name}.log`,
          `(${name} > /dev/null &); sleep 1; timeout 2 strace -p $(pgrep -f ${name} | head -1) 2>&1 | tail -2; pkill -f ${name}`,
          `(${name} > /dev/null &); sleep 1; gdb -q -batch -p $(pgrep -f ${name} | head -1) -ex 'call step(${draw.int(2, 9)})' -ex detach 2>&1 | tail -2`,
          `ulimit -c unlimited; ${name} & sleep 1; kill -SEGV $!`,
          `dd if=/proc/self/mem of=/dev/null bs=1 count=0; cat /proc/sys/kernel/yama/ptrace_scope 2>/dev/null`,
          `readelf -s ${name} | grep ${what}; objdump -d ${name} | grep -A4 '<step>'`,
        ],
        draw.int(2, 3),
      ),
      `pkill -f ${name}`,
      ...maybe(draw, 0.5, `rm -rf ${folder}`),
    ];
  },
};

/** A library of one's own stands before another: a fixed clock or a counter for tests. */
const preload: Activity = {
  name: 'library-for-tests-preloaded',
  kind: 'build',
  often: 'monthly',
  as: 'either',
  needs: ['gcc', 'perl', 'python3', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const name = `${draw.pick(['lib', ''])}${draw.word()}`;
    const so = `${folder}/${name}.so`;
    const { body, test } = draw.pick([
      {
        body: `#include <time.h>\ntime_t time(time_t *t) { time_t now = ${draw.int(1e9, 17e8)}; if (t) *t = now; return now; }`,
        test: `perl -e 'print time, "\\n"'`,
      },
      {
        body: `#include <stdlib.h>\n#include <string.h>\nchar *getenv(const char *n) { return strcmp(n, "LANG") ? NULL : "C"; }`,
        test: 'ls',
      },
      { body: `unsigned sleep(unsigned s) { (void)s; return 0; }`, test: `perl -e 'sleep 1; print "ok\\n"'` },
      {
        body: `#include <unistd.h>\nint gethostname(char *n, size_t l) { n[0] = 't'; n[l > 1] = 0; return 0; }`,
        test: 'hostname',
      },
      {
        body: `#define _GNU_SOURCE\n#include <dlfcn.h>\n#include <stdio.h>\nFILE *fopen(const char *p, const char *m) { FILE *(*f)(const char *, const char *) = dlsym(RTLD_NEXT, "fopen"); fprintf(stderr, "open %s\\n", p); return f(p, m); }`,
        test: 'grep -c root /etc/passwd',
      },
      {
        body: `__attribute__((constructor)) static void begin(void) { }\nint getuid(void) { return ${draw.int(1, 999)}; }`,
        test: 'id -u',
      },
    ]);
    return [
      `mkdir -p ${folder}`,
      write(draw, `${folder}/${name}.c`, body),
      `gcc -shared -fPIC -o ${so} ${folder}/${name}.c${draw.pick(['', ' -ldl'])}`,
      draw.pick([
        `LD_PRELOAD=${so} ${test}`,
        `env LD_PRELOAD=${so} ${test}`,
        `export LD_PRELOAD=${so}; ${test}; unset LD_PRELOAD`,
      ]),
      ...draw.some(
        [
          `LD_PRELOAD=${so} ${draw.pick(['date', 'ls -l', 'whoami', 'python3 -c "import time; print(time.time())"'])}`,
          `ldd ${so}; nm -D ${so} | tail -3`,
          `LD_LIBRARY_PATH=${folder} ${draw.pick(['ls', 'date', 'id'])}`,
          root(place, `install -m 644 ${so} /usr/local/lib/`),
          root(place, 'ldconfig'),
          `LD_DEBUG=libs LD_PRELOAD=${so} true 2>&1 | head -3`,
          root(place, `sh -c "echo ${folder} > /etc/ld.so.conf.d/${name}.conf"`),
        ],
        draw.int(1, 4),
      ),
      ...maybe(draw, 0.6, `rm -rf ${folder}`),
    ];
  },
};

export const DEBUGGING: readonly Activity[] = [inspected, preload];
