import type { Activity } from '../scenario.ts';
import { link, maybe, remote, root, workFile, write } from '../ways.ts';

const FACTS = [
  'id',
  'whoami',
  'uname -a',
  'hostname',
  'cat /etc/os-release',
  'cat /etc/passwd',
  'ps aux',
  'df -h',
  'free -m',
  'ip addr',
  'ip route',
  'ss -tlnp',
  'env',
  'mount',
  'crontab -l',
  'ls -la /home',
  'cat /etc/hosts',
  'lscpu',
  'uptime',
  'last -n 10',
  'dpkg -l',
  'cat /proc/version',
  'ls -la /etc/cron.d',
  'w',
  'getent group',
  'cat /etc/resolv.conf',
  'ulimit -a',
  'lsblk',
  'ls /opt /srv',
] as const;

/** Somebody new on a machine finds out what it is and what is on it. */
const newcomer: Activity = {
  name: 'newcomer-looks-about',
  kind: 'interactive',
  often: 'monthly',
  as: 'either',
  needs: ['tree', 'lsof', 'file', 'less', 'sudo', 'crontab'],
  lines: (draw, place) => [
    ...draw
      .some(FACTS, draw.int(2, 5))
      .map((one) => (draw.chance(0.4) ? `${one} | head -${draw.int(3, 20)}` : one)),
    ...draw.some(
      [
        'sudo -n -l',
        'ls -la ~; cat ~/.bashrc | head -5',
        'cat ~/.bash_history | tail -5',
        'cat ~/.ssh/config ~/.ssh/authorized_keys 2>/dev/null',
        'ls -la /home/*/.ssh 2>/dev/null',
        'find / -maxdepth 2 -name "*.conf" -readable 2>/dev/null | head',
        'find /usr/bin /usr/sbin /usr/local -perm -4000 2>/dev/null',
        'find /opt /srv /var/www -type f 2>/dev/null | head -20',
        'for c in docker gcc python3 perl nc curl wget nmap; do command -v $c; done',
        'tree -L 2 /opt 2>/dev/null | head -20',
        'grep -rn password /opt 2>/dev/null | head -4',
        'cat /opt/*/config* 2>/dev/null | head',
        'file /bin/ls /opt/*/bin/* | head -4',
        'ls -lt /tmp /var/tmp | head; ls -la /dev/shm',
        'cat /proc/self/status | head -8; cat /proc/1/cmdline | tr "\\0" " "; ls -la /.dockerenv 2>/dev/null',
        "getent passwd | awk -F: '$7 ~ /sh$/ {print $1}'",
        `ls -la /var/spool/cron/crontabs /etc/cron.* 2>/dev/null | head -20`,
        root(place, 'tail -5 /var/log/auth.log'),
        'echo $PATH; echo $SHELL; type ls; alias',
        `ls -R ${place.home} | head -20; less ${place.home}/notes.txt | head -3`,
      ],
      draw.int(3, 8),
    ),
  ],
};

/** Facts of the machine are gathered in a file, for the list of all machines. */
const inventory: Activity = {
  name: 'facts-for-inventory',
  kind: 'administration',
  often: 'weekly',
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'nc', 'tar', 'crontab'],
  lines: (draw, place) => {
    const out = workFile(draw, place, draw.pick(['.txt', '', '.log', '.json']));
    const script = workFile(draw, place, draw.pick(['.sh', '.py']));
    const facts = draw.some(FACTS, draw.int(4, 10));
    const body = script.endsWith('.py')
      ? `import json, subprocess\nfacts = {c: subprocess.run(c, shell=True, capture_output=True, text=True).stdout for c in ${JSON.stringify(facts)}}\njson.dump(facts, open("${out}", "w"))`
      : `#!/bin/bash\n{\n${facts.join('\n')}\n} > ${out} 2>&1`;
    const { host, port } = remote(draw, place);
    return [
      ...draw.pick([
        [write(draw, script, body), `${script.endsWith('.py') ? 'python3' : 'bash'} ${script}`],
        [`(${facts.join('; ')}) > ${out} 2>&1`],
        [
          `for c in ${facts
            .slice(0, 6)
            .map((one) => `"${one}"`)
            .join(' ')}; do echo "== $c"; $c; done > ${out} 2>&1`,
        ],
        facts.slice(0, 5).map((one) => `${one} >> ${out} 2>&1`),
      ]),
      ...maybe(draw, 0.6, draw.pick([`wc ${out}`, `head -5 ${out}`, `ls -l ${out}`])),
      ...maybe(
        draw,
        0.7,
        draw.pick([
          `curl -s -T ${out} http://${host}:${port}/inventory/$(hostname)`,
          `curl -s --data-binary @${out} http://${host}:${port}/hosts > /dev/null`,
          `timeout 10 nc -q 1 ${host} ${port} < ${out} > /dev/null`,
          `gzip -c ${out} | curl -s -F f=@- http://${host}:${port}/`,
          `python3 -c "import urllib.request as u; u.urlopen('http://${host}:${port}/', open('${out}','rb').read())"`,
          `cp ${out} /var/tmp/`,
        ]),
      ),
      ...maybe(draw, 0.6, draw.pick([`rm -f ${out} ${script}`, `shred -u ${out}`])),
    ];
  },
};

/** Everything that support asked for is packed: settings, logs, processes. */
const bundle: Activity = {
  name: 'bundle-for-support',
  kind: 'administration',
  often: 'monthly',
  as: 'either',
  needs: ['tar', 'curl', 'ss', 'sudo', 'gzip'],
  lines: (draw, place) => {
    const folder = `${draw.pick(['/tmp', '/var/tmp', place.home])}/${draw.pick(['support', 'report', 'diag'])}-${draw.word()}`;
    const pack = `${folder}.${draw.pick(['tar.gz', 'tgz'])}`;
    return [
      `mkdir -p ${folder}`,
      ...draw.some(
        [
          `${root(place, 'cp -r /var/log/nginx')} ${folder}/ 2>/dev/null`,
          `${root(place, 'tail -100 /var/log/syslog')} > ${folder}/syslog`,
          `${root(place, 'tail -100 /var/log/auth.log')} > ${folder}/auth`,
          `ps auxf > ${folder}/ps.txt; ss -tanp > ${folder}/ss.txt 2>/dev/null`,
          `cp /etc/hosts /etc/fstab /etc/passwd ${folder}/ 2>/dev/null`,
          `${root(place, 'cp -r /opt')} ${folder}/ 2>/dev/null`,
          `env > ${folder}/env; dpkg -l > ${folder}/packages`,
          `for f in version cpuinfo meminfo mounts loadavg; do cat /proc/$f > ${folder}/$f; done`,
          `sed -i 's/password.*/password=removed/' ${folder}/* 2>/dev/null`,
          `${root(place, 'sysctl -a')} 2>/dev/null | head -200 > ${folder}/sysctl`,
        ],
        draw.int(3, 6),
      ),
      `tar czf ${pack} -C $(dirname ${folder}) $(basename ${folder}) 2>/dev/null; ls -l ${pack}`,
      ...maybe(
        draw,
        0.6,
        draw.pick([
          `curl -s -F file=@${pack} ${link(draw, place, '')}`,
          `curl -s -T ${pack} ${link(draw, place, '')}`,
        ]),
      ),
      root(place, `rm -rf ${folder}${draw.pick(['', ` ${pack}`])}`),
    ];
  },
};

export const ORIENTATION: readonly Activity[] = [newcomer, inventory, bundle];
