import type { Activity } from '../scenario.ts';
import { behind, maybe, remote, workFile, write } from '../ways.ts';

/** Which machines and ports answer is looked up, from the prompt or by a script. */
const reach: Activity = {
  name: 'reach-of-neighbours',
  kind: 'network',
  often: 'weekly',
  as: 'either',
  needs: ['nc', 'nmap', 'ping', 'python3', 'ss'],
  lines: (draw, place) => {
    const hosts = draw.some([...place.peers, place.address, '127.0.0.1'], draw.int(2, 5));
    const ports = draw.some(place.peerPorts, draw.int(2, 5));
    const script = workFile(draw, place, draw.pick(['.py', '.sh']));
    const body = script.endsWith('.py')
      ? `import socket\nfor host in ${JSON.stringify(hosts)}:\n    for port in ${JSON.stringify(ports)}:\n        s = socket.socket(); s.settimeout(1)\n        print(host, port, s.connect_ex((host, port)))\n        s.close()`
      : `for h in ${hosts.join(' ')}; do\n  for p in ${ports.join(' ')}; do\n    (timeout 1 bash -c "exec 3<>/dev/tcp/$h/$p") 2>/dev/null && echo "$h $p open"\n  done\ndone`;
    return [
      draw.pick(['ip addr | grep inet', 'ip route; ip neigh', 'cat /etc/hosts', 'hostname -I']),
      ...draw.some(
        [
          `for h in ${hosts.join(' ')}; do ping -c 1 -W 1 $h > /dev/null && echo $h up; done`,
          `timeout 30 nmap -sT -Pn -p ${ports.join(',')} ${hosts.join(' ')} | tail -8`,
          `timeout 20 nmap -sn ${hosts.join(' ')} | tail -4`,
          `timeout 40 nmap -sV --version-light -Pn -p ${ports.slice(0, 2).join(',')} ${hosts[0]} | tail -6`,
          `timeout 20 nmap -F 127.0.0.1 | tail -5`,
          `for p in ${ports.join(' ')}; do nc -zv -w 1 ${hosts[0]} $p; done`,
          `nc -z -v -w 1 ${hosts[0]} ${Math.min(...ports)}-${Math.min(...ports) + draw.int(2, 9)} 2>&1 | grep succ`,
          `for h in ${hosts.join(' ')}; do for p in ${ports.join(' ')}; do timeout 1 bash -c "echo > /dev/tcp/$h/$p" 2>/dev/null && echo $h:$p; done; done`,
          `${write(draw, script, body)}\n${script.endsWith('.py') ? 'python3' : 'bash'} ${script}`,
          `getent hosts ${hosts.join(' ')}; ss -s | head -3`,
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, `rm -f ${script}`, 'ss -tan | tail -4'),
    ];
  },
};

/** A loop tells whether services answer and how loaded the machine is. */
const watch: Activity = {
  name: 'watch-kept',
  kind: 'administration',
  often: 'weekly',
  as: 'either',
  needs: ['curl', 'nc', 'ss', 'python3'],
  lines: (draw, place) => {
    const script = workFile(draw, place, draw.pick(['.sh', '']));
    const log = workFile(draw, place, '.log');
    const { host, port } = remote(draw, place);
    const measure = draw.some(
      [
        'cat /proc/loadavg',
        'free -m | sed -n 2p',
        'df / | tail -1',
        'ps aux | wc -l',
        'ss -tan | wc -l',
        `nc -z -w 2 ${host} ${port} && echo up`,
        `curl -s -m 3 -o /dev/null -w '%{http_code}\\n' http://${host}:${port}/health`,
        'who | wc -l',
        'ls /tmp | wc -l',
        'vmstat | tail -1',
        'stat -c %s /var/log/syslog 2>/dev/null',
      ],
      draw.int(2, 4),
    );
    const send = draw.chance(0.4)
      ? `\n  curl -s -m 5 --data-binary @/proc/loadavg http://${host}:${port}/beat > /dev/null`
      : '';
    const [rounds, pause] = [draw.int(3, 12), draw.int(2, 8)];
    return [
      ...draw.pick([
        [
          write(
            draw,
            script,
            `#!/bin/bash\nfor i in $(seq ${rounds}); do\n  { date +%T; ${measure.join('; ')}; } >> ${log} 2>&1${send}\n  sleep ${pause}\ndone`,
          ),
          `chmod +x ${script}`,
          behind(draw, script),
          `sleep ${draw.int(5, 30)}`,
        ],
        [`for i in $(seq ${Math.min(rounds, 6)}); do ${measure[0]}; sleep ${pause}; done`],
        [
          `timeout ${draw.int(6, 20)} bash -c 'while sleep ${pause}; do ${measure[1]?.replaceAll("'", '"')}; done'`,
        ],
        [`(while sleep ${pause}; do uptime; done > ${log} & p=$!; sleep ${draw.int(10, 30)}; kill $p)`],
        [`timeout ${draw.int(5, 15)} tail -f /var/log/syslog 2>/dev/null | head -3`, 'vmstat 1 3'],
      ]),
      ...draw.some(
        [
          `tail -5 ${log}`,
          `pkill -f ${script}`,
          'top -bn1 | head -6',
          `ls -la ${log}`,
          'uptime',
          `grep -c . ${log}`,
          'ps -eo pid,ppid,user,%cpu,cmd --sort=-%cpu | head -5',
        ],
        draw.int(2, 4),
      ),
      ...maybe(draw, 0.5, `pkill -f ${script}; rm -f ${script} ${log}`),
    ];
  },
};

/** Bytes go over a connection between two ends of one's own, to see that they arrive. */
const transfer: Activity = {
  name: 'transfer-measured',
  kind: 'network',
  often: 'monthly',
  as: 'either',
  needs: ['nc', 'socat', 'curl', 'python3', 'openssl'],
  lines: (draw, place) => {
    const [port = 20_000, other = 20_001] = place.ports;
    const { host, port: far } = remote(draw, place);
    const file = workFile(draw, place, draw.pick(['.bin', '.dat', '.img']));
    const got = `${file}.got`;
    return [
      `head -c ${draw.int(20, 900)}k /dev/urandom > ${file}`,
      ...draw.pick([
        [
          `(timeout 20 nc -l ${place.address} ${port} > ${got} &); sleep 1; timeout 10 nc -N ${place.address} ${port} < ${file}`,
        ],
        [
          `(timeout 20 socat -u TCP-LISTEN:${port},reuseaddr OPEN:${got},creat &); sleep 1; socat -u OPEN:${file} TCP:127.0.0.1:${port}`,
        ],
        [
          `(cd $(dirname ${file}) && timeout 20 python3 -m http.server ${port} --bind ${place.address} > /dev/null 2>&1 &)`,
          `sleep 1; curl -s -w '%{speed_download}\\n' -o ${got} http://${place.address}:${port}/$(basename ${file})`,
        ],
        [
          `time curl -s -T ${file} http://${host}:${far}/speed; curl -s -w '%{time_total}\\n' -o ${got} http://${host}:${far}/${draw.word()}.bin`,
        ],
        [
          `(timeout 25 socat TCP-LISTEN:${port},fork,reuseaddr TCP:${host}:${far} &); sleep 1; curl -s -o ${got} -w '%{size_download}\\n' http://127.0.0.1:${port}/${draw.word()}`,
        ],
        [
          `(timeout 20 socat UNIX-LISTEN:${file}.s,fork EXEC:'cat ${file}' &); sleep 1; socat -u UNIX-CONNECT:${file}.s - > ${got}`,
        ],
        [
          `(timeout 25 ncat -l ${other} 2>/dev/null || timeout 20 nc -l -p ${other} > ${got} 2>/dev/null &); sleep 1; timeout 10 bash -c 'cat ${file} > /dev/tcp/127.0.0.1/${other}'`,
        ],
        [`base64 ${file} | timeout 10 nc -q 1 ${host} ${far} | base64 -d > ${got} 2>/dev/null`],
      ]),
      ...draw.some(
        [
          `sha256sum ${file} ${got} 2>/dev/null`,
          `ls -l ${file}*`,
          `cmp ${file} ${got} && echo same`,
          'ss -tan | tail -3',
          'cat /proc/net/dev | tail -1',
          `gzip -c ${file} | wc -c`,
          `openssl dgst -md5 ${file}`,
        ],
        draw.int(1, 3),
      ),
      ...maybe(draw, 0.8, `rm -f ${file}*`),
    ];
  },
};

export const NETWORK_CHECKS: readonly Activity[] = [reach, watch, transfer];
