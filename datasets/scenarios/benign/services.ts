import type { Service } from '../scenario.ts';

/** What runs on a machine without anybody at it: started by root at the session's begin, in the background. */
export const SERVICES: readonly Service[] = [
  {
    name: 'cron-daemon',
    kind: 'cron',
    as: 'root',
    needs: ['cron', 'crontab'],
    lines: (draw) => {
      const script = `/root/scripts/${draw.word()}.sh`;
      return [
        `printf '#!/bin/sh\\nfind /srv -type f | wc -l > /var/tmp/${draw.word()}\\ndf / >> /var/log/${draw.word()}.log\\n' > ${script}; chmod +x ${script}`,
        `printf '*/${draw.int(1, 3)} * * * * ${script}\\n* * * * * date >> /var/log/${draw.word()}.log\\n' | crontab -`,
        '/usr/sbin/cron',
      ];
    },
  },
  {
    name: 'web-application',
    kind: 'web',
    as: 'root',
    needs: ['python3', 'curl'],
    lines: (draw, place) => [
      `cd /var/www/html && (python3 -m http.server ${place.ports[0]} --bind ${place.address} >> /var/log/${draw.word()}.log 2>&1 &) ; cd`,
      `(while :; do curl -s http://${place.address}:${place.ports[0]}/ > /dev/null; sleep ${draw.int(8, 40)}; done &)`,
    ],
  },
  {
    name: 'metrics-agent',
    kind: 'network',
    as: 'root',
    needs: ['curl'],
    lines: (draw, place) => {
      const agent = `/opt/${draw.word()}-agent`;
      return [
        `printf '#!/bin/bash\\nwhile :; do read -r load _ < /proc/loadavg; curl -s -m 5 -d "load=$load" http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}/metrics > /dev/null; sleep ${draw.int(15, 60)}; done\\n' > ${agent}; chmod +x ${agent}`,
        `nohup ${agent} > /dev/null 2>&1 &`,
      ];
    },
  },
  {
    name: 'redis-with-writer',
    kind: 'database',
    as: 'root',
    needs: ['redis-server', 'redis-cli'],
    lines: (draw, place) => [
      `redis-server --port ${place.ports[1]} --daemonize yes --dir /var/tmp --save ${draw.int(30, 120)} 1 > /dev/null`,
      `(while :; do redis-cli -p ${place.ports[1]} set ${draw.word()} $RANDOM > /dev/null; sleep ${draw.int(5, 30)}; done &)`,
    ],
  },
  {
    name: 'job-worker',
    kind: 'data',
    as: 'root',
    needs: ['python3'],
    lines: (draw) => {
      const folder = `/srv/${draw.word()}`;
      return [
        `mkdir -p ${folder}/in ${folder}/done`,
        `(while :; do f=${folder}/in/$RANDOM.job; date > $f; sort $f > $f.out; mv $f $f.out ${folder}/done/; sleep ${draw.int(10, 45)}; done &)`,
      ];
    },
  },
  {
    name: 'log-writer',
    kind: 'administration',
    as: 'root',
    needs: ['gzip'],
    lines: (draw) => {
      const log = `/var/log/${draw.word()}.log`;
      return [
        `(while :; do echo "$(date) ${draw.word()}" >> ${log}; [ $(stat -c %s ${log}) -gt ${draw.int(800, 3000)} ] && gzip -f ${log}; sleep ${draw.int(5, 20)}; done &)`,
      ];
    },
  },
  {
    name: 'ssh-daemon-with-checks',
    kind: 'network',
    as: 'root',
    needs: ['sshd', 'ssh-keygen', 'nc'],
    lines: (draw, place) => {
      const port = place.ports[2];
      return [
        `mkdir -p /run/sshd; ssh-keygen -A > /dev/null; /usr/sbin/sshd -p ${port}`,
        `(while sleep ${draw.int(10, 40)}; do nc -z -w 2 127.0.0.1 ${port} || echo down >> /var/log/${draw.word()}.log; done &)`,
      ];
    },
  },
  {
    name: 'rounds-of-backup',
    kind: 'administration',
    as: 'root',
    needs: ['tar'],
    lines: (draw) => {
      const kept = `/srv/backup/${draw.word()}`;
      const script = `/usr/local/${draw.pick(['bin', 'sbin'])}/${draw.word()}`;
      return [
        `printf '#!/bin/bash\nmkdir -p ${kept}\nwhile :; do tar czf ${kept}/$(date +%%s).tgz ${draw.pick(['/opt', '/var/www', '/etc/ssh /etc/hosts'])} 2> /dev/null; ls -t ${kept}/* | tail -n +${draw.int(3, 8)} | xargs -r rm -f; sleep ${draw.int(20, 70)}; done\n' > ${script}; chmod 755 ${script}`,
        `setsid ${script} > /dev/null 2>&1 < /dev/null &`,
      ];
    },
  },
  {
    name: 'spool-watcher',
    kind: 'data',
    as: 'root',
    needs: ['python3'],
    lines: (draw) => {
      const spool = `/var/spool/${draw.word()}`;
      const script = `/opt/${draw.word()}.py`;
      return [
        `mkdir -p ${spool}/new ${spool}/cur && cat > ${script} <<'END'\nimport os, subprocess, time\nbase = "${spool}"\nwhile True:\n    for name in os.listdir(f"{base}/new"):\n        with open(f"{base}/new/{name}") as f:\n            size = len(f.read())\n        os.rename(f"{base}/new/{name}", f"{base}/cur/{name}")\n        subprocess.run(["/bin/sh", "-c", f"echo {size} >> {base}/sizes; date >> {base}/last"])\n    for old in sorted(os.listdir(f"{base}/cur"))[:-${draw.int(5, 20)}]:\n        os.unlink(f"{base}/cur/{old}")\n    time.sleep(${draw.int(3, 9)})\nEND`,
        `nohup python3 ${script} > /dev/null 2>&1 &`,
        `(n=0; while sleep ${draw.int(6, 25)}; do n=$((n+1)); w > ${spool}/.t; mv ${spool}/.t ${spool}/new/$n.msg; done > /dev/null 2>&1 &)`,
      ];
    },
  },
  {
    name: 'inventory-agent',
    kind: 'network',
    as: 'root',
    needs: ['curl'],
    lines: (draw, place) => {
      const agent = `/usr/lib/${draw.word()}/${draw.word()}`;
      const gather = draw.some(
        [
          'uname -a',
          'id',
          'ps aux',
          'df -h',
          'ss -tln',
          'cat /etc/passwd',
          'ip addr',
          'free',
          'cat /etc/os-release',
          'who',
          'uptime',
        ],
        draw.int(3, 6),
      );
      return [
        `mkdir -p $(dirname ${agent}); cat > ${agent} <<'END'\n#!/bin/sh\nwhile :; do\n  ( ${gather.join('; ')} ) > /run/${draw.word()} 2>&1\n  curl -s -m 5 --data-binary @/proc/loadavg http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}/${draw.word()} > /dev/null\n  sleep ${draw.int(20, 60)}\ndone\nEND`,
        `chmod +x ${agent}; (${agent} > /dev/null 2>&1 &)`,
      ];
    },
  },
  {
    name: 'api-with-database',
    kind: 'web',
    as: 'root',
    needs: ['node', 'sqlite3', 'curl'],
    lines: (draw, place) => {
      const folder = `/srv/${draw.word()}`;
      const at = `${place.address}:${place.ports[3]}`;
      return [
        `mkdir -p ${folder}; sqlite3 ${folder}/a.db 'create table t(at text, n integer)'; cat > ${folder}/server.js <<'END'\nconst { execFile } = require('child_process');\nrequire('http').createServer((q, r) => execFile('sqlite3', ['${folder}/a.db', "insert into t values(datetime(), 1); select count(*) from t"], (e, out) => r.end(out))).listen(${place.ports[3]}, '${place.address}');\nEND`,
        `cd ${folder} && (node server.js > server.log 2>&1 &) ; cd`,
        `(while sleep ${draw.int(8, 30)}; do curl -s -m 5 ${at}/${draw.word()} >> ${folder}/answers; done &)`,
      ];
    },
  },
];
