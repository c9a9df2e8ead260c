import type { Draw } from '../draw.ts';
import type { Attack } from '../scenario.ts';
import { fetchTo, link, maybe, workFile, workFolder, write } from '../ways.ts';

const ABOUT: readonly string[] = [
  'uname -a',
  'cat /etc/os-release | head -3',
  'cat /proc/version',
  'lscpu | head -12',
  'id',
  'whoami; groups',
  'cat /etc/passwd | cut -d: -f1,3,7',
  'getent group sudo',
  'grep -v nologin /etc/passwd',
  'ps aux',
  'ps -ef --forest | tail -30',
  'ss -tlnp',
  'ss -tunap',
  'cat /proc/net/tcp',
  'ip a',
  'ip route; cat /etc/resolv.conf',
  'cat /etc/hosts',
  'arp -an 2>/dev/null || ip neigh',
  'mount | head -20',
  'df -h',
  'env',
  'last -n 8',
  'w',
  'ls -la /home /root /opt /srv 2>/dev/null',
  'ls -la /etc/cron* 2>/dev/null',
  'crontab -l',
  'cat ~/.bash_history | tail -20',
  'sudo -n -l',
  'dpkg -l | grep -iE "ssh|nginx|docker|sql"',
  'ls -la /var/www /var/backups 2>/dev/null',
  'systemctl list-units --type=service 2>/dev/null | head',
  'cat /proc/1/cgroup; ls -la /.dockerenv',
  'hostname -f; hostname -I',
  'which gcc python3 perl nc socat curl wget docker nmap',
];

/** A hand at the keyboard learns where it is. */
const byHand: Attack = {
  name: 'discovery-by-hand',
  family: 'discovery',
  techniques: ['T1082', 'T1033', 'T1087.001', 'T1057', 'T1049', 'T1016'],
  as: 'either',
  needs: ['sudo', 'crontab'],
  lines: (draw) => draw.some(ABOUT, draw.int(9, 18)),
};

const HARVEST: readonly string[] = [
  'for f in /etc/passwd /etc/group /etc/hosts /etc/fstab /etc/exports /etc/ssh/sshd_config /etc/sudoers; do echo "== $f"; cat $f 2>/dev/null | head -40; done',
  'find /usr/bin /usr/sbin /usr/local/bin /opt -maxdepth 2 -perm -4000 -type f -ls 2>/dev/null',
  'find /etc /var/www /opt -maxdepth 2 -writable -type f 2>/dev/null | head -40',
  'getcap /usr/bin/* 2>/dev/null',
  'for p in /proc/[0-9]*; do tr "\\0" " " < $p/cmdline 2>/dev/null; echo; done | sort -u | head -60',
  'for h in /home/* /root; do ls -la $h $h/.ssh 2>/dev/null; done',
  'grep -rilE "passw|secret|token" /home/*/.config /home/*/projects /var/www/html /opt/*/*.conf 2>/dev/null | head -20',
  'for v in user group passwd; do [ -w /etc/$v ] && echo "writable $v"; done',
  'ls -la /run/*.sock /var/run/docker.sock 2>/dev/null',
  'cat /etc/crontab /etc/cron.d/* 2>/dev/null | grep -v "^#"',
  'find /home /root -maxdepth 3 -name "*.kdbx" -o -name "id_*" -o -name "*.pem" 2>/dev/null',
];

function survey(draw: Draw): string {
  const parts = draw.some([...HARVEST, ...draw.some(ABOUT, 10)], draw.int(8, 16));
  return ['#!/bin/bash', ...parts.map((part) => `echo "### ${draw.word()}"\n${part}`)].join('\n');
}

/** A script collects everything in one go into a report. */
const byScript: Attack = {
  name: 'discovery-by-script',
  family: 'discovery',
  techniques: ['T1082', 'T1083', 'T1087.001', 'T1552.001', 'T1518', 'T1059.004'],
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'sudo', 'crontab'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const script = `${folder}/${draw.file('.sh')}`;
    const report = `${folder}/${draw.file(draw.pick(['.txt', '.log', '.out']))}`;
    return [
      `mkdir -p ${folder}`,
      ...maybe(draw, 0.3, `cd ${folder}`),
      ...maybe(draw, 0.3, fetchTo(draw, link(draw, place, '.sh'), `${folder}/${draw.word()}.sh`)),
      write(draw, script, survey(draw)),
      ...maybe(draw, 0.6, `chmod +x ${script}`),
      `bash ${script} > ${report} 2>&1`,
      draw.pick([
        `wc -l ${report}`,
        `less -F ${report} | head -5`,
        `grep -iE "passw|key|writable" ${report} | head`,
        `head -50 ${report}`,
      ]),
      ...maybe(draw, 0.4, `rm -rf ${folder}`),
    ];
  },
};

/** A search for programs and rights that lead to root. */
const rights: Attack = {
  name: 'discovery-of-rights',
  family: 'discovery-of-rights',
  techniques: ['T1083', 'T1069.001', 'T1548.001'],
  as: 'user',
  needs: ['sudo'],
  lines: (draw, place) => {
    const list = workFile(draw, place, '.txt');
    return [
      draw.pick(['id', 'sudo -n -l', 'groups']),
      draw.pick([
        `find /usr/bin /usr/sbin /bin /opt -perm -4000 -type f 2>/dev/null | tee ${list}`,
        `find /usr /opt -maxdepth 3 -perm -u=s -type f -exec ls -l {} \\; 2>/dev/null`,
        `find /usr/bin /usr/local -perm /6000 -printf '%M %u %p\\n' 2>/dev/null > ${list}; cat ${list}`,
      ]),
      ...draw.some(
        [
          'getcap -r /usr/bin 2>/dev/null',
          'find /etc -maxdepth 2 -writable 2>/dev/null',
          'ls -l /etc/passwd /etc/shadow /etc/sudoers',
          'cat /etc/sudoers.d/* 2>/dev/null',
          'find /var/spool/cron /etc/cron.d /opt -writable 2>/dev/null',
          'echo $PATH | tr : "\\n" | xargs ls -ld',
          'cat /etc/exports /etc/fstab 2>/dev/null',
          'uname -r; cat /etc/debian_version; ldd --version | head -1; sudo -V | head -1',
          'for b in $(ls /usr/bin | grep -E "^(find|vim|awk|perl|python3|env|nmap)$"); do ls -l /usr/bin/$b; done',
        ],
        draw.int(3, 7),
      ),
      ...maybe(draw, 0.4, `rm -f ${list}`),
    ];
  },
};

export const DISCOVERY: readonly Attack[] = [byHand, byScript, rights];
