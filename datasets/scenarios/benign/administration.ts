import type { Activity } from '../scenario.ts';

/** What administrators do. */
export const ADMINISTRATION: readonly Activity[] = [
  {
    name: 'accounts',
    kind: 'administration',
    often: 'monthly',
    as: 'root',
    needs: ['useradd', 'chpasswd'],
    lines: (draw) => {
      const name = draw.word().replace(/\W/g, '');
      return [
        `useradd -m -s /bin/bash ${name}`,
        `echo "${name}:${draw.word()}${draw.int(100, 999)}" | chpasswd`,
        ...draw.some(
          [
            `usermod -aG ${draw.pick(['sudo', 'adm', 'www-data'])} ${name}`,
            `mkdir -p /home/${name}/.ssh && echo "ssh-ed25519 AAAA ${name}" >> /home/${name}/.ssh/authorized_keys && chmod 600 /home/${name}/.ssh/authorized_keys`,
            `id ${name}`,
            `chage -l ${name}`,
            `tail -2 /etc/passwd`,
            `grep ${name} /etc/shadow`,
            `echo "${name} ALL=(ALL) NOPASSWD: /usr/bin/systemctl" > /etc/sudoers.d/${name}`,
            `passwd -S ${name}`,
            `su - ${name} -c id`,
          ],
          draw.int(2, 6),
        ),
        ...(draw.chance(0.4) ? [`userdel -r ${name}`] : []),
      ];
    },
  },
  {
    name: 'schedule-jobs',
    kind: 'cron',
    often: 'monthly',
    as: 'either',
    needs: ['crontab'],
    lines: (draw, { home }) => {
      const script = `${home}/${draw.file('.sh')}`;
      return [
        `printf '#!/bin/sh\\ndate >> ${home}/${draw.word()}.log\\n' > ${script} && chmod +x ${script}`,
        'crontab -l',
        `(crontab -l 2>/dev/null; echo "*/${draw.int(1, 15)} * * * * ${script}") | crontab -`,
        script,
        ...draw.some(
          [
            'crontab -l | wc -l',
            'ls -la /etc/cron.d /etc/cron.daily',
            'cat /etc/crontab',
            `echo ${script} | at now + 1 minute`,
          ],
          draw.int(0, 2),
        ),
        ...(draw.chance(0.3) ? ['crontab -r'] : []),
      ];
    },
  },
  {
    name: 'rotate-logs',
    kind: 'administration',
    often: 'weekly',
    as: 'root',
    needs: ['logrotate'],
    lines: (draw) => [
      'ls -la /var/log | head -20',
      'tail -5 /var/log/auth.log',
      ...draw.some(
        [
          `grep -c sshd /var/log/auth.log`,
          `gzip -k /var/log/syslog`,
          `printf '/var/log/syslog {\\n rotate 3\\n compress\\n}\\n' > /tmp/${draw.word()}.conf; logrotate -f -s /tmp/state /tmp/*.conf`,
          `truncate -s 0 /var/log/nginx/access.log`,
          'find /var/log -name "*.gz" -mtime +30 -delete',
          `: > /var/log/${draw.word()}.log`,
          `sed -i '1,10d' /var/log/syslog`,
          `shred -u /tmp/${draw.word()} 2>/dev/null; ls /tmp`,
          `cp /var/log/auth.log /srv/backup/`,
          'du -sh /var/log',
        ],
        draw.int(3, 6),
      ),
    ],
  },
  {
    name: 'back-up',
    kind: 'administration',
    often: 'weekly',
    as: 'either',
    needs: ['tar', 'openssl', 'rsync', 'curl'],
    lines: (draw, place) => {
      const out = `${draw.pick(['/tmp', '/var/tmp', place.home])}/${draw.file('.tar.gz')}`;
      const peer = `http://${draw.pick(place.peers)}:${draw.pick(place.peerPorts)}`;
      return [
        `tar czf ${out} -C ${place.home} Documents ${draw.pick(['projects', 'src', 'notes.txt', 'scripts'])} 2>/dev/null; ls -l ${out}`,
        ...draw.some(
          [
            `openssl enc -aes-256-cbc -pbkdf2 -k ${draw.word()} -in ${out} -out ${out}.enc`,
            `curl -s -T ${out} ${peer}/upload/${draw.word()}`,
            `curl -s -F f=@${out} ${peer}/files`,
            `rsync -a ${place.home}/Documents/ /var/tmp/${draw.word()}/`,
            `sha256sum ${out} > ${out}.sha256`,
            `tar tzf ${out} | head`,
            `split -b 20k ${out} ${out}.`,
            `for f in ${place.home}/Documents/*.txt; do gzip -k "$f"; done 2>/dev/null`,
          ],
          draw.int(2, 5),
        ),
        ...(draw.chance(0.5) ? [`rm -f ${out}*`] : []),
      ];
    },
  },
  {
    name: 'keys-and-certificates',
    kind: 'administration',
    often: 'monthly',
    as: 'either',
    needs: ['ssh-keygen', 'openssl'],
    lines: (draw, { home }) => {
      const name = draw.word();
      return [
        `ssh-keygen -q -t ed25519 -N '' -f ${home}/.ssh/${name}`,
        ...draw.some(
          [
            `cat ${home}/.ssh/${name}.pub >> ${home}/.ssh/authorized_keys`,
            `chmod 700 ${home}/.ssh; ls -la ${home}/.ssh`,
            `printf 'Host ${name}\\n  HostName files.example.net\\n' >> ${home}/.ssh/config`,
            `openssl req -x509 -newkey rsa:2048 -nodes -keyout /tmp/${name}.pem -out /tmp/${name}.crt -subj /CN=${name} -days 30`,
            `openssl rand -hex 16`,
            `openssl x509 -in /tmp/${name}.crt -noout -dates`,
            `grep -rl PRIVATE ${home}/.ssh`,
            `ssh-keygen -lf ${home}/.ssh/${name}.pub`,
          ],
          draw.int(2, 5),
        ),
      ];
    },
  },
  {
    name: 'packages',
    kind: 'packages',
    often: 'weekly',
    as: 'root',
    needs: ['dpkg', 'dpkg-deb'],
    lines: (draw) => {
      const name = draw.word().replace(/\W/g, '');
      return [
        `mkdir -p /tmp/${name}/DEBIAN /tmp/${name}/opt/${name} && echo ${draw.word()} > /tmp/${name}/opt/${name}/a.txt`,
        `printf 'Package: ${name}\\nVersion: 1.${draw.int(0, 9)}\\nArchitecture: all\\nMaintainer: a <a@example.net>\\nDescription: ${name}\\n' > /tmp/${name}/DEBIAN/control`,
        ...(draw.chance(0.5)
          ? [
              `printf '#!/bin/sh\\nmkdir -p /var/lib/${name}\\nexit 0\\n' > /tmp/${name}/DEBIAN/postinst && chmod 755 /tmp/${name}/DEBIAN/postinst`,
            ]
          : []),
        `dpkg-deb -b /tmp/${name} /tmp/${name}.deb && dpkg -i /tmp/${name}.deb`,
        ...draw.some(
          [
            `dpkg -L ${name}`,
            'dpkg -l | tail -5',
            'apt-cache policy bash',
            `dpkg -r ${name}`,
            'apt-get -s upgrade | tail -3',
            `dpkg -S /bin/ls`,
          ],
          draw.int(1, 4),
        ),
      ];
    },
  },
  {
    name: 'inspect-services',
    kind: 'administration',
    often: 'daily',
    as: 'either',
    needs: ['ss', 'nc', 'curl', 'lsof'],
    lines: (draw, place) => [
      `python3 -m http.server ${place.ports[0]} --bind ${draw.pick(['127.0.0.1', place.address])} >/dev/null 2>&1 &`,
      'ss -tln',
      ...draw.some(
        [
          `curl -s http://127.0.0.1:${place.ports[0]}/ | head -3`,
          `nc -zv -w 2 ${draw.pick(place.peers)} ${draw.pick(place.peerPorts)}`,
          `for p in ${place.peerPorts.slice(0, 4).join(' ')}; do nc -z -w 1 ${draw.pick(place.peers)} $p && echo $p; done`,
          'ps aux | grep -c python',
          `lsof -i :${place.ports[0]} 2>/dev/null`,
          `timeout 5 nmap -sT -p ${place.peerPorts.slice(0, 3).join(',')} ${draw.pick(place.peers)}`,
          'cat /proc/net/tcp | head -4',
          `ping -c 2 ${draw.pick(place.peers)}`,
        ],
        draw.int(3, 6),
      ),
      'kill %1',
    ],
  },
  {
    name: 'system-settings',
    kind: 'administration',
    often: 'monthly',
    as: 'root',
    needs: ['systemctl'],
    lines: (draw, place) => {
      const name = draw.word();
      return draw.some(
        [
          `echo "${draw.pick(place.peers)} ${name}.example.net" >> /etc/hosts`,
          `printf '[Unit]\\nDescription=${name}\\n[Service]\\nExecStart=/opt/${name}/run.sh\\n[Install]\\nWantedBy=multi-user.target\\n' > /etc/systemd/system/${name}.service`,
          'systemctl daemon-reload',
          `systemctl status ${name}`,
          `sed -i.bak 's/#Port 22/Port ${draw.int(2000, 9000)}/' /etc/ssh/sshd_config`,
          `echo 'export ${name.toUpperCase().replace(/\W/g, '')}=1' >> /etc/profile.d/${name}.sh`,
          'sysctl -n kernel.hostname vm.swappiness',
          `mkdir -p /mnt/${name} && mount -t tmpfs tmpfs /mnt/${name} && df /mnt/${name} && umount /mnt/${name}`,
          `chown -R www-data:www-data /var/www && chmod -R g+w /var/www`,
          `find /usr/bin -perm -4000 | head`,
          `cp -a /etc/ssh /srv/backup/${name}`,
          'iptables -L -n 2>/dev/null | head -5',
          `ln -sf /opt /srv/${name}`,
          `touch -d yesterday /srv/backup/* 2>/dev/null`,
          'cat /etc/sudoers | grep -v "#" | head',
          `pkill -f ${name}.sh; sleep 1`,
        ],
        draw.int(5, 10),
      );
    },
  },
];
