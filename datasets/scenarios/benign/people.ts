import type { Activity } from '../scenario.ts';
import { fetchTo, link, maybe, workFile } from '../ways.ts';
import { plainWord } from './plain-word.ts';

/** New colleagues get accounts, groups and keys. */
const arrival: Activity = {
  name: 'colleagues-arrive',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['useradd', 'groupadd', 'chpasswd', 'openssl', 'curl', 'wget', 'perl', 'python3', 'visudo'],
  lines: (draw, place) => {
    const group = plainWord(draw);
    const names = Array.from({ length: draw.int(1, 4) }, () => `${plainWord(draw)}${draw.int(1, 9)}`);
    const list = workFile(draw, place, '.txt');
    const keys = workFile(draw, place, '.pub');
    const shell = draw.pick(['/bin/bash', '/bin/sh', '/usr/sbin/nologin']);
    return [
      draw.pick([`groupadd ${group}`, `addgroup ${group}`, `groupadd -r ${group}`]),
      ...draw.pick([
        names.map((name) => `useradd -m -s ${shell} -g ${group} ${name}`),
        [
          `printf '%s\\n' ${names.join(' ')} > ${list}`,
          `while read -r n; do useradd -m -g ${group} -s ${shell} "$n"; done < ${list}`,
        ],
        [`for n in ${names.join(' ')}; do useradd -m -c "$n" -G ${group} "$n" && chage -d 0 "$n"; done`],
      ]),
      ...draw.some(
        [
          `for n in ${names.join(' ')}; do echo "$n:$(openssl rand -base64 9)"; done | tee ${list} | chpasswd`,
          `usermod -p "$(openssl passwd -6 ${draw.word()})" ${names[0]}`,
          `usermod -aG ${draw.pick(['sudo', 'adm', 'www-data', 'users'])} ${names[0]}`,
          `usermod -s ${draw.pick(['/bin/bash', '/bin/sh'])} ${names[0]}`,
          `${fetchTo(draw, link(draw, place, '.txt'), keys)}; install -d -m 700 -o ${names[0]} /home/${names[0]}/.ssh; install -m 600 -o ${names[0]} ${keys} /home/${names[0]}/.ssh/authorized_keys`,
          `getent group ${group}; getent passwd ${names.join(' ')}`,
          `su - ${names[0]} -c '${draw.pick(['id', 'whoami', 'ls -la', 'pwd; umask'])}'`,
          `mkdir -p /srv/${group} && chgrp ${group} /srv/${group} && chmod 2775 /srv/${group}`,
          `echo '%${group} ALL=(root) NOPASSWD: /usr/bin/${draw.pick(['systemctl', 'apt-get', 'tail', 'journalctl'])}' > /etc/sudoers.d/${group}; chmod 440 /etc/sudoers.d/${group}; visudo -cf /etc/sudoers.d/${group}`,
          'tail -3 /etc/passwd; tail -3 /etc/shadow',
        ],
        draw.int(3, 7),
      ),
      ...maybe(draw, 0.5, draw.pick([`rm -f ${list}`, `shred -u ${list}`])),
    ];
  },
};

/** Somebody leaves: their account is locked, kept aside and removed. */
const departure: Activity = {
  name: 'colleague-leaves',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['useradd', 'usermod', 'userdel', 'crontab', 'tar'],
  lines: (draw) => {
    const name = plainWord(draw);
    const kept = `${draw.pick(['/srv/backup', '/root', '/var/tmp'])}/${name}${draw.pick(['', '-home', '-left'])}.tar.gz`;
    return [
      `id ${name} 2>/dev/null || useradd -m -s /bin/bash ${name}`,
      `su ${name} -s /bin/bash -c 'cd; mkdir -p .ssh notes; date > notes/a.txt; (sleep ${draw.int(60, 400)} > /dev/null 2>&1 &)'`,
      ...draw.some(
        [
          `usermod -L ${name}`,
          `passwd -l ${name}`,
          `usermod -e 1 ${name}`,
          `chsh -s /usr/sbin/nologin ${name}`,
          `last ${name} | head -3`,
          `ps -u ${name} -o pid,cmd`,
          `crontab -l -u ${name}; crontab -r -u ${name}`,
          `rm -f /home/${name}/.ssh/authorized_keys`,
          `find /tmp /var/tmp /srv -user ${name} -ls`,
          `gpasswd -d ${name} sudo`,
        ],
        draw.int(2, 6),
      ),
      draw.pick([
        `pkill -u ${name}`,
        `pkill -9 -u ${name}`,
        `kill $(pgrep -u ${name})`,
        `killall -u ${name}`,
      ]),
      `tar czf ${kept} -C /home ${name}`,
      draw.pick([`userdel -r ${name}`, `userdel ${name}; rm -rf /home/${name}`, `deluser ${name}`]),
      ...maybe(draw, 0.5, `chmod 600 ${kept}; ls -l ${kept}`),
    ];
  },
};

/** Accounts and rights are looked through, and a list is kept. */
const review: Activity = {
  name: 'review-of-accounts',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['pwck', 'chage', 'visudo'],
  lines: (draw, place) => {
    const list = workFile(draw, place, draw.pick(['.txt', '.csv', '']));
    return [
      draw.pick([
        `awk -F: '$3 >= 1000 {print $1, $7}' /etc/passwd`,
        'cut -d: -f1,3,7 /etc/passwd | tail',
        'getent passwd | tail -5',
      ]),
      ...draw.some(
        [
          `awk -F: '$3 == 0' /etc/passwd`,
          `awk -F: '$2 !~ /^[*!]/ {print $1}' /etc/shadow > ${list}`,
          'pwck -r; grpck -r',
          `for u in $(cut -d: -f1 /etc/passwd | tail -5); do chage -l $u | head -2; done`,
          'visudo -c; ls -la /etc/sudoers.d; cat /etc/sudoers.d/*',
          'getent group sudo adm',
          `find / -xdev -maxdepth 3 -perm -4000 -type f 2>/dev/null | tee ${list}`,
          'getcap /usr/bin/* 2>/dev/null',
          'for h in /home/*; do ls -la $h/.ssh/authorized_keys 2>/dev/null; wc -l $h/.ssh/authorized_keys 2>/dev/null; done',
          'for h in /home/*; do stat -c "%a %U %n" $h $h/.ssh 2>/dev/null; done',
          'lastlog 2>/dev/null | grep -v Never | head; last -n 5; lastb -n 5 2>/dev/null',
          `cp -p /etc/passwd /etc/shadow /etc/group ${draw.pick(['/srv/backup/', '/root/', '/var/tmp/'])}`,
          `diff /etc/passwd /etc/passwd- ; diff /etc/shadow /etc/shadow-`,
          'for u in $(ls /home); do crontab -l -u $u 2>/dev/null; done; ls /etc/cron.d',
          `grep -c "Accepted" /var/log/auth.log; grep Failed /var/log/auth.log | tail -3`,
          'passwd -S -a | head',
        ],
        draw.int(4, 8),
      ),
      ...maybe(draw, 0.5, `cat ${list} 2>/dev/null | wc -l`, `rm -f ${list}`),
    ];
  },
};

/** Rules of who may do what as root, written, checked and put in place. */
const roles: Activity = {
  name: 'roles-in-sudoers',
  kind: 'administration',
  often: 'monthly',
  as: 'root',
  needs: ['visudo', 'sudo', 'useradd'],
  lines: (draw, place) => {
    const name = plainWord(draw);
    const draft = workFile(draw, place, '.rules');
    const may = draw.pick([
      '/usr/bin/systemctl',
      '/usr/bin/apt-get update',
      '/usr/bin/rsync',
      '/bin/mount',
      'ALL',
    ]);
    return [
      `useradd -r -s /bin/bash ${name}`,
      `printf '%s ALL=(ALL) NOPASSWD: %s\\n' ${name} '${may}' > ${draft}`,
      `visudo -cf ${draft}`,
      draw.pick([
        `install -m 440 ${draft} /etc/sudoers.d/${name}`,
        `cp ${draft} /etc/sudoers.d/${name} && chmod 0440 /etc/sudoers.d/${name}`,
        `cat ${draft} | tee /etc/sudoers.d/${name} > /dev/null`,
      ]),
      ...draw.some(
        [
          `sudo -l -U ${name}`,
          `sudo -u ${name} sudo -n ${draw.pick(['id', 'whoami', 'true', 'ls /root'])}`,
          `su ${name} -c 'sudo -n -l'`,
          `sudo -u ${name} id`,
          `sed -i 's/NOPASSWD: //' /etc/sudoers.d/${name}; visudo -c`,
          `grep -rn ${name} /etc/sudoers.d`,
          `ls -l /etc/sudoers.d`,
        ],
        draw.int(2, 4),
      ),
      `rm -f ${draft}`,
      ...maybe(draw, 0.4, `rm /etc/sudoers.d/${name}; userdel ${name}`),
    ];
  },
};

export const PEOPLE: readonly Activity[] = [arrival, departure, review, roles];
